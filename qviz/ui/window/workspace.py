"""Where the panels are: remembered between runs, kept in sessions, put back by the View menu."""

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

GEOMETRY, STATE = "window/geometry", "window/state"
TITLE = 32  # pixels above a window
SIDES = {1440: (300, 288), 1200: (240, 288), 0: (208, 264)}  # from this width of the window on: graph and settings
BOTTOM = {800: 210, 700: 150, 0: 124}  # from this height on
VERSION = 1  # of the set of docks; a state of another version is not applied


class Workspace:
    """Of `docks`: graph and settings at the sides, table at the bottom."""

    def __init__(self, window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
        self._window, self._by_name, self._docks = window, docks, tuple(docks.values())
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
        """Size and place of the window as it was closed; the first sizes, on the screen, where it is the first time."""
        room = self._window.screen().availableSize() - QSize(0, TITLE)
        if room.expandedTo(self._window.minimumSize()) == room:  # else it is no guide
            self._window.resize(self._window.size().boundedTo(room))
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

    def _arrange(self) -> None:
        """First sizes of the docks in a window of this size."""
        window, docks = self._window, self._by_name
        sides = next(sizes for least, sizes in SIDES.items() if window.width() >= least)
        bottom = next(size for least, size in BOTTOM.items() if window.height() >= least)
        window.resizeDocks([docks["graph"], docks["settings"]], sides, Qt.Orientation.Horizontal)
        window.resizeDocks([docks["table"]], [bottom], Qt.Orientation.Vertical)

    def _apply(self, state: str) -> None:
        known = bool(state) and self._window.restoreState(QByteArray.fromBase64(state.encode()), VERSION)
        if not known:
            for dock in self._docks:
                dock.show()


def _text(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode()
