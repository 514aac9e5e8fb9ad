"""Baseline B beside the present state: in the editor, the inspector and the table."""

from collections.abc import Callable
from math import comb

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from qviz.ui.table.columns import OF_BASELINE, Column
from qviz.ui.window.main_window import MainWindow
from tests.ui.conftest import WAIT

NAME = "block3/expand/relu"
Settled = Callable[[MainWindow], None]


@pytest.fixture
def pinned(demo: MainWindow, qtbot: QtBot) -> MainWindow:
    """The sample repaired, pinned as B, then changed."""
    session = demo.session
    session.set_range(NAME, 0.0, 4.0)
    demo.actions_["pin_baseline"].trigger()
    session.set_range(NAME, 0.0, 2.5)
    session.set_spec(NAME, bits=5)
    qtbot.waitUntil(lambda: session.committed[NAME].spec.bits == 5, timeout=WAIT)
    demo.view.update(selected=(NAME,))
    return demo


def marks(window: MainWindow) -> list[str]:
    return [text for _, text in window.editor.plot.overlay.marks.other]


def shown(window: MainWindow) -> set[Column]:
    return set(window.table.table.shown()) & set(OF_BASELINE)


def test_the_editor_draws_b_s_range_and_while_b_is_shown_that_of_now(pinned: MainWindow) -> None:
    assert marks(pinned) == ["B 4"]
    pinned.actions_["flip_baseline"].trigger()
    assert marks(pinned) == ["now 2.5"]
    pinned.actions_["flip_baseline"].trigger()
    pinned.session.set_range(NAME, 0.0, 4.0)
    assert marks(pinned) == []


@pytest.mark.slow
def test_the_inspector_says_how_b_is_set_where_that_differs(pinned: MainWindow) -> None:
    form = pinned.inspector.form
    assert form.other_form.text() == "B: 8 bits, asymmetric, per-tensor"
    assert form.other_range.text() == "B: 0 … 4, set by hand"
    pinned.actions_["flip_baseline"].trigger()
    assert form.other_form.text().startswith("now: 5 bits")
    pinned.actions_["flip_baseline"].trigger()
    other = next(n for n in pinned.session.quantizers if n != NAME)
    pinned.view.update(selected=(other,))
    assert not form.other_form.isVisible()
    assert not form.other_range.isVisible()


def test_the_table_has_columns_of_b_once_another_state_is_pinned(demo: MainWindow) -> None:
    assert shown(demo) == set()
    offered = {a.text() for a in demo.table.table.columns_menu(demo.table.table).actions()}
    assert "SQNR B" not in offered
    demo.session.set_range(NAME, 0.0, 4.0)
    assert shown(demo) == set()
    demo.actions_["pin_baseline"].trigger()
    assert shown(demo) == {Column.LOCAL_B, Column.GAIN}
    demo.table.table.show_column(Column.HIGH_B, True)
    demo.table.table.show_column(Column.GAIN, False)
    assert shown(demo) == {Column.LOCAL_B, Column.HIGH_B}
    demo.session.undo()
    demo.actions_["pin_baseline"].trigger()
    assert shown(demo) == set()


def test_the_table_compares_every_quantizer_with_b(pinned: MainWindow, settled: Settled, qtbot: QtBot) -> None:
    settled(pinned)
    columns = pinned.table.model.columns
    row = columns.row[NAME]
    qtbot.waitUntil(lambda: not np.isnan(columns.values[Column.LOCAL_B]).any(), timeout=WAIT)
    values = {c: float(columns.values[c][row]) for c in OF_BASELINE}
    assert (values[Column.BITS_B], values[Column.LOW_B], values[Column.HIGH_B]) == (8, 0, 4)
    own = float(columns.values[Column.LOCAL][row])
    assert values[Column.GAIN] == pytest.approx(own - values[Column.LOCAL_B])
    assert values[Column.GAIN] < -5
    others = np.arange(len(columns.names)) != row
    assert not columns.values[Column.GAIN][others].any()
    assert columns.differs.sum() == 1


def test_one_key_flips_and_the_line_names_it(pinned: MainWindow, qtbot: QtBot) -> None:
    pinned.activateWindow()
    pinned.editor.plot.setFocus()
    QTest.keyClick(pinned.editor.plot, Qt.Key.Key_B)
    assert pinned.session.showing_baseline
    assert pinned.compare.isVisible()
    assert "baseline B" in pinned.compare.text.text()
    QTest.keyClick(pinned.editor.plot, Qt.Key.Key_B)
    assert not pinned.session.showing_baseline


def test_the_graph_shows_what_was_lost_against_b(pinned: MainWindow, settled: Settled, qtbot: QtBot) -> None:
    settled(pinned)
    box = pinned.graph.header.overlay
    box.setCurrentIndex(box.findData("against_b"))
    box.activated.emit(box.currentIndex())
    node = pinned.session.quantizers[NAME].node
    assert node is not None

    def only_one_lost() -> bool:  # cards are coloured a few at a time
        values = {name: item.card.value for name, item in pinned.graph.scene.nodes.items()}
        lost = values.pop(node)
        return lost is not None and lost < -5 and {v for v in values.values() if v is not None} == {0.0}

    qtbot.waitUntil(only_one_lost, timeout=WAIT)


def test_the_channels_show_b_s_range_of_each(demo: MainWindow, qtbot: QtBot) -> None:
    session = demo.session
    name = next(n for n, q in session.quantizers.items() if q.kind == "param" and q.axis is not None)
    demo.view.update(selected=(name,))
    demo.tabs.setCurrentIndex(1)
    chart = demo.tabs.channels.plot
    assert chart.rows is not None
    assert chart.rows.other is None
    before = chart.rows.clip_high
    session.set_range(name, -0.01, 0.01)
    assert chart.rows.other is not None
    assert np.array_equal(chart.rows.other[1], before)
    assert chart.rows.other_name == "B"


@pytest.mark.slow
def test_what_was_pinned_is_said_until_the_next_edit(demo: MainWindow) -> None:
    demo.actions_["pin_baseline"].trigger()
    assert demo.compare.isVisible()
    assert "the key B shows it" in demo.compare.text.text()
    demo.session.set_range(NAME, 0.0, 4.0)
    assert not demo.compare.isVisible()


def test_a_complete_accuracy_tells_what_mcnemars_test_says_of_it(
    pinned: MainWindow, settled: Settled, qtbot: QtBot
) -> None:
    settled(pinned)
    change = pinned.header.strip.change
    qtbot.waitUntil(lambda: "McNemar" in change.toolTip())  # the complete answer comes once more, with B's
    result = pinned.session.result
    assert result is not None
    told = result.predictions
    assert told is not None
    was, now = (answers.label == told.labels for answers in (told.float, told.now))
    gains, losses = int((now & ~was).sum()), int((was & ~now).sum())
    tail = sum(comb(gains + losses, k) for k in range(min(gains, losses) + 1))
    expected = min(1.0, 2 * tail / 2 ** (gains + losses))
    assert result.metrics[0].difference_p == pytest.approx(expected)
    strip = pinned.header.strip
    assert strip.now.toolTip().endswith("p < 0.001." if expected < 0.001 else f"p = {expected:.2g}.")
