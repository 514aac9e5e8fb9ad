"""Cycles are collected on the window's thread alone, and they are collected."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from qviz.ui.collector import MOST, CycleCollector


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


def test_what_was_left_aside_is_freed_while_the_user_is_in_another_window(qapp: QApplication) -> None:
    gone = _cycle_of_widget()
    gc.freeze()
    gc.collect()
    assert gone() is not None
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    assert gone() is None


def test_no_look_goes_through_more_than_a_moment_allows(qapp: QApplication) -> None:
    (collector,) = qapp.findChildren(CycleCollector)
    kept = [[[]] for _ in range(MOST)]
    looked = []
    note = lambda _phase, info: looked.append(info)  # noqa: E731
    gc.callbacks.append(note)
    collector.look()
    gc.callbacks.remove(note)
    assert len(kept) == MOST
    assert not looked
    assert gc.get_freeze_count() > MOST
