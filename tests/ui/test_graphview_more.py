"""Overlays, what-ifs, many selected, folding, the minimap, jumping, listing and saving in the graph panel."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from qviz.ui.graphview.overlay import OFF, SCALES
from qviz.ui.graphview.tint import INK, contrast, ink, tint
from qviz.ui.theme import DARK, LIGHT
from tests.ui.graph_hands import LEFT, NO_KEY
from tests.ui.graph_overlay_hands import ADD, CTRL, RELU, SHIFT, hands, opened, overlay, session

__all__ = ["hands", "opened", "session"]  # fixtures


def test_overlays_show_what_the_session_knows(hands, session):
    node = hands.node_of(ADD)
    card = lambda: hands.scene.nodes[node].card  # noqa: E731
    tensor = next(t for t in session.quantizers[ADD].tensors if t in session.result.tensors)
    overlay(hands, "local")
    assert card().value == session.result.tensors[tensor].local_db
    overlay(hands, "sensitivity")
    assert card().value == session.sensitivity[ADD].regained_db
    session.set_spec(ADD, bits=4)
    overlay(hands, "bits")
    assert card().value == 4
    assert hands.panel.legend.texts() == ("2", "16 bits")
    session.set_range(ADD, -0.01, 0.01)
    overlay(hands, "clipping")
    assert card().value > 0.2
    assert card().level == 1.0
    overlay(hands, OFF)
    assert card().level is None
    assert not hands.panel.legend.isVisible()


def test_a_card_without_a_number_is_hatched(hands):
    inside_a_supergroup = hands.node_of("block3/expand/conv.weight")
    overlay(hands, "cumulative")
    card = hands.scene.nodes[inside_a_supergroup].card
    assert card.level is None
    area = hands.scene.nodes[inside_a_supergroup].sceneBoundingRect()
    hands.graph.reveal(inside_a_supergroup)
    shot = hands.graph.viewport().grab(hands.graph.mapFromScene(area).boundingRect().adjusted(110, 25, -40, -12))
    colors = {shot.toImage().pixel(x, y) for x in range(shot.width()) for y in range(shot.height())}
    assert len(colors) > 1


DEUTERANOPIA = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])  # Machado 2009, linear


def lightness(color: str) -> float:
    """CIE L* of a colour as somebody without green cones sees it."""
    srgb = np.array(QColor(color).getRgbF()[:3])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(DEUTERANOPIA @ linear, 0, 1) @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(seen) - 16


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_colours_are_told_apart_without_green_cones_and_text_can_be_read(theme):
    levels = np.linspace(0, 1, 25)
    steps = np.diff([lightness(tint(level, theme.dark)) for level in levels])
    assert (steps > 0.4).all() if theme.dark else (steps < -0.4).all()
    assert all(contrast(ink(tint(level, theme.dark)), tint(level, theme.dark)) >= 4.5 for level in levels)
    assert all(c in INK for c in (ink(tint(0, theme.dark)), ink(tint(1, theme.dark))))


@pytest.mark.parametrize("name", SCALES)
def test_scales_go_from_clean_to_worst(name):
    scale = SCALES[name]
    assert (scale.level(scale.clean), scale.level(scale.worst)) == (0.0, 1.0)
    assert scale.level(scale.at(0.3)) == pytest.approx(0.3)
    assert scale.worse([scale.clean, scale.worst]) == scale.worst


def test_nothing_overlaps_or_is_elided_in_a_narrow_panel(hands):
    hands.panel.resize(240, 500)
    field = hands.panel.search
    assert field.fontMetrics().horizontalAdvance(field.placeholderText()) < field.width() - 20
    legend, first = hands.panel.legend, hands.panel.buttons["out"]
    shot = legend.grab().toImage()
    painted = [x for x in range(shot.width()) if len({shot.pixel(x, y) for y in range(shot.height())}) > 1]
    assert max(painted) < legend.width() - 1
    assert legend.geometry().right() < first.geometry().left()


# --- mute and solo ----------------------------------------------------------------------------------------------------


def test_chips_mute_and_solo_what_a_card_makes(hands, session):
    node = hands.node_of(ADD)
    hands.click(node)
    chips = {k: hands.graph.mapFromScene(hands.scene.nodes[node].mapToScene(r.center()))
             for k, r in hands.scene.nodes[node].chips().items()}  # fmt: skip
    QTest.mouseMove(hands.graph.viewport(), chips["mute"])
    assert "float" in hands.graph.toolTip()
    QTest.mouseClick(hands.graph.viewport(), LEFT, NO_KEY, chips["mute"])
    assert ADD in session.muted
    QApplication.processEvents()
    hands.scene.finish()
    assert hands.scene.nodes[node].card.marks.idle
    QTest.mouseClick(hands.graph.viewport(), LEFT, NO_KEY, chips["mute"])
    assert not session.muted
    QTest.mouseClick(hands.graph.viewport(), LEFT, NO_KEY, chips["solo"])
    hands.scene.finish()
    assert ADD in session.soloed
    assert hands.scene.nodes[hands.node_of(RELU)].card.marks.idle
    assert not hands.scene.nodes[node].card.marks.idle


# --- many selected ----------------------------------------------------------------------------------------------------


def test_shift_drag_selects_the_quantizers_in_the_box(hands):
    inside = list(hands.scene.nodes)[:3]
    hands.drag(QPoint(3, 3), hands.place(inside[-1]) + QPoint(90, 10), SHIFT)
    expected = [q for n in inside for q in hands.scene.quantizers_of(n)]
    assert hands.view.state.selected == tuple(dict.fromkeys(expected))
    assert {n for n, item in hands.scene.nodes.items() if item.selected} == set(inside)


@pytest.mark.parametrize("key", [CTRL, SHIFT])
def test_a_click_with_ctrl_or_shift_adds_and_takes_away(hands, key):
    first, second = hands.node_of(ADD), hands.node_of(RELU)
    hands.click(first)
    hands.click(second, key)
    assert hands.view.state.selected == (ADD, RELU)
    assert hands.scene.nodes[first].selected
    assert hands.scene.nodes[second].selected
    hands.click(second, key)
    assert hands.view.state.selected == (ADD,)
    assert not hands.scene.nodes[second].selected


# --- folding ----------------------------------------------------------------------------------------------------------


def test_blocks_are_collapsed_and_expanded_by_menu_key_and_double_click(hands, session):
    before = set(hands.scene.nodes)
    hands.panel.header.actions_["collapse"].trigger()
    hands.scene.finish()
    assert "block3" in hands.scene.nodes
    assert len(hands.scene.nodes) < len(before) / 2
    card = hands.scene.nodes["block3"].card
    members = hands.panel.folding.groups["block3"].members
    assert card.count == len(members)
    hands.graph.reveal("block3")
    QTest.mouseDClick(hands.graph.viewport(), LEFT, NO_KEY, hands.place("block3"))
    hands.scene.finish()
    assert "block3" not in hands.scene.nodes
    assert "block2" in hands.scene.nodes
    hands.click("block2")
    assert set(hands.view.state.selected) >= {ADD}
    hands.press(Qt.Key.Key_Return)
    hands.scene.finish()
    assert hands.node_of(ADD) in hands.scene.nodes
    hands.panel.header.actions_["expand"].trigger()
    hands.scene.finish()
    assert set(hands.scene.nodes) == before
    hands.click(hands.node_of(ADD))
    hands.press(Qt.Key.Key_Backspace)
    hands.scene.finish()
    assert "block2" in hands.scene.nodes
    assert hands.scene.nodes["block2"].selected


def test_a_group_shows_its_worst_error(hands, session):
    overlay(hands, "cumulative")
    values = {n: i.card.value for n, i in hands.scene.nodes.items()}
    hands.panel.folding.collapse("block3")
    hands.scene.finish()
    members = hands.panel.folding.groups["block3"].members
    assert hands.scene.nodes["block3"].card.value == min(values[m] for m in members if values[m] is not None)


def test_a_cards_menu_offers_what_can_be_done(hands, session):
    node = hands.node_of(ADD)
    hands.graph.reveal(node)
    asked = []
    hands.graph.menu_asked.disconnect()  # an offscreen menu cannot take the keyboard
    hands.graph.menu_asked.connect(lambda name, _at: asked.append(name))
    at = hands.place(node)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, hands.graph.mapToGlobal(at))
    QApplication.sendEvent(hands.graph.viewport(), event)
    assert asked == [node]
    texts = [a.text() for a in hands.panel.menu_of(node).actions()]
    assert any("block2" in t for t in texts)
    hands.panel.menu_of(node).actions()[0].trigger()
    assert ADD in session.muted


# --- moving about -----------------------------------------------------------------------------------------------------
