"""The graph panel under the mouse and the keyboard, on the sample model and on a long made-up one."""

import itertools

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from qviz.document import Document
from qviz.graph.graph import Graph, Node, Tensor
from qviz.graph.layout import compute_layout
from qviz.paths import sample
from qviz.session import Session
from qviz.sim.arrange import Arrange, Arranger
from qviz.sim.client import LocalClient
from qviz.ui.bridge import Bridge
from qviz.ui.graphview.cards import thumbnail
from qviz.ui.graphview.categories import category
from qviz.ui.graphview.nodes import text_font
from qviz.ui.graphview.panel import GraphPanel
from qviz.ui.graphview.search import matches, searched
from qviz.ui.theme import DARK, LIGHT, ThemeSource
from qviz.ui.view_state import View
from tests.ui.graph_hands import LEFT, NO_KEY, Hands

ADD, RELU, CONV = "block2/add", "block3/expand/relu", "block3/expand/conv"


@pytest.fixture(scope="module")
def opened():
    with Session.open(str(sample("digits_mobile.onnx")), str(sample("digits_eval.npz"))) as session:
        session.simulate()
        yield session


@pytest.fixture
def session(opened):
    before = opened.committed
    yield opened
    opened.commit(before, "Back")


@pytest.fixture
def hands(qtbot, session):
    return Hands(qtbot, session)


def chain(length: int) -> Graph:
    nodes = tuple(Node(f"n{i}", "Relu", "", (f"t{i}",), (f"t{i + 1}",)) for i in range(length))
    tensors = {
        f"t{i}": Tensor(f"t{i}", "activation", "float32", (1, 8), f"n{i - 1}" if i else None, (f"n{i}",)[: length - i])
        for i in range(length + 1)
    }
    return Graph("chain", nodes, tensors, (), (), {}, ())


def test_every_node_has_a_card_and_every_edge_a_line(hands, session):
    assert set(hands.scene.nodes) == {node.name for node in session.graph.nodes}
    assert len(hands.scene.edges) == len(compute_layout(session.graph).edges)
    assert set(hands.scene.ports) == {"image", "logits"}


def test_a_card_says_operator_shape_and_bits(hands, session):
    session.set_spec(RELU, bits=4)
    hands.refresh()
    card = hands.scene.nodes[hands.node_of(RELU)].card
    assert (card.op, [b.text for b in card.badges]) == ("Relu", ["A4"])
    assert card.lines[1].endswith("×32×8×8")
    assert len(card.thumbnail) > 10
    session.set_enabled(RELU, False)
    hands.refresh()
    assert hands.scene.nodes[hands.node_of(RELU)].card.badges[0].bits is None


def test_the_first_view_can_be_read_and_begins_at_the_input(hands, session):
    first = session.graph.nodes[0].name
    assert hands.in_view(first)
    assert hands.place(first).y() < 200
    assert text_font(10).pixelSize() * hands.graph.zoom >= 9


def test_what_is_selected_when_a_model_opens_is_in_view(qtbot, session):
    hands = Hands(qtbot, session)
    hands.view.update(selected=(RELU,))
    hands.panel.refresh_model()
    hands.panel.resize(300, 500)
    assert hands.in_view(hands.node_of(RELU))


def test_a_click_selects_the_quantizer_of_the_nodes_output(hands):
    node = hands.node_of(ADD)
    hands.click(node)
    assert hands.view.state.selected == (ADD,)
    assert hands.view.state.node == node
    assert hands.scene.nodes[node].selected


def test_a_click_on_a_node_inside_a_supergroup_selects_its_weight(hands, session):
    conv = hands.node_of(f"{CONV}.weight")
    hands.click(conv)
    assert hands.view.state.current == f"{CONV}.weight"
    assert hands.scene.selected == conv


def test_a_click_on_an_input_selects_its_quantizer(hands):
    port = hands.scene.ports["image"]
    QTest.mouseClick(hands.graph.viewport(), LEFT, NO_KEY, hands.graph.mapFromScene(port.pos()))
    assert hands.view.state.current == "image"


def test_a_selection_elsewhere_comes_into_view_and_lights_its_edges(hands):
    node = hands.node_of("logits")
    assert not hands.in_view(node)
    hands.view.update(selected=("logits",))
    assert hands.in_view(node)
    assert hands.scene.nodes[node].selected
    lit = [e.edge for e in hands.scene.edges if e.lit]
    assert lit
    assert all(node in (edge.source, edge.target) for edge in lit)


