"""The graph view: minimap, edges and stubs, results, pictures, many nodes."""

import itertools
import re
import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from qviz.errors import QvizError
from qviz.graph.graph import Graph, Node, Tensor
from qviz.session import Session
from qviz.sim.arrange import Arrange, Arranger
from qviz.sim.client import LocalClient
from qviz.ui.bridge import Bridge
from qviz.ui.graphview.far import FAR, segments
from qviz.ui.graphview.panel import GraphPanel
from qviz.ui.graphview.picture import save_picture
from qviz.ui.theme import ThemeSource
from qviz.ui.view_state import View
from tests.ui.graph_hands import LEFT, NO_KEY
from tests.ui.graph_overlay_hands import hands, opened, session

__all__ = ["hands", "opened", "session"]  # fixtures


def test_dragging_in_the_minimap_pans(hands):
    small = hands.graph.minimap
    assert small.isVisible()
    before = hands.graph.seen().center()
    QTest.mousePress(small, LEFT, NO_KEY, small.frame().center().toPoint())
    QTest.mouseMove(small, QPoint(small.width() // 2, small.height() - 12))
    QTest.mouseRelease(small, LEFT, NO_KEY, QPoint(small.width() // 2, small.height() - 12))
    assert hands.graph.seen().center().y() > before.y() + 300
    hands.press(Qt.Key.Key_F)
    QApplication.processEvents()
    assert not small.isVisible()


def test_a_click_on_an_edge_goes_to_its_other_end(hands):
    skip = max((e.edge for e in hands.scene.edges), key=lambda e: len(e.points))
    x, y = skip.points[2]
    hands.graph.centerOn(x, y)
    QTest.mouseClick(hands.graph.viewport(), LEFT, NO_KEY, hands.graph.mapFromScene(QPointF(x, y)))
    assert hands.scene.selected == skip.target
    assert hands.in_view(skip.target)


def hub(readers: int) -> Graph:
    """One tensor that many nodes of a chain read."""
    nodes = [Node("mask", "Sigmoid", "", ("x",), ("m",))]
    nodes += [Node(f"n{i}", "Mul", "", (f"t{i}", "m"), (f"t{i + 1}",)) for i in range(readers)]
    made = {o: n.name for n in nodes for o in n.outputs}
    names = {t for n in nodes for t in (*n.inputs, *n.outputs)}
    tensors = {
        t: Tensor(t, "activation", "float32", (1,), made.get(t), tuple(n.name for n in nodes if t in n.inputs))
        for t in sorted(names)
    }
    return Graph("hub", tuple(nodes), tensors, (), (), {}, ())


@pytest.fixture
def of_graph(qtbot):
    made = []

    def make(graph: Graph) -> GraphPanel:
        session, bridge = Session(LocalClient()), Bridge()
        session.graph = graph
        panel = GraphPanel(session, bridge, View(), ThemeSource())
        qtbot.addWidget(panel)
        panel.resize(900, 700)
        panel.show()
        bridge.layout.emit(Arranger().answer(graph, Arrange(1), lambda: False))
        panel.scene.finish()
        made.append(session)
        return panel

    yield make
    for opened_session in made:
        opened_session.close()


def test_a_stub_names_its_tensor_and_leads_to_its_source(of_graph):
    panel = of_graph(hub(40))
    stub = next(e for e in panel.scene.edges if e.edge.stub and e.edge.target == "n30")
    assert stub.toolTip() == "m"
    middle = QPointF(*np.mean(stub.edge.points, axis=0))
    panel.graph.centerOn(middle)
    QTest.mouseClick(panel.graph.viewport(), LEFT, NO_KEY, panel.graph.mapFromScene(middle))
    assert panel.scene.selected == "mask"


def test_results_are_listed_and_can_be_clicked(hands):
    hands.panel.focus_search()
    QTest.keyClicks(hands.panel.search, "relu")
    listed = hands.panel.finder.results
    assert listed.isVisible()
    assert listed.count() == int(hands.panel.count.text().split("/")[1]) > 3
    assert all("relu" in listed.item(i).text().lower() for i in range(listed.count()))
    QTest.keyClick(hands.panel.search, Qt.Key.Key_Down)
    assert hands.panel.count.text().startswith("2/")
    QTest.mouseClick(listed.viewport(), LEFT, NO_KEY, listed.visualItemRect(listed.item(2)).center())
    assert hands.scene.selected in listed.item(2).text()
    QTest.keyClick(hands.panel.search, Qt.Key.Key_Escape)
    assert not listed.isVisible()
    QTest.keyClicks(hands.panel.search, "nothing like it")
    assert hands.panel.count.text() == "none"


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_the_whole_graph_is_saved_as_svg_and_png(hands, tmp_path, monkeypatch):
    svg, png = tmp_path / "all.svg", tmp_path / "all.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(svg), ""))
    hands.panel.header.actions_["save_whole"].trigger()
    text = svg.read_text(encoding="utf-8")
    assert all(op in text for op in ("Conv", "Relu", "GlobalAveragePool"))
    width, height = (float(v) for v in re.search(r'viewBox="0 0 (\S+) (\S+)"', text).groups())
    whole = hands.scene.content()
    assert (width, height) == pytest.approx((whole.width() + 32, whole.height() + 32), abs=1)
    save_picture(hands.scene, hands.graph.seen(), str(png))
    image = QImage(str(png))
    seen = hands.graph.seen()
    assert image.height() == pytest.approx(2 * (seen.height() + 32), abs=2)
    with pytest.raises(QvizError, match=r"\.svg or \.png"):
        save_picture(hands.scene, whole, str(tmp_path / "all.gif"))
    with pytest.raises(QvizError, match="cannot be written"):
        save_picture(hands.scene, whole, str(tmp_path / "nowhere" / "all.png"))


def test_a_graph_is_exported_from_the_file_menu(demo, tmp_path, monkeypatch):
    asked = []

    def answer(*given):
        asked.append(given[2])
        return str(tmp_path / "shown"), "Picture (*.png)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    demo.actions_["export_graph"].trigger()
    assert QImage(str(tmp_path / "shown.png")).width() > 100
    assert asked[0].endswith(".svg")
    assert "shown.png" in demo.errors.text.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "nowhere" / "a.svg"), ""))
    demo.actions_["export_graph"].trigger()
    assert "cannot be written" in demo.errors.text.text()


# --- ten thousand nodes -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_ten_thousand_nodes_are_drawn_from_far_without_asking_each(of_graph):
    panel = of_graph(hub(10_000))
    panel.graph.fit()
    assert panel.graph.zoom < FAR
    panel.graph.viewport().repaint()
    start = time.process_time()
    for _ in range(5):
        panel.graph.viewport().repaint()
    painting = (time.process_time() - start) / 5
    start = time.process_time()
    assert all(item.shape() for item in panel.scene.stage.items())
    assert painting < time.process_time() - start
    shot = panel.graph.viewport().grab().toImage()
    column = {shot.pixel(x, shot.height() // 2) for x in range(shot.width())}
    assert len(column) > 1
    panel.scene.refresh_cards()
    assert not panel.scene.full


def test_from_far_an_edge_is_drawn_from_its_source_to_its_target(of_graph):
    layout = of_graph(hub(40)).scene.told.layout
    drawn = {tuple(segment) for segment in segments(layout)}
    whole = [e for e in layout.edges if not e.stub]
    assert drawn == {(*a, *b) for e in whole for a, b in itertools.pairwise(e.points)}
