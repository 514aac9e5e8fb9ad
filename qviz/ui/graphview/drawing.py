"""The items of one layout, on a stage of their own: they come, and go, a few at a time."""

import time
from collections.abc import Callable, Collection

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QTimer
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from qviz.graph.layout import Edge
from qviz.sim.arrange import Arranged
from qviz.ui.graphview.cards import Card
from qviz.ui.graphview.edges import EdgeItem, PortItem
from qviz.ui.graphview.far import FarPicture
from qviz.ui.graphview.nodes import Look, NodeItem

INDEX_DEPTH = 12  # of the tree by which Qt finds items: 4,096 leaves; left to Qt it is built anew as items come
MARGIN = 600.0  # room to pan beyond the graph
NOWHERE = QPointF(-1e9, -1e9)
MOST_LIT = 200  # cards selected whose edges are lit: Qt sorts anew each edge that is brought to the front
FEW = 100  # items that are painted anew one by one; of more, all that is seen
LEAVING = 100  # nodes, and edges, that are taken off a stage between two looks at the clock
ACTIVATION = (QEvent.Type.WindowActivate, QEvent.Type.WindowDeactivate)
SLICE = 0.008  # seconds between two turns of the event loop


class Stage(QGraphicsScene):
    """Does not tell each of its items whether the window is active: none of them asks."""

    def event(self, event: QEvent) -> bool:
        return event.type() in ACTIVATION or bool(super().event(event))


class Drawing:
    """One NodeItem a node or group, with the edges that arrive at it; `card` tells what it says."""

    def __init__(self, told: Arranged, look: Look, card: Callable[[str], Card]) -> None:
        self.told, self._look, self._card = told, look, card
        self.stage = Stage()
        self.stage.setBspTreeDepth(INDEX_DEPTH)
        self.stage.setSceneRect(self.area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN))
        self.far = FarPicture(told.layout, look.theme.border)
        self.owner = {m: g for g in told.shown for m in told.groups[g].members}  # node -> the group it is drawn in
        self.nodes: dict[str, NodeItem] = {}
        self.ports: dict[str, PortItem] = {}  # by tensor
        self.edges: list[EdgeItem] = []
        self.awaited = dict.fromkeys(
            told.layout.positions
        )  # nodes that are not there yet, in the order in which they come
        self.marked: frozenset[str] = frozenset()
        self._found: frozenset[str] = frozenset()
        self._lit: set[EdgeItem] = set()
        self._touching: dict[str, list[EdgeItem]] = {}  # node -> its edges
        self._arriving: dict[str, list[Edge]] = {}
        for edge in told.layout.edges:
            self._arriving.setdefault(edge.target, []).append(edge)

    @property
    def area(self) -> QRectF:
        """What nodes, inputs and outputs cover, whether their items are there yet or not."""
        return QRectF(0, 0, self.told.layout.width, self.told.layout.height)

    @property
    def whole(self) -> bool:
        """Whether every item is there."""
        return not self.awaited and not self._arriving

    def bring_next(self) -> None:
        """The items of one more node; after the last, what arrives at outputs of the graph."""
        if self.awaited:
            self.bring(next(iter(self.awaited)))
        else:
            for edge in self._arriving.pop(""):
                self._add_edge(edge)

    def bring(self, name: str) -> NodeItem:
        """The item of a node, now."""
        if name in self.awaited:
            del self.awaited[name]
            self._add_node(name)
            for edge in self._arriving.pop(name, ()):
                self._add_edge(edge)
        return self.nodes[name]

    def _add_node(self, name: str) -> None:
        layout = self.told.layout
        item = NodeItem(self._card(name), layout.positions[name], layout.sizes[name], self._look)
        item.selected, item.found = name in self.marked, name in self._found
        self.nodes[name] = item
        self.stage.addItem(item)

    def _add_edge(self, edge: Edge) -> None:
        item = EdgeItem(edge, self._look)
        self.edges.append(item)
        for end, point in ((edge.source, edge.points[0]), (edge.target, edge.points[-1])):
            self._touching.setdefault(end, []).append(item)
            if not end and not edge.stub and edge.tensor not in self.ports:
                port = PortItem(edge.tensor, QPointF(*point), self._look)
                self.ports[edge.tensor] = port
                self.stage.addItem(port)
        if len(self.marked) <= MOST_LIT and not self.marked.isdisjoint((edge.source, edge.target)):
            item.light(True)
            self._lit.add(item)
        self.stage.addItem(item)

    def drop_some(self) -> bool:
        """Take some items off the stage; whether there were any."""
        dropped: list[QGraphicsItem] = [*self.edges[-LEAVING:], *self.ports.values()]
        dropped += [self.nodes.popitem()[1] for _ in range(min(LEAVING, len(self.nodes)))]
        del self.edges[-LEAVING:]
        self.ports.clear()
        self._touching.clear()
        self._lit.clear()
        for item in dropped:
            self.stage.removeItem(item)
        return bool(dropped)

    def keep_index(self) -> None:
        """Let Qt index its items now, not all of them at once when the last is there."""
        self.stage.items(NOWHERE)

    # --- marks ------------------------------------------------------------------------------------------------

    def select(self, marked: frozenset[str]) -> frozenset[str]:
        """Mark exactly these, and light their edges where they are not too many; whose mark has changed."""
        changed = marked ^ self.marked
        self.marked = marked
        self._mark(changed, "selected", marked)
        lit = {e for n in marked for e in self._touching.get(n, ())} if len(marked) <= MOST_LIT else set[EdgeItem]()
        for item in lit ^ self._lit:
            item.light(item in lit)
        self._lit = lit
        return changed

    def find(self, found: frozenset[str]) -> None:
        """Outline exactly these."""
        changed, self._found = found ^ self._found, found
        self._mark(changed, "found", found)

    def _mark(self, names: Collection[str], flag: str, on: Collection[str]) -> None:
        items = [(n, self.nodes[n]) for n in names if n in self.nodes]
        for name, item in items:
            setattr(item, flag, name in on)
        self.repaint([item for _, item in items])

    def repaint(self, items: Collection[QGraphicsItem]) -> None:
        """These look different now."""
        if len(items) > FEW:
            self.stage.update()
            return
        for item in items:
            item.update()


class Leaving(QObject):
    """Takes apart drawings that are seen no more: 10,000 nodes at once would hold the window up."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._drawings: list[Drawing] = []
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._take_apart)

    def add(self, drawing: Drawing) -> None:
        """Take this one apart, between events."""
        drawing.stage.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._drawings.append(drawing)
        self._turn.start()

    def _take_apart(self) -> None:
        end = time.perf_counter() + SLICE
        while self._drawings and time.perf_counter() < end:
            if not self._drawings[-1].drop_some():
                self._drawings.pop()
        if not self._drawings:
            self._turn.stop()