def test_every_selection_comes_into_view_also_after_panning_and_zooming(hands, session):
    nodes = list(hands.scene.nodes)
    hands.graph.zoom_by(1.2)
    for node in (nodes[-1], nodes[0], nodes[len(nodes) // 2], nodes[-1]):
        hands.panel.choose(node)
        assert hands.in_view(node)


def test_a_drag_pans_and_selects_nothing(hands):
    start = hands.place(next(iter(hands.scene.nodes)))
    before = hands.graph.mapToScene(start)
    port = hands.graph.viewport()
    QTest.mousePress(port, LEFT, NO_KEY, start)
    for step in (10, 30, 60):
        QTest.mouseMove(port, start + QPoint(0, -step))
    QTest.mouseRelease(port, LEFT, NO_KEY, start + QPoint(0, -60))
    moved = hands.graph.mapFromScene(before) - start
    assert abs(moved.y() + 60) <= 1
    assert hands.view.state.selected == ()


def test_the_wheel_zooms_to_the_cursor(hands):
    at = QPoint(120, 300)
    under, zoom = hands.graph.mapToScene(at), hands.graph.zoom
    hands.wheel(at, 240)
    assert hands.graph.zoom == pytest.approx(zoom * 1.44)
    assert (hands.graph.mapFromScene(under) - at).manhattanLength() <= 2


def test_fit_shows_everything_and_actual_size_is_actual(hands):
    hands.graph.setFocus()
    QTest.keyClick(hands.graph, Qt.Key.Key_F)
    assert all(hands.in_view(name) for name in hands.scene.nodes)
    QTest.keyClick(hands.graph, Qt.Key.Key_0)
    assert hands.graph.zoom == pytest.approx(1.0)
    QTest.keyClick(hands.graph, Qt.Key.Key_Plus)
    assert hands.graph.zoom > 1.0
    hands.panel.buttons["out"].click()
    assert hands.graph.zoom == pytest.approx(1.0)


def test_arrows_walk_along_the_edges(hands, session):
    hands.graph.setFocus()
    QTest.keyClick(hands.graph, Qt.Key.Key_Down)
    walked = [hands.scene.selected]
    for _ in range(30):
        QTest.keyClick(hands.graph, Qt.Key.Key_Down)
        walked.append(hands.scene.selected)
    assert walked[0] == session.graph.nodes[0].name
    assert walked[-1] == session.graph.nodes[-1].name
    edges = {(e.source, e.target) for e in compute_layout(session.graph).edges}
    assert all(step in edges or step[0] == step[1] for step in itertools.pairwise(walked))
    QTest.keyClick(hands.graph, Qt.Key.Key_Up)
    assert hands.scene.selected == walked[[*walked].index(walked[-1]) - 1]


def test_search_finds_names_operators_and_tensors(hands, session):
    hands.panel.focus_search()
    QTest.keyClicks(hands.panel.search, "block3/")
    found = [m.node for m in matches(searched(session.graph), "BLOCK3/")]
    assert hands.panel.count.text() == f"1/{len(found)}"
    assert hands.scene.selected == found[0]
    QTest.keyClick(hands.panel.search, Qt.Key.Key_Return)
    assert hands.scene.selected == found[1]
    assert hands.in_view(found[1])
    QTest.keyClick(hands.panel.search, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert hands.scene.selected == found[0]
    QTest.keyClick(hands.panel.search, Qt.Key.Key_Escape)
    assert hands.graph.hasFocus()
    assert not any(item.found for item in hands.scene.nodes.values())
    assert {session.graph.node_by_name[m.node].op for m in matches(searched(session.graph), "averagepool")} == {
        "GlobalAveragePool"
    }


def test_the_tint_and_its_legend_come_with_a_result(hands, session):
    hands.refresh()
    assert hands.panel.legend.isVisible()
    assert hands.scene.nodes[hands.node_of("logits")].card.value == session.result.tensors["logits"].sqnr_db


def test_hovering_tells_the_whole_name(hands):
    node = next(iter(hands.scene.nodes))
    QTest.mouseMove(hands.graph.viewport(), hands.place(node))
    assert hands.view.state.hovered == node
    assert node in hands.graph.toolTip()


def test_hovering_tells_attributes_and_the_weights_that_have_no_card(hands):
    hands.panel.choose("block1/project/conv")
    QTest.mouseMove(hands.graph.viewport(), hands.place("block1/project/conv"))
    lines = hands.graph.toolTip().splitlines()
    assert "kernel_shape = 1, 1" in lines
    assert "block1/project/conv.weight  12×24×1×1" in lines


def test_a_large_graph_fills_in_slices_and_stays_usable(qtbot):
    session = Session(LocalClient())
    session.graph = chain(3000)
    bridge = Bridge()
    panel = GraphPanel(session, bridge, View(), ThemeSource())
    qtbot.addWidget(panel)
    bridge.layout.emit(Arranger().answer(session.graph, Arrange(1), lambda: False))
    assert 0 < len(panel.scene.nodes) < 3000
    panel.choose("n2999")
    assert panel.scene.selected == "n2999"
    assert panel.scene.nodes["n2999"].selected
    assert len(panel.scene.nodes) < 3000
    session.close()


def test_another_model_replaces_the_graph(qtbot):
    with Session.open(str(sample("digits_mobile.onnx"))) as session:
        hands = Hands(qtbot, session)
        before = set(hands.scene.nodes)
        session.open_document(Document(str(sample("digits_cnn.onnx"))))
        hands.panel.refresh_model()
        qtbot.waitUntil(lambda: hands.scene.full)
        assert set(hands.scene.nodes) == {node.name for node in session.graph.nodes} != before
        assert len(hands.scene.stage.items()) == len(hands.scene.nodes) + len(hands.scene.edges) + len(
            hands.scene.ports
        )


def test_thumbnails_are_heights_of_the_bulk(session):
    heights = thumbnail(session.histograms[ADD])
    assert max(heights) == 1.0
    assert min(heights) >= 0.0


@pytest.mark.parametrize(
    ("op", "kind"),
    [("Conv", "linear"), ("Relu", "activation"), ("MaxPool", "pool"), ("Loop", "control"), ("Xyz", "other")],
)
def test_operators_have_a_category_with_a_colour_in_both_themes(op, kind):
    assert category(op) == kind
    assert kind in DARK.category
    assert kind in LIGHT.category
