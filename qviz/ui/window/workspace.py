"""Where the panels are: remembered between runs, kept in sessions, put back by the View menu."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QDockWidget, QMainWindow

GEOMETRY, STATE = "window/geometry", "window/state"
VERSION = 1  # of the set of docks; a state of another version is not applied


class Workspace:
    """`arrange` gives the docks their first sizes."""

    def __init__(self, window: QMainWindow, docks: Iterable[QDockWidget], arrange: Callable[[], None]) -> None:
        self._window, self._docks, self._arrange = window, tuple(docks), arrange
        self._first = window.saveState(VERSION)
        self._shown = False  # whether the panels are in use
        self._wanted: str | None = None  # layout of a session that is being opened

    def state(self) -> str:
        """The layout as text; "" while nothing is open."""
        return _text(self._window.saveState(VERSION)) if self._shown else ""

    def want(self, state: str) -> None:
        """Take this layout once the model is there."""
        self._wanted = state or None

    def show_panels(self, is_open: bool) -> None:
        """A model was opened, or there is none."""
        state, self._wanted = self._wanted, None
        if not is_open:
            for dock in self._docks:
                dock.hide()
        elif state or not self._shown:
            self._apply(state or str(QSettings().value(STATE, "")))
        self._shown = is_open

    def restore_geometry(self) -> None:
        """Size and place of the window as it was closed; first sizes of the docks where it is the first time."""
        self._arrange()
        kept = QSettings().value(GEOMETRY)
        if isinstance(kept, QByteArray):
            self._window.restoreGeometry(kept)

    def remember(self) -> None:
        """For the next run."""
        QSettings().setValue(GEOMETRY, self._window.saveGeometry())
        if self._shown:
            QSettings().setValue(STATE, self.state())

    def reset(self) -> None:
        """Every panel where it was first."""
        QSettings().remove(STATE)
        self._window.restoreState(self._first, VERSION)
        for dock in self._docks:
            dock.show()
        self._arrange()

    def _apply(self, state: str) -> None:
        known = bool(state) and self._window.restoreState(QByteArray.fromBase64(state.encode()), VERSION)
        if not known:
            for dock in self._docks:
                dock.show()


def _text(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode()
