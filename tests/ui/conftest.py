"""The application, its settings in a folder of the test's own, and a real window on the sample."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is imported: the same on every machine

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qviz.ui.app import application, make_window
from qviz.ui.window.main_window import MainWindow

WAIT = 30_000  # milliseconds until a test gives up waiting for what must happen


@pytest.fixture(scope="session")
def qapp_cls() -> Callable[[list[str]], QApplication]:
    return lambda _arguments: application()


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own_data"))  # unsaved work is kept there
    for format_ in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(format_, QSettings.Scope.UserScope, str(tmp_path / "settings"))


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """A window with nothing open."""
    made = make_window()
    made.show()
    yield made
    made.session.close()
    made.hide()
    made.deleteLater()


@pytest.fixture
def settled(qtbot: QtBot) -> Callable[[MainWindow], None]:
    """Waits until a window shows the complete answer of the newest state."""

    def wait(window: MainWindow) -> None:
        def done() -> bool:
            result = window.session.result
            newest = result is not None and result.complete and result.generation == window.session.generation
            return newest and window.header.strip.settled and not window.table.local.busy

        qtbot.waitUntil(done, timeout=WAIT)

    return wait


@pytest.fixture
def demo(window: MainWindow, settled: Callable[[MainWindow], None]) -> MainWindow:
    """A window on the sample with its two faults, simulated."""
    window.documents.open_sample()
    settled(window)
    return window
