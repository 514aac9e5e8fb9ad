"""The scene of the graph: filled in slices, kept in step with the session, and walked along its edges."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QTimer, Signal
from PySide6.QtWidgets import QGraphicsScene

from qviz.graph.layout import Edge, Layout
from qviz.session import Session
from qviz.ui.graphview.cards import QuantizerIndex, card_of
from qviz.ui.graphview.items import EdgeItem, Look, NodeItem, PortItem
from qviz.ui.theme import Theme

SLICE = 0.008  # seconds between two turns of the event loop
MARGIN = 600.0  # room to pan beyond the graph
SAME_RANK = 30.0  # nodes whose centres differ less in y are neighbours


class GraphScene(QGraphicsScene):
    """One NodeItem a node of `session.graph`, placed by `session.layout`."""

    filled = Signal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self.look = Look(theme)
        self.index = QuantizerIndex.empty()
        self.nodes: dict[str, NodeItem] = {}
        self.ports: dict[str, PortItem] = {}  # by tensor
        self.edges: list[EdgeItem] = []
        self.selected: str | None = None
        self.full = True  # every item is there
        self._work: Iterator[Callable[[], None]] = iter(())
        self._next_slice = QTimer(self, interval=0)
        self._next_slice.timeout.connect(self._fill)

    def rebuild(self, layout: Layout | None) -> None:
        """Another layout: the first slice at once, the rest between events; `filled` when done."""
        self.clear()
        self.nodes, self.ports, self.edges, self.selected = {}, {}, [], None
        graph = self._session.graph
        if graph is None or layout is None:
            self.index, self._work, self.full = QuantizerIndex.empty(), iter(()), True
            return
        self.index = QuantizerIndex.of(graph, self._session.quantizers)
        self.setSceneRect(QRectF(0, 0, layout.width, layout.height).adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN))
        self._work, self.full = self._steps(layout), False
        self._fill()

    def _steps(self, layout: Layout) -> Iterator[Callable[[], None]]:
        assert self._session.graph is not None
        arriving: dict[str, list[Edge]] = {}
        for edge in layout.edges:
            if edge.points:
                arriving.setdefault(edge.target, []).append(edge)
        for node in self._session.graph.nodes:
            if node.name in layout.positions:
                yield partial(self._add_node, node.name, layout)
            for edge in arriving.pop(node.name, ()):
                yield partial(self._add_edge, edge)
        for edge in (e for rest in arriving.values() for e in rest):
            yield partial(self._add_edge, edge)

    def _fill(self) -> None:
        end = time.perf_counter() + SLICE
        for step in self._work:
            step()
            if time.perf_counter() > end:
                self._next_slice.start()
                return
        self._next_slice.stop()
        if not self.full:
            self.full = True
            self.filled.emit()

    def finish(self) -> None:
        """Build what is left now: somebody asks for a node that is not there yet."""
        while not self.full:
            self._fill()

    def _add_node(self, name: str, layout: Layout) -> None:
        assert self._session.graph is not None
        card = card_of(self._session, self._session.graph.node_by_name[name], self.index)
        item = NodeItem(card, layout.positions[name], layout.sizes[name], self.look)
        self.nodes[name] = item
        self.addItem(item)

    def _add_edge(self, edge: Edge) -> None:
        item = EdgeItem(edge, self.look)
        self.edges.append(item)
        self.addItem(item)
        for end, point in ((edge.source, edge.points[0]), (edge.target, edge.points[-1])):
            if not end and edge.tensor not in self.ports:
                port = PortItem(edge.tensor, QPointF(*point), self.look)
                self.ports[edge.tensor] = port
                self.addItem(port)

    def refresh_cards(self) -> None:
        """Badges, thumbnails and tints as the session has them now."""
        graph = self._session.graph
        if graph is not None:
            for name, item in self.nodes.items():
                item.show_card(card_of(self._session, graph.node_by_name[name], self.index))

    def set_theme(self, theme: Theme) -> None:
        self.look.theme = theme
        self.update()

    def select(self, name: str | None) -> None:
        """Mark one node and light its edges."""
        if self.selected in self.nodes:
            self.nodes[self.selected].mark(selected=False)
        self.selected = name
        if name in self.nodes:
            self.nodes[name].mark(selected=True)
        for item in self.edges:
            item.light(name is not None and name in (item.edge.source, item.edge.target))

    def neighbour(self, name: str, dx: int, dy: int) -> str | None:
        """The node that an arrow key leads to: along an edge up or down, in the same rank left or right."""
        if name not in self.nodes:
            return None
        here = self.nodes[name].pos()
        if dy:
            ends = [(e.edge.source, e.edge.target) for e in self.edges]
            found = [s for s, t in ends if t == name] if dy < 0 else [t for s, t in ends if s == name]
        else:
            found = [n for n, i in self.nodes.items() if abs(i.y() - here.y()) < SAME_RANK]
            found = [n for n in found if (self.nodes[n].x() - here.x()) * dx > 0]
        found = [n for n in found if n in self.nodes]
        return min(found, key=lambda n: abs(self.nodes[n].x() - here.x()), default=None)
