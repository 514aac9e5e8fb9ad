"""The channels tab under the mouse and the keyboard, on the sample's weights with a real engine behind it."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from qviz.quant.spec import Granularity
from tests.ui.channels_hands import LEFT, WEIGHT, asymmetric, entries, hands, opened, session

__all__ = ["hands", "opened", "session"]  # fixtures


def test_a_channel_is_picked_and_its_edge_dragged_alone(hands, session):
    hands.press(hands.center(6), hands.plot.geometry_().errors.center().y())
    hands.release(hands.center(6), 0)
    assert hands.view.state.channel == 6
    before, count = hands.effective(), entries(session)
    sqnr = hands.text("sqnr")
    hands.drag("max", 30)
    after = hands.effective()
    assert after[6] < before[6] * 0.9
    others = np.arange(len(before)) != 6
    assert (after[others] == before[others]).all()
    assert hands.text("sqnr") != sqnr
    assert entries(session) == count + 1
    assert "channel 6" in session.history.undo_label
    session.undo()
    assert (hands.effective() == before).all()


def test_any_wide_enough_bar_can_be_taken_by_its_edge_at_once(hands):
    asked = 7
    y = hands.plot.geometry_().y(float(hands.effective()[asked]))
    before = hands.effective()
    hands.press(hands.center(asked), y + 5)
    hands.move(hands.center(asked), y + 5 - 20)
    assert hands.view.state.channel == asked
    assert hands.view.state.dragging == WEIGHT
    assert hands.effective()[asked] > before[asked]
    hands.release(hands.center(asked), y - 15)
    assert hands.view.state.dragging is None


def test_a_press_alone_is_no_edit(hands, session):
    before, count = session.encodings, entries(session)
    handle = hands.handle("max").line
    hands.press(handle.center().x(), handle.y1())
    hands.release(handle.center().x(), handle.y1())
    assert session.encodings is before
    assert entries(session) == count


def test_the_value_follows_the_mouse_and_shift_is_ten_times_finer(hands, session):
    asymmetric(session)
    x, y = hands.handle("max").line.center().x(), round(hands.handle("max").line.y1())
    g, high = hands.plot.geometry_(), hands.ranges()[1].max()
    pixel = (g.value(0) - g.value(100)) / 100
    hands.press(x, y)
    hands.move(x, y + 40)
    assert hands.ranges()[1][hands.plot.picked] == pytest.approx(high - 40 * pixel, rel=1e-6)
    hands.move(x, y + 60, Qt.KeyboardModifier.ShiftModifier)
    assert hands.ranges()[1][hands.plot.picked] == pytest.approx(high - 42 * pixel, rel=1e-6)
    hands.release(x, y + 60)


def test_escape_restores_and_leaves_no_entry(hands, session):
    before, count = hands.effective(), entries(session)
    x, y = hands.handle("max").line.center().x(), hands.handle("max").line.y1()
    hands.press(x, y)
    hands.move(x, y + 50)
    assert (hands.effective() != before).any()
    hands.key(Qt.Key.Key_Escape)
    hands.release(x, y + 50)
    assert (hands.effective() == before).all()
    assert entries(session) == count


def test_as_one_moves_all_in_proportion(hands, session):
    QTest.mouseClick(hands.panel.as_one, LEFT)
    before = hands.effective()
    hands.drag("max", 40)
    ratio = hands.effective() / before
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    assert ratio[0] < 0.9
    assert "channel" not in session.history.undo_label


def test_as_one_moves_one_side_where_the_sides_are_free(hands, session):
    asymmetric(session)
    hands.panel.as_one.setChecked(True)
    low, high = hands.ranges()
    hands.drag("min", -40)
    after_low, after_high = hands.ranges()
    assert (after_high == high).all()
    moved = low < 0
    np.testing.assert_allclose(after_low[moved] / low[moved], (after_low[moved] / low[moved])[0], rtol=1e-6)
    assert (after_low[moved] > low[moved]).all()


def test_per_tensor_shows_and_moves_the_one_range(hands, session):
    QTest.mouseClick(hands.panel.granularity[Granularity.PER_TENSOR], LEFT)
    assert not session.encodings[WEIGHT].spec.per_channel
    assert not hands.panel.as_one.isEnabled()
    handle = hands.handle("max").line
    area = hands.plot.geometry_().ranges
    assert (handle.x1(), handle.x2()) == (area.left(), area.right())
    before = hands.ranges()[1]
    x = hands.center(2)
    hands.press(x, handle.y1() + 3)
    hands.move(x, handle.y1() + 43)
    hands.release(x, handle.y1() + 43)
    assert len(hands.ranges()[1]) == 1
    assert hands.ranges()[1] < before
    QTest.mouseClick(hands.panel.granularity[Granularity.PER_CHANNEL], LEFT)
    assert len(hands.ranges()[1]) == 32


def test_one_range_for_all_ruins_narrow_channels_and_the_numbers_say_so(hands, session):
    narrow = int(np.argmin(hands.plot.rows.high - hands.plot.rows.low))
    hands.plot.pick(narrow)
    own = float(hands.text("sqnr").split()[0])
    session.set_spec(WEIGHT, granularity="per-tensor")
    shared = float(hands.text("sqnr").replace("−", "-").split()[0])
    assert own > 40 > 20 > shared
    assert int(hands.text("levels").split()[0]) <= 3
