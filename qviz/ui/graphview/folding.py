"""Which groups of nodes are drawn as one, and the layout that follows from it."""

from PySide6.QtCore import QObject, Signal

from qviz.graph.grouping import Group
from qviz.session import Session
from qviz.sim.arrange import Arrange, Arranged
from qviz.ui.bridge import Bridge

KEPT = 4  # layouts to which one comes back at once
OPEN: frozenset[str] = frozenset()


class Folding(QObject):
    """Asks the engine for a layout of the graph as folded, and hands on the newest."""

    arranged = Signal(object)  # Arranged, or None while there is nothing to draw

    def __init__(self, session: Session, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._ticket = 0  # of the newest layout asked for
        self._closed = OPEN
        self._told: Arranged | None = None
        self._known: dict[frozenset[str], Arranged] = {}  # of this model, by what is folded; the oldest first
        bridge.layout.connect(self._arrived)

    def open_model(self) -> None:
        """Another model, or none: nothing is folded."""
        self._closed, self._told, self._known = OPEN, None, {}
        self.arranged.emit(None)
        self._ask()

    @property
    def groups(self) -> dict[str, Group]:
        """All that can be folded, by name."""
        return {} if self._told is None else dict(self._told.groups)

    def around(self, card: str) -> str | None:
        """The smallest group that holds a card, which may be a folded group itself, and more."""
        groups = self.groups
        inside = set(groups[card].members) if card in groups else {card}
        found = [g for g in groups.values() if inside < set(g.members)]
        return min(found, key=lambda g: len(g.members)).name if found else None

    def alike(self, name: str) -> list[str]:
        """All groups that repeat the same block, itself among them; a scope is alone."""
        groups = self.groups
        block = groups[name].block
        return [n for n, g in groups.items() if n == name or (block and g.block and g.block.family == block.family)]

    def expand(self, *names: str) -> None:
        """Draw the nodes of groups again; what is folded inside them stays so."""
        self._set(self._closed.difference(names))

    def collapse(self, *names: str) -> None:
        """Draw each of these groups as one."""
        self._set(self._closed.union(names))

    def collapse_around(self, card: str) -> None:
        """Draw the smallest group around a card as one."""
        around = self.around(card)
        if around is not None:
            self.collapse(around)

    def collapse_all(self) -> None:
        self._set(frozenset(self.groups))

    def expand_all(self) -> None:
        self._set(OPEN)

    def _set(self, closed: frozenset[str]) -> None:
        if closed != self._closed:
            self._closed = closed
            self._ask()

    def _ask(self) -> None:
        self._ticket += 1
        if self._closed in self._known:
            self._show(self._known[self._closed])
        elif self._session.graph is not None:
            self._session.look(Arrange(self._ticket, self._closed))

    def _arrived(self, told: Arranged) -> None:
        if told.request.ticket == self._ticket:
            self._show(told)

    def _show(self, told: Arranged) -> None:
        self._known.pop(self._closed, None)
        self._known[self._closed] = self._told = told
        if len(self._known) > KEPT:  # never the one with nothing folded, which takes longest
            del self._known[next(c for c in self._known if c != OPEN)]
        self.arranged.emit(told)
