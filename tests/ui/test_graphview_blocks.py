"""Repeated blocks under the mouse, and the size of the graph's text."""

from collections import Counter

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PySide6.QtWidgets import QApplication

from qviz.session import Session
from qviz.ui.graphview.camera import actual_zoom
from qviz.ui.window.text_size import change_text_size
from tests.ui.graph_hands import Hands

BLOCKS = 6


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Residual blocks under names that tell nothing."""
    nodes, x = [], "x"
    for i in range(BLOCKS):
        nodes += [
            helper.make_node("MatMul", [x, "w"], [f"a{i}"], name=f"op{i}a"),
            helper.make_node("Sigmoid", [f"a{i}"], [f"b{i}"], name=f"op{i}b"),
            helper.make_node("Add", [f"b{i}", x], [f"c{i}"], name=f"op{i}c"),
        ]
        x = f"c{i}"
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N", 4]) for n in ("x", x)]
    weight = numpy_helper.from_array(np.eye(4, dtype=np.float32), "w")
    model = helper.make_model(
        helper.make_graph(nodes, "net", ports[:1], ports[1:], [weight]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    path = tmp_path_factory.mktemp("blocks") / "net.onnx"
    onnx.save(model, path)
    with Session.open(str(path)) as session:
        yield session


@pytest.fixture
def hands(qtbot, opened):
    return Hands(qtbot, opened)


def action(hands: Hands, card: str, start: str):
    return next(a for a in hands.panel.menu_of(card).actions() if a.text().startswith(start))


def test_blocks_that_are_alike_fold_and_unfold_together(hands):
    action(hands, "op0a", f"Collapse all {BLOCKS} like it").trigger()
    hands.scene.finish()
    cards = [item.card for item in hands.scene.nodes.values()]
    assert Counter(c.title for c in cards) == {f"Residual block ×{BLOCKS}": BLOCKS}
    assert [c.lines[0] for c in cards] == [f"{i} of {BLOCKS} · 3 nodes" for i in range(1, BLOCKS + 1)]
    action(hands, cards[0].name, f"Expand all {BLOCKS} like it").trigger()
    hands.scene.finish()
    assert len(hands.scene.nodes) == 3 * BLOCKS


def test_one_block_folds_alone(hands):
    action(hands, "op2b", f"Collapse Residual block ×{BLOCKS}").trigger()
    hands.scene.finish()
    assert len(hands.scene.nodes) == 3 * BLOCKS - 2


def test_what_was_edited_while_all_was_folded_shows_once_it_is_unfolded(hands):
    before = hands.scene.nodes["op1a"]
    hands.panel.folding.collapse_all()
    hands.scene.finish()
    assert "op1a" not in hands.scene.nodes
    try:
        hands.session.set_spec("w", bits=4)
        hands.refresh()
        hands.panel.folding.expand_all()
        hands.scene.finish()
        assert hands.scene.nodes["op1a"] is before
        assert next(b.text for b in before.card.badges) == "W4"
    finally:
        hands.session.undo()


def test_the_node_that_is_selected_is_there_first(hands):
    hands.panel.folding.collapse_all()
    hands.scene.finish()
    hands.panel.choose("op5c")
    hands.panel.folding.expand("op5a … op5c")
    assert hands.scene.nodes["op5c"].selected


def test_cards_are_drawn_in_the_size_of_text_chosen(hands):
    hands.graph.actual_size()
    small = hands.graph.zoom
    try:
        change_text_size(4)
        QApplication.processEvents()
        assert hands.graph.zoom / small == pytest.approx(1.4)
        hands.graph.zoom_by(2)
        hands.graph.actual_size()
        assert hands.graph.zoom == pytest.approx(actual_zoom()) == pytest.approx(1.4)
    finally:
        change_text_size(0)


def test_the_first_view_leaves_the_minimap_beside_the_cards(hands):
    small = hands.graph.minimap
    assert small.isVisible()
    for item in hands.scene.nodes.values():
        assert hands.graph.mapFromScene(item.body().translated(item.pos())).boundingRect().right() < small.x()
