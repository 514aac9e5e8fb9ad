"""The switch between integer kernels and fake-quant, and the size of the cache: remembered from day to day."""

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QStatusBar

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.view_state import View
from qviz.ui.window.actions import Actions
from qviz.ui.window.cache_dialog import CacheDialog, remembered_cache
from qviz.ui.window.passing import open_passing
from qviz.ui.window.run_line import RunLine

KEY = "integer"  # "false": all as fake-quant


class RunControls(QObject):
    """Keeps the actions, the session and what is remembered in step."""

    def __init__(self, session: Session, bridge: Bridge, view: View, actions: Actions, status: QStatusBar) -> None:
        super().__init__(status)
        self._session, self._integer = session, actions["integer"]
        self.line = RunLine(session, bridge, view, actions["integer"], actions["cache"])
        status.addPermanentWidget(self.line)
        session.set_integer(QSettings().value(KEY) != "false")
        if (cache := remembered_cache()) is not None:
            session.set_cache(cache)
        self._integer.triggered.connect(self._choose)
        actions["cache"].triggered.connect(lambda: open_passing(CacheDialog(session, status.window())))
        bridge.integer.connect(self._refresh)
        bridge.model.connect(self._refresh)
        self._refresh()

    def _choose(self, on: bool) -> None:
        QSettings().setValue(KEY, "true" if on else "false")
        self._session.set_integer(on)

    def _refresh(self) -> None:
        self._integer.setChecked(self._session.running.integer)
