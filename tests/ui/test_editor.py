"""The clip handles under the mouse and the keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from qviz.quant.spec import Scheme
from qviz.session import Session
from tests.ui.editor_hands import LEFT, NO_KEY, ONE_SIDED, TWO_SIDED, WEIGHT, entries, hands, opened, session

__all__ = ["hands", "opened", "session"]  # fixtures


def test_dragging_a_handle_moves_the_range_at_once_and_is_one_undo(hands, session):
    hands.select(TWO_SIDED)
    low, high = hands.range()
    count, sqnr = entries(session), hands.number("sqnr")
    start = hands.handles["max"].x_at
    hands.press(start + 6)
    hands.move(start + 6 - 80, keys=Qt.KeyboardModifier.AltModifier)
    assert hands.range()[1] == pytest.approx(high - 80 * hands.pixel(), rel=1e-6)
    assert hands.range()[0] == low
    assert hands.number("sqnr") != sqnr
    assert entries(session) == count
    assert hands.view.state.dragging == TWO_SIDED
    hands.move(start + 6 - 120)
    hands.release(start + 6 - 120)
    assert entries(session) == count + 1
    assert TWO_SIDED in session.history.undo_label
    assert hands.view.state.dragging is None
    session.undo()
    assert hands.range() == (low, high)
    assert hands.number("sqnr") == sqnr


def test_a_press_without_a_move_is_no_edit(hands, session):
    hands.select(TWO_SIDED)
    count, before = entries(session), session.encodings
    hands.press(hands.handles["max"].x_at)
    hands.release(hands.handles["max"].x_at)
    assert entries(session) == count
    assert session.encodings is before


def test_a_press_more_than_eight_pixels_away_takes_no_handle(hands, session):
    hands.select(TWO_SIDED)
    before = session.encodings
    hands.press(hands.handles["max"].x_at - 9)
    hands.move(hands.handles["max"].x_at - 60)
    hands.release(hands.handles["max"].x_at - 60)
    assert session.encodings is before


def test_the_tab_with_the_value_is_a_handle_too(hands):
    hands.select(TWO_SIDED)
    tab = hands.handles["max"].tab().center()
    assert tab.x() > hands.handles["max"].x_at + 9
    _, high = hands.range()
    hands.press(tab.x(), tab.y())
    hands.move(tab.x() - 40, tab.y())
    assert hands.range()[1] == pytest.approx(high - 40 * hands.pixel(), rel=1e-6)
    hands.release(tab.x() - 40, tab.y())


def test_escape_during_a_drag_restores_and_leaves_no_entry(hands, session):
    hands.select(TWO_SIDED)
    before, count = hands.range(), entries(session)
    start = hands.handles["min"].x_at
    hands.press(start)
    hands.move(start + 50)
    assert hands.range() != before
    QTest.keyClick(hands.plot, Qt.Key.Key_Escape)
    assert hands.range() == before
    hands.move(start + 90)
    hands.release(start + 90)
    assert hands.range() == before
    assert entries(session) == count


def test_a_drag_does_not_move_the_view(hands):
    hands.select(TWO_SIDED)
    span, counts = hands.plot.span, hands.plot.histogram_box.viewRange()
    start = hands.handles["max"].x_at
    hands.press(start)
    hands.move(start + 300)
    assert hands.plot.span == span
    assert hands.plot.histogram_box.viewRange() == counts
    hands.release(start + 300)
    assert hands.handles["max"].outside == 1


def test_shift_makes_a_drag_ten_times_finer(hands):
    hands.select(TWO_SIDED)
    _, high = hands.range()
    start = hands.handles["max"].x_at
    hands.press(start)
    hands.move(start - 100, keys=Qt.KeyboardModifier.ShiftModifier)
    assert hands.range()[1] == pytest.approx(high - 10 * hands.pixel(), rel=1e-6)
    hands.release(start - 100)


@pytest.mark.parametrize(("by", "moved"), [(-30, "min"), (30, "max")])
def test_where_both_handles_stand_at_one_place_the_first_movement_decides(hands, session, by, moved):
    session.set_range(TWO_SIDED, -1e-9, 1e-9)
    hands.select(TWO_SIDED)
    hands.panel.view_buttons["bulk"].click()
    x = hands.handles["max"].x_at
    assert abs(x - hands.handles["min"].x_at) < 1
    hands.press(x)
    hands.move(x + by)
    low, high = hands.range()
    assert (low < -1e-3, high > 1e-3) == (moved == "min", moved == "max")
    hands.release(x + by)


def test_the_zero_edge_of_a_one_sided_tensor_stays(hands, session):
    hands.select(ONE_SIDED)
    before = session.encodings
    x = hands.handles["min"].x_at
    hands.press(x)
    hands.move(x + 40)
    hands.release(x + 40)
    assert session.encodings is before
    assert hands.handles["min"].fixed
    assert not hands.handles["max"].fixed


def test_an_edge_stops_at_zero(hands):
    hands.select(TWO_SIDED)
    hands.drag("max", -600)
    assert hands.range()[1] == 0.0


def test_a_symmetric_range_moves_both_edges(hands, session):
    session.set_spec(TWO_SIDED, scheme=Scheme.SYMMETRIC)
    hands.select(TWO_SIDED)
    hands.drag("max", -60)
    low, high = hands.range()
    assert low == pytest.approx(-high * 128 / 127)


def test_dragging_a_channelwise_range_caps_each_channels_own(hands, session):
    session.set_spec(WEIGHT, granularity="per-channel")
    hands.select(WEIGHT)
    own = session.encodings[WEIGHT].range.high
    hands.drag("max", -120)
    cap = hands.range()[1]
    assert cap < max(own)
    assert session.encodings[WEIGHT].range.high == pytest.approx([min(c, cap) for c in own])


def test_a_handle_out_of_view_comes_when_its_chevron_is_pulled_inwards(hands, session):
    session.set_range(TWO_SIDED, -8.0, 5000.0)
    hands.select(TWO_SIDED)
    handle = hands.handles["max"]
    assert handle.outside == 1
    assert "5000" in handle.text
    tab = handle.tab().center()
    hands.press(tab.x(), tab.y())
    hands.move(tab.x() - 10, tab.y())
    assert handle.outside == 0
    assert hands.range()[1] == 5000.0
    hands.move(tab.x() - 60, tab.y())
    assert hands.range()[1] < 5000.0
    hands.release(tab.x() - 60, tab.y())


def test_a_drag_snaps_to_a_calibrators_mark_and_alt_lets_it_pass(hands, session):
    session.set_range(TWO_SIDED, hands_low(session), 6.0)
    hands.select(TWO_SIDED)
    mark = session.histograms[TWO_SIDED].max
    start, goal = hands.handles["max"].x_at, hands.plot.scene_x(mark)
    hands.press(start)
    hands.move(goal - 4, keys=Qt.KeyboardModifier.AltModifier)
    assert hands.range()[1] == pytest.approx(mark - 4 * hands.pixel(), rel=1e-2)
    hands.move(goal - 3)
    assert hands.range()[1] == mark
    hands.release(goal - 3)
    assert session.encodings[TWO_SIDED].source == "minmax"


def hands_low(session: Session) -> float:
    return session.histograms[TWO_SIDED].min


def test_a_double_click_brings_back_the_calibrated_range(hands, session):
    session.set_range(TWO_SIDED, -3.0, 4.0)
    hands.select(TWO_SIDED)
    x = hands.handles["max"].x_at
    hands.press(x)
    hands.release(x)
    QTest.mouseDClick(hands.plot.viewport(), LEFT, NO_KEY, hands.at(x))
    histogram = session.histograms[TWO_SIDED]
    assert hands.range() == (histogram.min, histogram.max)
