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


def arranged(graph: Graph, request: Arrange, cancelled: Callable[[], bool]) -> Arranged:
    """The answer to `request`. Raises Cancelled."""
    groups = groups_of(graph)
    drawn, shown = collapse(graph, [groups[name] for name in request.closed if name in groups])
    return Arranged(request, compute_layout(drawn, cancelled), groups, frozenset(shown))
