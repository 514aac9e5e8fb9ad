"""Calibrators that take long: the window goes on, the result is one step, and giving it up leaves all as it was."""

import os
import signal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from qviz import edits
from qviz.quant.encoding import move_edge
from qviz.ui.window.main_window import MainWindow
from tests.ui.conftest import WAIT

SLOW = "entropy"


@pytest.fixture
def searching(demo: MainWindow) -> MainWindow:
    """A window where all quantizers are being calibrated by a slow calibrator."""
    demo.session.calibrate(SLOW)
    assert demo.session.progress["ranges"].total > 10
    return demo


def idle(window: MainWindow) -> bool:
    return "ranges" not in window.session.progress


def test_it_is_one_step_and_what_the_calibrator_finds(searching: MainWindow, qtbot: QtBot) -> None:
    session, before = searching.session, searching.session.committed
    steps = session.history.index
    qtbot.waitUntil(lambda: idle(searching), timeout=WAIT)
    assert session.history.index == steps + 1
    expected = edits.calibrate(before, session.histograms, list(before.settings), SLOW, keep_hand_made=False)
    assert not session.committed.changed(expected)
    session.undo()
    assert session.committed is before


def test_progress_is_shown_and_escape_gives_it_up(searching: MainWindow, qtbot: QtBot) -> None:
    session, before = searching.session, searching.session.committed
    assert searching.status.bar.isVisible()
    assert searching.status.words.text().startswith("Finding ranges 0/")
    QTest.keyClick(searching, Qt.Key.Key_Escape)
    assert idle(searching)
    assert not searching.status.words.text().startswith("Finding")
    with qtbot.waitSignal(searching.bridge.ranges, timeout=WAIT):  # what was under way still arrives
        pass
    assert session.committed is before


@pytest.mark.slow
def test_the_cancel_button_and_undo_give_it_up_too(searching: MainWindow) -> None:
    session, before = searching.session, searching.session.committed
    searching.status.cancel.click()
    assert idle(searching)
    session.calibrate(SLOW)
    assert not idle(searching)
    session.undo()
    assert idle(searching)
    assert session.committed is before


def test_what_is_edited_meanwhile_stays(searching: MainWindow, qtbot: QtBot) -> None:
    session = searching.session
    name = next(iter(session.quantizers))
    session.set_range(name, -0.5, 0.5)
    session.set_locked(name, True)
    own = session.committed[name]
    qtbot.waitUntil(lambda: idle(searching), timeout=WAIT)
    assert session.committed[name] == own
    assert {s.source for n, s in session.committed.settings.items() if n != name} == {SLOW}


def test_edits_wait_for_each_other_in_order(searching: MainWindow, qtbot: QtBot) -> None:
    session = searching.session
    session.calibrate("mse")
    qtbot.waitUntil(lambda: idle(searching), timeout=WAIT)
    assert [e.label for e in session.history.entries[-2:]] == [f"Calibrate ({SLOW})", "Calibrate (mse)"]
    assert {s.source for s in session.committed.settings.values()} == {"mse"}


def test_an_edit_that_no_longer_goes_when_its_turn_comes_is_told(demo: MainWindow, qtbot: QtBot) -> None:
    session = demo.session
    name = next(n for n, q in session.quantizers.items() if q.kind == "param")
    session.set_spec(name, scheme="asymmetric")
    session.calibrate(SLOW)
    session.set_spec(name, scheme="symmetric")
    session.set_spec(name, bits=1)  # goes with asymmetric, as it still is
    with qtbot.waitSignal(demo.bridge.failed, timeout=WAIT):
        assert not idle(demo)
    assert idle(demo)
    assert "One bit has no integers around zero" in demo.errors.text.text()
    assert session.history.entries[-1].label == "symmetric"


def test_a_drag_is_not_disturbed(searching: MainWindow, qtbot: QtBot) -> None:
    session = searching.session
    name = next(n for n, q in session.quantizers.items() if not q.constant)
    low, high = move_edge(-1.0, 1.0, session.committed[name].spec, "max", 0.7)
    session.preview(session.with_range(name, low, high))
    dragged = session.encodings
    qtbot.waitUntil(lambda: session.progress["ranges"].done == session.progress["ranges"].total, timeout=WAIT)
    assert session.encodings is dragged
    session.commit(dragged, "Drag")
    qtbot.waitUntil(lambda: idle(searching), timeout=WAIT)
    assert [e.label for e in session.history.entries[-2:]] == ["Drag", f"Calibrate ({SLOW})"]


@pytest.mark.slow
def test_another_engine_goes_on_where_one_died(searching: MainWindow, qtbot: QtBot) -> None:
    session = searching.session
    with qtbot.waitSignal(searching.bridge.engine, timeout=WAIT):
        os.kill(session._client.process_id, signal.SIGKILL)
    qtbot.waitUntil(lambda: idle(searching) and session.engine_alive, timeout=WAIT)
    assert {s.source for s in session.committed.settings.values()} == {SLOW}


def test_ghost_marks_come_when_they_are_found(demo: MainWindow, qtbot: QtBot) -> None:
    demo.view.update(selected=("block2/add",))
    wanted = {"minmax", "percentile", "mse", "entropy", "aciq", "sigma"}
    qtbot.waitUntil(lambda: wanted <= {g.source for g in demo.editor.plot.ghost_list()}, timeout=WAIT)
