"""The graph of a report as an inline SVG: nodes where the window draws them, coloured by SQNR."""

from collections import Counter
from collections.abc import Mapping
from html import escape
from itertools import pairwise

from qviz.graph.graph import Graph, Node
from qviz.graph.layout import Edge, Layout
from qviz.sim.result import TensorError

STEPS = (10.0, 20.0, 30.0, 40.0)  # dB: from the worst class s0 to the best, s4
LIGHT = ("s0", "s1")  # fills that take dark letters
MARGIN, CORNER = 12.0, 6.0
CHARACTERS = 20  # of a name that fit into a node


def graph_svg(graph: Graph, layout: Layout, errors: Mapping[str, TensorError]) -> str:
    """`errors` by tensor; a node without any is drawn in no colour. With it, the place to scroll to first."""
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    edges = "".join(_edge(edge) for edge in layout.edges)
    ports = "".join(_port(edge) for edge in layout.edges if not (edge.source and edge.target) and not edge.stub)
    nodes = "".join(_node(node, layout, errors) for node in graph.nodes if node.name in layout.positions)
    return (
        f'<i class="start" style="left:{_main_column(layout) + MARGIN:.0f}px"></i>'
        f'<svg role="img" aria-label="Graph of {escape(graph.name or "the model", quote=True)}" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="{-MARGIN:.0f} {-MARGIN:.0f} {width:.0f} {height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg">{edges}{nodes}{ports}</svg>'
    )


def _main_column(layout: Layout) -> float:
    """x at which most nodes stand: what a narrow screen shows first."""
    columns = Counter(x for x, _ in layout.positions.values())
    return columns.most_common(1)[0][0] if columns else 0.0


def legend() -> str:
    """The classes of colour, with their limits in dB."""
    between = [f"{low:.0f} to {high:.0f} dB" for low, high in pairwise(STEPS)]
    words = [f"below {STEPS[0]:.0f} dB", *between, f"above {STEPS[-1]:.0f} dB"]
    parts = [f'<span><i class="s{i}"></i>{text}</span>' for i, text in enumerate(words)]
    return f'<div class="legend">SQNR {"".join(parts)}<span><i class="none"></i>not measured</span></div>'


def _edge(edge: Edge) -> str:
    (x, y), *rest = edge.points
    path = f"M{x:.0f} {y:.0f}"
    for to_x, to_y in rest:
        middle = (y + to_y) / 2
        curve = "" if to_x == x else f"C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} "
        path += f"{curve or 'L'}{to_x:.0f} {to_y:.0f}"
        x, y = to_x, to_y
    return f'<path class="edge{" stub" if edge.stub else ""}" d="{path}"/>'


def _port(edge: Edge) -> str:
    """The name of an input or output of the graph, where its line begins or ends."""
    (x, y), below = (edge.points[-1], 16) if edge.source else (edge.points[0], -6)
    return f'<text class="small" x="{x:.0f}" y="{y + below:.0f}" text-anchor="middle">{escape(edge.tensor)}</text>'


def _node(node: Node, layout: Layout, errors: Mapping[str, TensorError]) -> str:
    (x, y), (width, height) = layout.positions[node.name], layout.sizes[node.name]
    told = [errors[t].sqnr_db for t in node.outputs if t in errors]
    kind = "none" if not told else f"s{sum(min(told) >= step for step in STEPS)}"
    ink = "" if kind == "none" else "on-light" if kind in LIGHT else "on-dark"
    note = f"{node.name}: SQNR {min(told):.1f} dB" if told else node.name
    name = node.name if len(node.name) <= CHARACTERS else f"{node.name[:9]}…{node.name[-10:]}"
    return (
        f'<g><title>{escape(note)}</title><rect class="node {kind}" x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" rx="{CORNER:.0f}"/>'
        f'<text class="{ink}" x="{x:.0f}" y="{y - 3:.0f}" text-anchor="middle">{escape(node.op)}</text>'
        f'<text class="small {ink}" x="{x:.0f}" y="{y + 13:.0f}" text-anchor="middle">{escape(name)}</text></g>'
    )
