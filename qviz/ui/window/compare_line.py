"""The line that says that baseline B is shown, and the actions that pin it and flip between it and now."""

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.results.history_model import label_of
from qviz.ui.theme import ThemeSource
from qviz.ui.window.actions import Actions
from qviz.ui.window.banner import Banner, Notice


class CompareLine(Banner):
    """Hidden while the present state is shown; a state just pinned is named until the next edit."""

    def __init__(self, session: Session, bridge: Bridge, actions: Actions, themes: ThemeSource) -> None:
        super().__init__(themes)
        self._session = session
        actions.connect_all({"pin_baseline": self.pin, "flip_baseline": self.flip})
        for signal in (bridge.encodings, bridge.baseline, bridge.model):
            signal.connect(self._refresh)

    def pin(self) -> None:
        """Make the present state baseline B, and say how to get back to it."""
        self._session.pin_baseline()
        show = (lambda: self.tr("Show B (B)"), self.flip)
        self.tell(Notice("info", lambda: self.tr("This is baseline B from now on: the key B shows it again."), (show,)))

    def flip(self) -> None:
        """Show baseline B, or the present state again."""
        self._session.show_baseline(not self._session.showing_baseline)

    def _refresh(self) -> None:
        shown = self._session.showing_baseline
        if shown and (self.notice is None or self.notice.dismissable):
            back = (lambda: self.tr("Back to now (B)"), self.flip)
            self.tell(Notice("info", self._sentence, (back,), dismissable=False))
        elif not shown and self.notice is not None:
            self.clear()

    def _sentence(self) -> str:
        entries = self._session.history.entries
        place = next((i for i, e in enumerate(entries) if e.encodings is self._session.baseline), None)
        if place is None:
            return self.tr("This is baseline B, a state that the history no longer holds.")
        return self.tr("This is baseline B: step {0} of the history, “{1}”.").format(place, label_of(entries[place]))
