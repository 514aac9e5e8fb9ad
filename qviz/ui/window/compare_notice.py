"""The banner that says that baseline B is shown, with the button that leads back."""

from PySide6.QtCore import QObject

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.results.history_model import label_of
from qviz.ui.window.banner import Banner, Notice


class CompareNotice(QObject):
    """Follows the session; hidden while the present state is shown."""

    def __init__(self, session: Session, bridge: Bridge, banner: Banner) -> None:
        super().__init__(banner)
        self._session, self._banner = session, banner
        for signal in (bridge.encodings, bridge.baseline, bridge.model):
            signal.connect(self._refresh)

    def _refresh(self) -> None:
        shown = self._session.showing_baseline
        if shown == (self._banner.notice is not None):
            return
        if not shown:
            self._banner.clear()
            return
        back = (lambda: self.tr("Back to now (B)"), lambda: self._session.show_baseline(False))
        self._banner.tell(Notice("info", self._sentence, (back,), dismissable=False))

    def _sentence(self) -> str:
        entries = self._session.history.entries
        place = next((i for i, e in enumerate(entries) if e.encodings is self._session.baseline), None)
        if place is None:
            return self.tr("This is baseline B, a state that the history no longer holds.")
        return self.tr("This is baseline B: step {0}, “{1}”.").format(place, label_of(entries[place]))
