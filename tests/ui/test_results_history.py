"""History, baseline B and size as a user meets them: by mouse and by keys."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qviz.history import History
from qviz.quant.spec import Granularity
from qviz.ui.results.history_model import Column
from qviz.ui.window.main_window import MainWindow

Settled = Callable[[MainWindow], None]
LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def edited(demo: MainWindow, settled: Settled) -> MainWindow:
    """The demo after two repairs, its history in front."""
    demo.session.calibrate(names=demo.view.state.selected)
    settled(demo)
    demo.session.set_spec(weights(demo), granularity=Granularity.PER_CHANNEL)
    settled(demo)
    demo.actions_["history_panel"].trigger()
    return demo


def weights(window: MainWindow) -> list[str]:
    return [n for n, q in window.session.quantizers.items() if q.constant]


def cell(window: MainWindow, row: int, column: Column) -> str:
    model = window.bottom.history.model
    return str(model.data(model.index(row, column)))


def click_row(qtbot: QtBot, window: MainWindow, row: int) -> None:
    table = window.bottom.history.table
    place = table.visualRect(table.model().index(row, Column.EDIT)).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)


def test_every_edit_is_a_row_with_its_score(edited: MainWindow) -> None:
    assert edited.bottom.history.isVisible()
    assert [cell(edited, row, Column.STEP) for row in range(3)] == ["B  0", "1", "2"]
    assert cell(edited, 1, Column.WHERE) == edited.view.state.selected[0]
    assert cell(edited, 2, Column.WHERE) == f"{len(weights(edited))} quantizers"
    scores = [float(cell(edited, row, Column.SCORE)) for row in range(3)]
    assert scores[0] < scores[1] < scores[2]
    assert float(cell(edited, 2, Column.CHANGE)) == pytest.approx(scores[2] - scores[1], abs=0.011)


def test_a_click_goes_back_and_redo_comes_again(edited: MainWindow, settled: Settled, qtbot: QtBot) -> None:
    newest = edited.session.committed
    click_row(qtbot, edited, 0)
    settled(edited)
    assert edited.session.committed is edited.session.history.entries[0].encodings
    assert edited.header.strip.now.texts()[0] == f"{float(cell(edited, 0, Column.SCORE)):.1f}"
    assert not edited.actions_["undo"].isEnabled()
    edited.actions_["redo"].trigger()
    edited.actions_["redo"].trigger()
    assert edited.session.committed is newest
    assert edited.bottom.history.table.currentIndex().row() == 2


def test_the_line_is_clicked_and_stepped_along(edited: MainWindow, qtbot: QtBot) -> None:
    line = edited.bottom.history.line
    qtbot.mouseClick(line, LEFT, pos=line.place(1).toPoint())
    assert edited.session.history.index == 1
    qtbot.keyClick(line, Qt.Key.Key_Left)
    assert edited.session.history.index == 0
    qtbot.keyClick(line, Qt.Key.Key_Left)
    assert edited.session.history.index == 0
    qtbot.mouseClick(line, LEFT, pos=QPoint(line.width() - 2, line.height() // 2))
    assert edited.session.history.index == 0
    assert line.place(2).y() < line.place(1).y() < line.place(0).y()


@pytest.mark.slow
def test_an_edit_after_going_back_drops_what_came_later(edited: MainWindow) -> None:
    edited.session.go_to(0)
    edited.session.set_bias("float")
    assert edited.bottom.history.model.rowCount() == 2
    assert cell(edited, 1, Column.WHERE) == "biases"


@pytest.mark.slow
def test_the_same_key_shows_and_collapses(demo: MainWindow, qtbot: QtBot) -> None:
    for name, page in (("history", demo.bottom.history), ("samples", demo.bottom.samples)):
        demo.actions_[f"{name}_panel"].trigger()
        assert page.isVisible()
    demo.actions_["samples_panel"].trigger()
    assert not demo.docks["table"].isVisible()
    demo.actions_["filter"].trigger()
    assert demo.table.isVisible()


@pytest.mark.slow
def test_going_nowhere_is_refused() -> None:
    history = History(None)  # type: ignore[arg-type]
    with pytest.raises(IndexError):
        history.go_to(1)
    with pytest.raises(IndexError):
        history.go_to(-1)


# --- baseline B ---------------------------------------------------------------------------------------------------


def test_one_key_flips_between_now_and_b(edited: MainWindow, settled: Settled, qtbot: QtBot) -> None:
    session, name = edited.session, edited.view.state.selected[0]
    wide = session.history.entries[0].encodings[name].range
    now = edited.header.strip.now.texts()[0]
    qtbot.keyClick(edited, Qt.Key.Key_B)
    settled(edited)
    assert edited.compare.isVisible()
    assert "step 0" in edited.compare.text.text()
    assert session.encodings[name].range == wide
    assert edited.inspector.form.high.value() == pytest.approx(wide.high[0])  # type: ignore[union-attr]
    assert edited.header.weights.granularity.value() == Granularity.PER_TENSOR
    assert edited.header.strip.change.texts()[0] in ("+0.0", "0.0")
    assert edited.bottom.history.model.rowCount() == 3
    qtbot.keyClick(edited, Qt.Key.Key_B)
    settled(edited)
    assert not edited.compare.isVisible()
    assert edited.header.strip.now.texts()[0] == now


def test_esc_and_the_button_lead_back(edited: MainWindow, qtbot: QtBot) -> None:
    edited.actions_["flip_baseline"].trigger()
    qtbot.keyClick(edited, Qt.Key.Key_Escape)
    assert not edited.session.showing_baseline
    edited.actions_["flip_baseline"].trigger()
    edited.compare._buttons[0][0].click()
    assert not edited.session.showing_baseline


def test_what_is_pinned_is_what_changes_are_against(edited: MainWindow, settled: Settled, qtbot: QtBot) -> None:
    qtbot.keyClick(edited, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    settled(edited)
    qtbot.waitUntil(lambda: edited.session.result.metrics[0].change == 0, timeout=10_000)  # type: ignore[union-attr]
    assert cell(edited, 2, Column.STEP) == "B  2"
    edited.session.go_to(0)
    settled(edited)
    scores = [e.score for e in edited.session.history.entries]
    assert edited.session.result.metrics[0].change == pytest.approx(scores[0] - scores[2])  # type: ignore[union-attr, operator]


@pytest.mark.slow
def test_b_in_a_text_field_is_a_letter(demo: MainWindow, qtbot: QtBot) -> None:
    demo.actions_["filter"].trigger()
    qtbot.keyClicks(QApplication.focusWidget(), "block")
    assert demo.table.filter.text() == "block"
    assert not demo.session.showing_baseline


def test_an_edit_while_b_is_shown_goes_on_from_now(edited: MainWindow) -> None:
    edited.actions_["flip_baseline"].trigger()
    edited.session.set_enabled(weights(edited)[0], False)
    assert not edited.compare.isVisible()
    assert edited.session.encodings[weights(edited)[1]].spec.granularity == Granularity.PER_CHANNEL


@pytest.mark.slow
def test_a_model_too_slow_for_drags_still_answers_for_b(edited: MainWindow, settled: Settled) -> None:
    edited.session.live = False
    edited.session.result = replace(edited.session.result, live=False)  # type: ignore[type-var]
    edited.actions_["flip_baseline"].trigger()
    settled(edited)
    assert edited.session.result.metric == edited.session.history.entries[0].score  # type: ignore[union-attr]


# --- size ---------------------------------------------------------------------------------------------------------


def test_fewer_bits_cost_less(demo: MainWindow, qtbot: QtBot) -> None:
    size = demo.inspector.model_form.costs
    before = size.cost
    assert before is not None
    assert 0.2 < before.weight_bytes / before.float_bytes < 0.3  # 8 bits, and biases of 32
    demo.session.set_spec(weights(demo), bits=4)
    qtbot.waitUntil(lambda: size.cost != before)
    assert size.cost.bit_operations == before.bit_operations // 2
    assert "kB of 16.4 kB" in size.weights.text()
    assert "% of float32" in size.operations.text()
