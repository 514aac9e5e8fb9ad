"""Where the nodes of the open model are drawn: asked for and told apart from loading it. Plain values that travel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qviz.graph.graph import Graph
from qviz.graph.grouping import Group, collapse, groups_of
from qviz.graph.layout import Layout, compute_layout


@dataclass(frozen=True)
class Arrange:
    """Lay the graph out with the groups named in `closed` each drawn as one. `ticket` tells answers apart."""

    ticket: int
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Arranged:
    """`groups` are all that can be collapsed, `shown` those drawn as one."""

    request: Arrange
    layout: Layout
    groups: Mapping[str, Group]
    shown: frozenset[str]


class Arranger:
    """Answers requests; what can be collapsed in a graph is found once."""

    def __init__(self) -> None:
        self._known: tuple[Graph, Mapping[str, Group]] | None = None

    def answer(self, graph: Graph, request: Arrange, cancelled: Callable[[], bool]) -> Arranged:
        """The layout of `graph` that `request` asks for. Raises Cancelled."""
        if self._known is None or self._known[0] is not graph:
            self._known = graph, groups_of(graph)
        groups = self._known[1]
        drawn, shown = collapse(graph, [groups[name] for name in request.closed if name in groups])
        return Arranged(request, compute_layout(drawn, cancelled), groups, frozenset(shown))
