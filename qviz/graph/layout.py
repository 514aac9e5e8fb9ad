"""Where each node is drawn: a layered layout, top to bottom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qviz.graph.coordinates import place_rows
from qviz.graph.graph import Graph
from qviz.graph.layers import Layers, make_layers
from qviz.graph.ordering import order_rows

NODE_WIDTH, NODE_HEIGHT = 160.0, 48.0
GROUP_WIDTH = 184.0  # of nodes drawn as one, whose names are longer than operators
CHARACTER, PADDING = 9.0, 48.0  # a long operator name widens its node
DUMMY_WIDTH = 8.0
GAP, ROW_PITCH = 28.0, 90.0
STUB = 20.0  # length of an edge that is not drawn to its other end
STUB_INSET, STUB_STEP = 12.0, (7.0, 10.0)  # its place on the card's upper edge, and by how much the next differs
HUB = 16  # a tensor with more readers is drawn as stubs

Point = tuple[float, float]
Numbers = NDArray[Any]


@dataclass(frozen=True)
class Layout:
    """Centres of nodes and routes of edges, in logical pixels; y grows downwards."""

    positions: Mapping[str, Point]  # node name -> centre
    sizes: Mapping[str, tuple[float, float]]  # node name -> (width, height)
    edges: tuple["Edge", ...]
    width: float
    height: float

    def __reduce__(self) -> tuple[object, ...]:
        """Arrays travel: read at once, they hold no thread up; what is made of them is made piece by piece."""
        names = list(self.positions)
        number = {name: i for i, name in enumerate(["", *names])}
        ends = [(number[e.source], number[e.target], e.stub, len(e.points)) for e in self.edges]
        points = [p for e in self.edges for p in e.points]
        cards = [(*self.positions[n], *self.sizes[n]) for n in names]
        arrays = (np.array(cards).reshape(-1, 4), np.array(ends, np.int32).reshape(-1, 4), np.array(points))
        return _unpacked, (names, [e.tensor for e in self.edges], *arrays, self.width, self.height)


@dataclass(frozen=True)
class Edge:
    """From `source` (a node, or "" for a graph input) to `target` (a node, or "" for a graph output) along `points`.

    A stub is drawn at its target only, left of the lines that arrive: the tensor has too many readers for a line to
    each.
    """

    tensor: str
    source: str
    target: str
    points: tuple[Point, ...]
    stub: bool = False


@dataclass(frozen=True)
class _Link:
    """An edge between vertices: nodes by their number, then one vertex for each input and each output of the graph."""

    tensor: str
    source: int
    target: int


def _unpacked(
    names: list[str], tensors: list[str], cards: Numbers, ends: Numbers, points: Numbers, width: float, height: float
) -> Layout:
    ports = ["", *names]
    line = iter(map(tuple, points.tolist()))
    edges = tuple(
        Edge(tensor, ports[source], ports[target], tuple(islice(line, count)), bool(stub))
        for tensor, (source, target, stub, count) in zip(tensors, ends.tolist(), strict=True)
    )
    places = {n: (x, y) for n, (x, y, _w, _h) in zip(names, cards.tolist(), strict=True)}
    sizes = {n: (w, h) for n, (_x, _y, w, h) in zip(names, cards.tolist(), strict=True)}
    return Layout(places, sizes, edges, width, height)


def compute_layout(graph: Graph, cancelled: Callable[[], bool] = lambda: False) -> Layout:
    """Layered layout of `graph`: deterministic, without overlaps, constants left out, the longest chain one column.

    Inputs and outputs of the graph take a place of their own, from which their edges start or at which they end.
    Raises Cancelled soon after `cancelled()` is true.
    """
    names, links, stubs = _links(graph)
    layers = make_layers(len(names), list(dict.fromkeys((e.source, e.target) for e in links)))
    widths = [_width(graph, name) for name in names] + [DUMMY_WIDTH] * (len(layers.rank) - len(names))
    rows = order_rows(layers, cancelled)
    x = place_rows(rows, layers, widths, GAP, cancelled)
    return _drawn(graph, names, links + stubs, len(links), layers, widths, x)


def _links(graph: Graph) -> tuple[list[str], list[_Link], list[_Link]]:
    """Names of vertices in topological order ("" for inputs and outputs), links to draw whole, and links to stub."""
    inputs = [p.name for p in graph.inputs]
    outputs = [p.name for p in graph.outputs if p.name in graph.tensors]
    number = {n.name: len(inputs) + i for i, n in enumerate(graph.nodes)}
    made = {o: number[n.name] for n in graph.nodes for o in n.outputs if o}
    made |= {name: i for i, name in enumerate(inputs)}
    links: list[_Link] = []
    stubs: list[_Link] = []
    for tensor in graph.tensors.values():
        if tensor.name in made:
            readers = [_Link(tensor.name, made[tensor.name], number[c]) for c in tensor.consumers]
            (stubs if len(readers) > HUB else links).extend(readers)
    first = len(inputs) + len(graph.nodes)
    links += [_Link(name, made[name], first + i) for i, name in enumerate(outputs) if name in made]
    return [""] * len(inputs) + [n.name for n in graph.nodes] + [""] * len(outputs), links, stubs


def _width(graph: Graph, name: str) -> float:
    if not name:
        return NODE_WIDTH
    op = graph.node_by_name[name].op
    return max(NODE_WIDTH, CHARACTER * len(op) + PADDING) if op else GROUP_WIDTH


def _drawn(
    graph: Graph, names: list[str], links: list[_Link], whole: int, layers: Layers, widths: list[float], x: list[float]
) -> Layout:
    top = NODE_HEIGHT / 2
    left = min((at - w / 2 for at, w in zip(x, widths, strict=True)), default=0.0)
    right = max((at + w / 2 for at, w in zip(x, widths, strict=True)), default=0.0)
    at = [(round(x[v] - left, 2), top + ROW_PITCH * layers.rank[v]) for v in range(len(x))]
    routes = [_route(link, names, at, layers) for link in links[:whole]]
    routes += _stub_routes(links[whole:], at, widths)
    edges = [
        Edge(link.tensor, names[link.source], names[link.target], points, stub=i >= whole)
        for i, (link, points) in enumerate(zip(links, routes, strict=True))
    ]
    return Layout(
        positions={name: at[v] for v, name in enumerate(names) if name},
        sizes={name: (widths[v], NODE_HEIGHT) for v, name in enumerate(names) if name},
        edges=tuple(edges),
        width=round(right - left, 2),
        height=NODE_HEIGHT + ROW_PITCH * max(layers.rank, default=0),
    )


def _stub_routes(stubs: list[_Link], at: list[Point], widths: list[float]) -> list[tuple[Point, ...]]:
    """Short lines down onto their targets, several of one target side by side and ever longer."""
    routes: list[tuple[Point, ...]] = []
    arrived: dict[int, int] = {}
    for stub in stubs:
        nth = arrived[stub.target] = arrived.get(stub.target, -1) + 1
        x, y = at[stub.target][0] - widths[stub.target] / 2, at[stub.target][1] - NODE_HEIGHT / 2
        x += STUB_INSET + STUB_STEP[0] * nth
        routes.append(((x, y - STUB - STUB_STEP[1] * min(nth, 2)), (x, y)))
    return routes


def _route(link: _Link, names: list[str], at: list[Point], layers: Layers) -> tuple[Point, ...]:
    """From the source's lower edge, straight through the rows it crosses, to the target's upper edge."""
    half = NODE_HEIGHT / 2
    (x0, y0), (x1, y1) = at[link.source], at[link.target]
    passed = [(at[d][0], at[d][1] + dy) for d in layers.way(link.source, link.target) for dy in (-half, half)]
    start = (x0, y0 + half) if names[link.source] else (x0, y0)
    end = (x1, y1 - half) if names[link.target] else (x1, y1)
    return (start, *passed, end)
