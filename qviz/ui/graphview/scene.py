"""The scene of the graph: drawn and refreshed in slices, kept in step with the session, walked along its edges."""

import time
from collections.abc import Collection, Sequence
from itertools import islice

from PySide6.QtCore import QObject, QRectF, QTimer, Signal
from PySide6.QtWidgets import QGraphicsScene

from qviz.session import Session
from qviz.sim.arrange import Arranged
from qviz.ui.graphview.cards import Card, QuantizerIndex, card_of, group_card
from qviz.ui.graphview.categories import category
from qviz.ui.graphview.drawing import FEW, SLICE, Drawing, Leaving
from qviz.ui.graphview.edges import EdgeItem, PortItem
from qviz.ui.graphview.far import FarPicture
from qviz.ui.graphview.nodes import Look, NodeItem
from qviz.ui.graphview.tint import tint
from qviz.ui.theme import Theme

SAME_RANK = 30.0  # nodes whose centres differ less in y are neighbours


class GraphScene(QObject):
    """Shows layouts of `session.graph`, each on a stage of its own; the one with nothing folded is kept."""

    staged = Signal(QGraphicsScene)  # what is to be seen from now on
    filled = Signal()
    recolored = Signal()  # the far picture has other colours

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self.look = Look(theme)
        self.overlay = "cumulative"
        self.index = QuantizerIndex.empty()
        self.selected: str | None = None  # the one that keys start from
        self.full = True  # every item is there and says what is so
        self._drawing: Drawing | None = None
        self._kept: Drawing | None = None  # with nothing folded
        self._empty = QGraphicsScene()
        self._leaving = Leaving(self)
        self._indexed: tuple[object, ...] = ()  # what `index` was made of
        self._stale: dict[str, None] = {}  # cards to look at again
        self._changed: list[NodeItem] = []  # in this slice
        self._faded: dict[str, None] = {}  # cards whose colour in the far picture may be old
        self._next_slice = QTimer(self, interval=0)
        self._next_slice.timeout.connect(self.fill)

    # --- what is drawn ----------------------------------------------------------------------------------------

    @property
    def stage(self) -> QGraphicsScene:
        return self._empty if self._drawing is None else self._drawing.stage

    @property
    def told(self) -> Arranged | None:
        return None if self._drawing is None else self._drawing.told

    @property
    def far(self) -> FarPicture | None:
        return None if self._drawing is None else self._drawing.far

    @property
    def nodes(self) -> dict[str, NodeItem]:
        """Those that are there by now."""
        return {} if self._drawing is None else self._drawing.nodes

    @property
    def ports(self) -> dict[str, PortItem]:
        """By tensor."""
        return {} if self._drawing is None else self._drawing.ports

    @property
    def edges(self) -> Sequence[EdgeItem]:
        return () if self._drawing is None else self._drawing.edges

    def content(self) -> QRectF:
        """What nodes, inputs and outputs cover, whether their items are there yet or not."""
        return QRectF() if self._drawing is None else self._drawing.area

    def rebuild(self, told: Arranged | None) -> None:
        """Another layout; call `fill` when it is known what is seen of it."""
        before, graph = self._drawing, self._session.graph
        self.selected, self._stale, self._faded = None, {}, {}
        if graph is None or told is None:
            self._drawing, self.full, self._indexed = None, True, ()
            self.index = QuantizerIndex.empty()
            if graph is not None:  # while its layout is awaited
                QTimer.singleShot(0, self, self._look_up)
        else:
            self._look_up()
            self._draw(told)
        self.staged.emit(self.stage)
        kept, self._kept = self._kept, self._whole_one()
        for drawing in dict.fromkeys((before, kept)):
            if drawing is not None and drawing not in (self._drawing, self._kept):
                self._leaving.add(drawing)

    def _draw(self, told: Arranged) -> None:
        if self._kept is not None and self._kept.told is told:
            self._drawing = self._kept
            self._stale.update(dict.fromkeys(self._drawing.nodes))
        else:
            self._drawing = Drawing(told, self.look, self._card)
        self.full = False

    def _whole_one(self) -> Drawing | None:
        """The drawing with nothing folded, of this model."""
        return self._drawing if self.told is None or not self.told.shown else self._kept

    def _look_up(self) -> None:
        """Which quantizers are whose; folding changes nothing of that."""
        if (graph := self._session.graph) is None:
            return
        now = graph, self._session.quantizers
        if len(self._indexed) != 2 or any(a is not b for a, b in zip(now, self._indexed, strict=True)):
            self.index, self._indexed = QuantizerIndex.of(*now), now

    def drawn_as(self, node: str | None) -> str | None:
        """The node itself or the group in which it is drawn; None where neither is."""
        if self._drawing is None:
            return None
        name = self._drawing.owner.get(node or "", node)
        return name if name in self._drawing.told.layout.positions else None

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

    # --- slices -----------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """One slice of what is left to do; the rest follows between events, and `filled` then."""
        end, self._changed = time.perf_counter() + SLICE, []
        while not self._done():
            self._step()
            if time.perf_counter() > end:
                self._next_slice.start()
                break
        else:
            self._end()
        if self._drawing is not None:
            self._drawing.repaint(self._changed)
            self._drawing.keep_index()

    def finish(self) -> None:
        """Do now all that is left."""
        while not self.full:
            self.fill()

    def hasten(self, area: QRectF) -> None:
        """What is seen comes first."""
        if self._drawing is None or self.full:
            return
        seen = self._drawing.far.inside(area)
        for names in (self._drawing.awaited, self._stale):
            first = [n for n in seen if n in names]
            if first and first != list(islice(names, len(first))):
                rest = dict(names)
                names.clear()
                names.update(dict.fromkeys(first) | rest)

    def item(self, name: str) -> NodeItem | None:
        """The item of a card, brought now where it is not there yet; None where nothing is drawn so."""
        if self._drawing is None or name not in self._drawing.told.layout.positions:
            return None
        return self._drawing.bring(name)

    def _done(self) -> bool:
        return not self._stale and not self._faded and (self._drawing is None or self._drawing.whole)

    def _step(self) -> None:
        if self._drawing is not None and not self._drawing.whole:
            self._drawing.bring_next()
        elif self._stale:
            name = next(iter(self._stale))
            del self._stale[name]
            item = self.nodes[name]
            if item.show_card(self._card(name)):
                self._changed.append(item)
        else:
            self._recolor(list(islice(self._faded, FEW)))
            if not self._faded:
                self._look_for_overlay()

    def _end(self) -> None:
        self._next_slice.stop()
        if not self.full:
            self.full = True
            self.recolored.emit()
            self.filled.emit()

    def _card(self, name: str) -> Card:
        assert self._session.graph is not None
        self._faded[name] = None
        if self.told is not None and name in self.told.shown:
            card = group_card(self._session, self.told.groups[name], self.index, self.overlay)
        else:
            card = card_of(self._session, self._session.graph.node_by_name[name], self.index, self.overlay)
        if card.level is not None and not self.look.overlaid:
            self.look.overlaid = True
            self.stage.update()
        return card

    def refresh_cards(self, names: Collection[str] | None = None) -> None:
        """Badges, thumbnails and tints as the session has them now, of some cards or all: in slices, too."""
        self._stale.update(dict.fromkeys(self.nodes if names is None else names))
        self.full = False
        if not self._next_slice.isActive():  # one slice a turn, however many changes it brings
            self.fill()

    # --- colours ----------------------------------------------------------------------------------------------

    def set_overlay(self, overlay: str) -> None:
        self.overlay = overlay
        self.refresh_cards()

    def set_theme(self, theme: Theme) -> None:
        self.look.theme = theme
        self._fade(self.nodes)
        self.stage.update()

    def _fade(self, names: Collection[str]) -> None:
        """The far picture's colours of these are old: new ones now where they are few, else in slices."""
        self._faded.update(dict.fromkeys(names))
        if len(self._faded) > FEW:
            self.refresh_cards(())
        elif self.full:
            self._recolor(list(self._faded))
            self.recolored.emit()

    def _look_for_overlay(self) -> None:
        """Cards are drawn otherwise once an overlay knows something."""
        nodes = self.nodes
        overlaid = any(i.card.level is not None for i in nodes.values())
        if overlaid != self.look.overlaid:
            self.look.overlaid = overlaid
            self._faded.update(dict.fromkeys(nodes))
            self.stage.update()

    def _recolor(self, names: Collection[str]) -> None:
        nodes = self.nodes
        if self.far is not None:
            self.far.recolor({n: self._far_color(nodes[n].card) for n in names if n in nodes})
        for name in names:
            del self._faded[name]

    def _far_color(self, card: Card) -> str:
        theme = self.look.theme
        if self._drawing is not None and card.name in self._drawing.marked:
            return theme.accent
        if self.look.overlaid:
            return theme.border if card.level is None else tint(card.level, theme.dark)
        return theme.edge if card.count else theme.category[category(card.op)]

    # --- marks, and ways from one card to another -------------------------------------------------------------

    def select(self, names: Sequence[str]) -> None:
        """Mark these cards, the last of which keys start from, and light their edges."""
        self.selected = names[-1] if names else None
        if self._drawing is not None and (changed := self._drawing.select(frozenset(names))):
            self._fade(changed)

    def find(self, names: Collection[str]) -> None:
        """Outline exactly these cards."""
        if self._drawing is not None:
            self._drawing.find(frozenset(names))

    @property
    def first(self) -> str | None:
        """The first card of the graph."""
        return None if self.told is None else next(iter(self.told.layout.positions), None)

    def inside(self, area: QRectF) -> list[str]:
        """Cards whose centre lies in an area, in the order of the graph."""
        places = {} if self.told is None else self.told.layout.positions
        return [name for name, at in places.items() if area.contains(*at)]

    def neighbour(self, name: str, dx: int, dy: int) -> str | None:
        """The card that an arrow key leads to: along an edge up or down, in the same rank left or right."""
        if self.told is None or name not in self.told.layout.positions:
            return None
        places, edges = self.told.layout.positions, self.told.layout.edges
        x, y = places[name]
        if dy:
            found = [e.source if dy < 0 else e.target for e in edges if name == (e.target if dy < 0 else e.source)]
        else:
            found = [n for n, at in places.items() if abs(at[1] - y) < SAME_RANK and (at[0] - x) * dx > 0]
        return min((n for n in found if n in places), key=lambda n: abs(places[n][0] - x), default=None)
