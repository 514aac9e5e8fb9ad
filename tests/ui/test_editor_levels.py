"""What the tensor editor shows of levels, and of forms that are no integers."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from tests.ui.editor_hands import TWO_SIDED, WEIGHT, hands, opened, session

__all__ = ["hands", "opened", "session"]  # fixtures


def test_numbers_say_which_levels_are_used_while_a_handle_is_dragged(hands, session):
    session.set_spec(TWO_SIDED, bits=8)
    session.set_range(TWO_SIDED, -500.0, 500.0)
    hands.select(TWO_SIDED)
    used, _, levels = hands.number("levels").partition(" / ")
    assert int(used) < 20
    assert levels == "256"
    assert hands.number("entropy").endswith("of 8 bit")
    few = float(hands.number("entropy").split()[0])
    hands.panel.view_buttons["clip"].click()
    start = hands.handles["max"].x_at
    hands.press(start)
    hands.move(hands.plot.scene_x(5.0))
    assert float(hands.number("entropy").split()[0]) > few
    hands.release(start)


def test_levels_that_no_value_takes_are_paler(hands, session):
    session.set_spec(TWO_SIDED, bits=4)
    session.set_range(TWO_SIDED, -40.0, 40.0)
    hands.select(TWO_SIDED)
    hands.panel.view_buttons["clip"].click()
    marks = hands.plot.overlay.marks
    used = int(hands.number("levels").split()[0])
    assert len(marks.levels) == used
    assert len(marks.levels) + len(marks.unused) == 16
    assert not any(min(marks.levels) < x < max(marks.levels) for x in marks.unused)


def test_forms_that_no_range_moves_have_fixed_edges_and_say_why(hands, session):
    session.set_spec(TWO_SIDED, form="float16")
    hands.select(TWO_SIDED)
    assert all(handle.fixed for handle in hands.handles.values())
    assert "float16 has no scale" in hands.handles["max"].toolTip()
    before = session.encodings
    hands.drag("max", -60)
    assert session.encodings is before
    assert "float16" in hands.panel.header._details.text()


@pytest.mark.parametrize("form", ["float8_e4m3fn", "codebook", "binary", "ternary"])
def test_other_forms_show_their_levels_and_can_be_dragged(hands, session, form):
    session.set_spec(WEIGHT, form=form, granularity=None if form == "codebook" else "per-tensor")
    hands.select(WEIGHT)
    grid = session.encodings[WEIGHT].grid
    hands.panel.view_buttons["all"].click()
    there = hands.plot.value_map
    assert set(np.round(there.to_value(hands.plot.ticks.at), 12)) <= set(np.round(grid.levels(), 12))
    assert hands.number("levels").endswith(f"/ {len(grid.levels())}")
    _, high = hands.range()
    hands.drag("max", -8)
    assert 0 < hands.range()[1] < high


def test_the_tick_of_a_centroid_tells_its_value_and_what_falls_on_it(hands, session):
    session.set_spec(WEIGHT, form="codebook", size=4)
    hands.select(WEIGHT)
    hands.panel.view_buttons["all"].click()
    plot = hands.plot
    x, below = plot.overlay.marks.levels[1], plot.areas()[0].bottom() + 3
    assert plot.level_at(QPointF(x, below)) == 1
    assert plot.level_at(QPointF(x, below - 60)) is None
    at = plot.mapFromScene(QPointF(x, below))
    QApplication.sendEvent(plot.viewport(), QHelpEvent(QEvent.Type.ToolTip, at, plot.viewport().mapToGlobal(at)))
    assert QToolTip.text().startswith("Level 2 of 4: ")
    counts = round(float(plot.subject.code_use.counts[1]))
    assert f"about {counts:,} values" in QToolTip.text()
