"""The scene of the graph: filled and refreshed in slices, kept in step with the session, walked along its edges."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QTimer, Signal
from PySide6.QtWidgets import QGraphicsScene

from qviz.graph.graph import Graph
from qviz.graph.layout import Edge, Layout
from qviz.session import Session
from qviz.sim.arrange import Arranged
from qviz.ui.graphview.cards import Card, QuantizerIndex, card_of, group_card
from qviz.ui.graphview.categories import category
from qviz.ui.graphview.edges import EdgeItem, PortItem
from qviz.ui.graphview.far import FarPicture
from qviz.ui.graphview.nodes import Look, NodeItem
from qviz.ui.graphview.tint import tint
from qviz.ui.theme import Theme

MOST_LIT = 200  # cards selected whose edges are lit: Qt sorts anew each edge that is brought to the front
SLICE = 0.008  # seconds between two turns of the event loop
INDEX_DEPTH = 12  # of the tree by which Qt finds items: 4,096 leaves; left to Qt it is built anew as items come
MARGIN = 600.0  # room to pan beyond the graph
NOWHERE = QPointF(-1e9, -1e9)
SAME_RANK = 30.0  # nodes whose centres differ less in y are neighbours


class GraphScene(QGraphicsScene):
    """One NodeItem a node or group, placed by a layout of `session.graph`."""

    filled = Signal()
    recolored = Signal()  # the far picture has other colours

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self.look = Look(theme)
        self.overlay = "cumulative"
        self.index = QuantizerIndex.empty()
        self.nodes: dict[str, NodeItem] = {}
        self.ports: dict[str, PortItem] = {}  # by tensor
        self.edges: list[EdgeItem] = []
        self.told: Arranged | None = None
        self.far: FarPicture | None = None
        self.selected: str | None = None  # the one that keys start from
        self.marked: frozenset[str] = frozenset()  # all that are selected
        self.full = True  # every item is there and says what is so
        self._indexed: tuple[object, ...] = ()  # what `index` was made of
        self._owner: dict[str, str] = {}  # node -> the group it is drawn in
        self._work: Iterator[Callable[[], None]] = iter(())
        self._stale: dict[str, None] = {}  # cards to look at again
        self._faded: dict[str, None] = {}  # cards whose colour in the far picture may be old
        self._next_slice = QTimer(self, interval=0)
        self._next_slice.timeout.connect(self._fill_on)
        self.setBspTreeDepth(INDEX_DEPTH)

    def rebuild(self, told: Arranged | None) -> None:
        """Another layout: the first slice at once, the rest between events; `filled` when done."""
        self.clear()
        self.nodes, self.ports, self.edges, self.selected, self.marked = {}, {}, [], None, frozenset()
        graph, self.told, self._owner = self._session.graph, told, {}
        self._stale, self._faded = {}, {}
        self.far = None
        if graph is None or told is None:
            self._work, self.full, self._indexed = iter(()), True, ()
            self.index = QuantizerIndex.empty()
            return
        self._look_up(graph)
        self._owner = {m: g for g in told.shown for m in told.groups[g].members}
        area = QRectF(0, 0, told.layout.width, told.layout.height)
        self.setSceneRect(area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN))
        self.far = FarPicture(told.layout)
        self._work, self.full = self._steps(told.layout), False
        self._fill_on()

    def _look_up(self, graph: Graph) -> None:
        """Which quantizers are whose; folding changes nothing of that."""
        now = graph, self._session.quantizers
        if len(self._indexed) != 2 or any(a is not b for a, b in zip(now, self._indexed, strict=True)):
            self.index, self._indexed = QuantizerIndex.of(*now), now

    def content(self) -> QRectF:
        """What nodes, inputs and outputs cover, whether their items are there yet or not."""
        if self.told is None:
            return QRectF()
        return QRectF(0, 0, self.told.layout.width, self.told.layout.height)

    def drawn_as(self, node: str | None) -> str | None:
        """The node itself or the group in which it is drawn; None where neither is."""
        name = self._owner.get(node or "", node)
        return name if self.told is not None and name in self.told.layout.positions else None

    def quantizers_of(self, name: str) -> tuple[str, ...]:
        """What selecting a card selects: the quantizer of a node, or those of all nodes in a group."""
        if self.told is not None and name in self.told.shown:
            found = (self.index.own(m) for m in self.told.groups[name].members)
            return tuple(dict.fromkeys(q for own in found for q in own))
        chosen = self.index.chosen(name)
        return () if chosen is None else (chosen,)

    def own_quantizers(self, name: str) -> tuple[str, ...]:
        """What muting a card mutes."""
        if self.told is not None and name in self.told.shown:
            return self.quantizers_of(name)
        return self.index.own(name)

    def _steps(self, layout: Layout) -> Iterator[Callable[[], None]]:
        arriving: dict[str, list[Edge]] = {}
        for edge in layout.edges:
            arriving.setdefault(edge.target, []).append(edge)
        for name in layout.positions:
            yield partial(self._add_node, name, layout)
            for edge in arriving.pop(name, ()):
                yield partial(self._add_edge, edge)
        for edge in (e for rest in arriving.values() for e in rest):
            yield partial(self._add_edge, edge)

    def _fill_on(self) -> None:
        """A slice; Qt indexes its items with it, not all of them at once when the last is there."""
        self._fill()
        self.items(NOWHERE)

    def _fill(self) -> None:
        end = time.perf_counter() + SLICE
        for step in self._work:
            step()
            if time.perf_counter() > end:
                self._next_slice.start()
                return
        while self._stale:
            name = next(iter(self._stale))
            del self._stale[name]
            self.nodes[name].show_card(self._card(name))
            self._faded[name] = None
            if time.perf_counter() > end:
                self._next_slice.start()
                return
        self._next_slice.stop()
        if not self.full:
            self.full = True
            self._recolor()
            self.filled.emit()

    def finish(self) -> None:
        """Do now what is left: somebody asks for a node that is not there yet."""
        while not self.full:
            self._fill()

    def _card(self, name: str) -> Card:
        assert self._session.graph is not None
        if self.told is not None and name in self.told.shown:
            return group_card(self._session, self.told.groups[name], self.index, self.overlay)
        return card_of(self._session, self._session.graph.node_by_name[name], self.index, self.overlay)

    def _add_node(self, name: str, layout: Layout) -> None:
        item = NodeItem(self._card(name), layout.positions[name], layout.sizes[name], self.look)
        self.nodes[name] = item
        self._faded[name] = None
        self._note_overlay(item.card)
        self.addItem(item)

    def _add_edge(self, edge: Edge) -> None:
        item = EdgeItem(edge, self.look)
        self.edges.append(item)
        self.addItem(item)
        for end, point in ((edge.source, edge.points[0]), (edge.target, edge.points[-1])):
            if not end and not edge.stub and edge.tensor not in self.ports:
                port = PortItem(edge.tensor, QPointF(*point), self.look)
                self.ports[edge.tensor] = port
                self.addItem(port)

    def _note_overlay(self, card: Card) -> None:
        if card.level is not None and not self.look.overlaid:
            self.look.overlaid = True
            self.update()

    def refresh_cards(self, names: Collection[str] | None = None) -> None:
        """Badges, thumbnails and tints as the session has them now, of some cards or all: in slices, too."""
        self._stale.update(dict.fromkeys(self.nodes if names is None else names))
        self.full = False
        if not self._next_slice.isActive():  # one slice a turn, however many changes it brings
            self._fill()

    def set_overlay(self, overlay: str) -> None:
        self.overlay = overlay
        self.refresh_cards()

    def set_theme(self, theme: Theme) -> None:
        self.look.theme = theme
        self._faded.update(dict.fromkeys(self.nodes))
        self._recolor()
        self.update()

    def _recolor(self) -> None:
        overlaid = any(i.card.level is not None for i in self.nodes.values())
        if overlaid != self.look.overlaid:
            self.look.overlaid = overlaid
            self._faded.update(dict.fromkeys(self.nodes))
            self.update()
        if self.far is not None:
            self.far.recolor({n: self._far_color(self.nodes[n].card) for n in self._faded if n in self.nodes})
            self._faded.clear()
            self.recolored.emit()

    def _far_color(self, card: Card) -> str:
        theme = self.look.theme
        if card.name in self.marked:
            return theme.accent
        if self.look.overlaid:
            return theme.border if card.level is None else tint(card.level, theme.dark)
        return theme.edge if card.count else theme.category[category(card.op)]

    def select(self, names: Sequence[str]) -> None:
        """Mark these cards, the last of which keys start from, and light their edges."""
        marked = frozenset(names)
        self.selected = names[-1] if names else None
        if marked == self.marked:
            return
        for name in marked ^ self.marked:
            if name in self.nodes:
                self.nodes[name].mark(selected=name in marked)
        self._faded.update(dict.fromkeys(marked ^ self.marked))
        self.marked = marked
        lit = marked if len(marked) <= MOST_LIT else frozenset()
        for item in self.edges:
            item.light(item.edge.source in lit or item.edge.target in lit)
        self._recolor()

    def inside(self, area: QRectF) -> list[str]:
        """Cards whose centre lies in an area, in the order of the graph."""
        return [name for name, item in self.nodes.items() if area.contains(item.pos())]

    def neighbour(self, name: str, dx: int, dy: int) -> str | None:
        """The card that an arrow key leads to: along an edge up or down, in the same rank left or right."""
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
