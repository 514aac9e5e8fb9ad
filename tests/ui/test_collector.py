"""Cycles are collected on the window's thread alone, and they are collected."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from qviz.ui.app import make_window


@pytest.fixture
def collected_on() -> Iterator[Callable[[], set[int]]]:
    """The threads on which cycles were collected since."""
    threads: set[int] = set()

    def note(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            threads.add(threading.get_ident())

    gc.callbacks.append(note)
    yield lambda: threads
    gc.callbacks.remove(note)


def _cycle_of_widget() -> weakref.ref[QWidget]:
    widget = QWidget()
    widget.self = widget  # type: ignore[attr-defined]
    return weakref.ref(widget)


def test_a_thread_that_reads_much_frees_no_widget(
    qapp: QApplication, qtbot: QtBot, collected_on: Callable[[], set[int]]
) -> None:
    gone = _cycle_of_widget()
    kept: list[list[object]] = []
    reader = threading.Thread(target=lambda: kept.extend([[]] for _ in range(100_000)))
    reader.start()
    reader.join()
    assert gone() is not None
    assert not collected_on() - {threading.get_ident()}


def test_what_a_closed_panel_leaves_is_freed_while_the_window_goes_on(qapp: QApplication, qtbot: QtBot) -> None:
    gone = _cycle_of_widget()
    kept: list[list[object]] = []

    def freed() -> bool:
        kept.extend([[]] for _ in range(1_000))  # what a window at work allocates
        return gone() is None

    qtbot.waitUntil(freed, timeout=30_000)


def test_what_was_left_aside_is_freed_once_another_model_is_opened(qapp: QApplication, qtbot: QtBot) -> None:
    gone = _cycle_of_widget()
    gc.freeze()
    gc.collect()
    assert gone() is not None
    window = make_window()
    window.bridge.model.emit(None)
    gc.collect()
    assert gone() is None
    window.session.close()
    window.deleteLater()
