"""What is closed is gone: a window that is open for days does not grow."""

import gc
import weakref
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from qviz.ui.window.main_window import MainWindow

WAIT = 60_000


def gone() -> None:
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


def close_all(window: MainWindow) -> None:
    for kind in (QDialog, QMenu):
        for part in window.findChildren(kind):
            if part.isVisible():
                part.close()


def leaves_nothing(window: MainWindow, look: Callable[[], None]) -> None:
    """What `look` opens leaves no object behind once it is closed, the second time."""
    counts = []
    for _ in range(2):
        look()
        close_all(window)
        gone()
        counts.append(len(window.findChildren(QObject)))
    assert counts[0] == counts[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["keys", "cache", "palette"])
def test_a_dialog_that_was_closed_is_gone(demo: MainWindow, name: str) -> None:
    def look() -> None:
        demo.actions_[name].trigger()
        QApplication.processEvents()

    leaves_nothing(demo, look)


@pytest.mark.slow
@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # offscreen grabs no keyboard
def test_a_menu_that_was_closed_is_gone(demo: MainWindow) -> None:
    def look() -> None:
        demo.editor._show_menu(QPoint(10, 10))
        demo.graph._show_menu("block2/add", QPoint(10, 10))
        demo.table._show_menu()

    leaves_nothing(demo, look)


@pytest.mark.slow
def test_a_question_that_was_answered_is_gone(demo: MainWindow, qtbot: QtBot) -> None:
    def cancel() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QDialog)
        box.reject()

    demo.session.set_bias("float")
    for _ in range(2):
        QTimer.singleShot(0, cancel)
        demo.documents.ask_data()
        QTimer.singleShot(0, cancel)
        assert not demo.documents.may_close()
    gone()
    assert not demo.findChildren(QMessageBox)
    assert not demo.findChildren(QDialog)
    demo.session.undo()


def test_values_of_a_model_go_with_it(demo: MainWindow, qtbot: QtBot) -> None:
    old = [weakref.ref(histogram) for histogram in demo.session.histograms.values()]
    for overlay in ("local", "clipping", "cumulative"):
        demo.graph.set_overlay(overlay)
        demo.graph.scene.finish()
    with qtbot.waitSignal(demo.bridge.model, timeout=WAIT):
        demo.documents.open_sample()
    qtbot.waitUntil(lambda: demo.session.result is not None and demo.session.result.complete, timeout=WAIT)
    qtbot.waitUntil(lambda: not demo.table.local.busy, timeout=WAIT)
    gone()
    assert not [ref for ref in old if ref() is not None]
