"""The banner that says what is wrong with the data: none, random ones only, or not what the model was trained on."""

from PySide6.QtCore import QObject

from qviz.session import Session
from qviz.sim.trial import guesses
from qviz.ui.bridge import Bridge
from qviz.ui.window.banner import Banner, Notice
from qviz.ui.window.documents import Documents


class DataNotice(QObject):
    """Follows the session's data; the buttons put it right."""

    def __init__(self, session: Session, bridge: Bridge, banner: Banner, documents: Documents) -> None:
        super().__init__(banner)
        self._session, self._banner, self._documents = session, banner, documents
        self._shown = ""
        for signal in (bridge.model, bridge.data, bridge.failed, bridge.progress, bridge.result):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        state = self._state()
        if state == self._shown:
            return
        self._shown = state
        if not state:
            self._banner.clear()
            return
        text = {"none": self._no_data, "random": self._random, "chance": self._chance}[state]
        buttons = [(lambda: self.tr("Open data…"), lambda: self._documents.ask_data())]
        if state == "none":
            buttons.append((lambda: self.tr("Use random inputs"), self._documents.use_random))
        self._banner.tell(Notice("warning", text, tuple(buttons), dismissable=state != "none"))

    def _state(self) -> str:
        session = self._session
        if session.graph is None or session.awaits_data:
            return ""
        if session.data is None:
            return "none"
        if session.data.random:
            return "random"
        return "chance" if session.result is not None and guesses(session.result) else ""

    def _no_data(self) -> str:
        return self.tr("No data yet: activations have no values and no ranges.")

    def _chance(self) -> str:
        return self.tr("The float model itself scores as if it guessed. The usual cause is wrong preprocessing.")

    def _random(self) -> str:
        return self.tr("Random inputs: ranges and scores say little about real data.")
