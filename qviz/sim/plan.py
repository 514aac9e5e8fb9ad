"""Cutting the graph into segments: each yields the tensors that others read, or that a quantizer stands on."""

from collections.abc import Iterable
from dataclasses import dataclass

from qviz.graph.graph import Graph, Node


@dataclass(frozen=True)
class Segment:
    """Nodes that run as one session. `inputs` and `outputs` are cut tensors, `constants` what is read besides."""

    index: int
    nodes: tuple[str, ...]  # names, in topological order
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Segments in topological order. `cuts` are all tensors that exist between them, graph inputs included."""

    segments: tuple[Segment, ...]
    producer: dict[str, int]  # cut tensor -> index of its segment; graph inputs have none
    cuts: frozenset[str]


def make_plan(graph: Graph, quantized: Iterable[str]) -> Plan:
    """Cut `graph` at the `quantized` tensors, its inputs and outputs, and wherever a value is read more than once."""
    constant = {name for name, t in graph.tensors.items() if t.kind == "constant"}
    readers = _readers(graph, constant)
    wanted = {*quantized, *(p.name for p in graph.outputs)} - constant
    ends = [_ends_segment(node, readers, wanted) for node in graph.nodes]
    home = _homes(graph.nodes, ends, readers)
    inputs = {p.name for p in graph.inputs}
    groups: dict[int, list[Node]] = {}
    for i, node in enumerate(graph.nodes):
        groups.setdefault(home[i], []).append(node)
    segments: list[Segment] = []
    for end in sorted(groups):
        segments.append(_segment(len(segments), groups[end], graph, constant, readers, wanted))
    producer = {name: s.index for s in segments for name in s.outputs}
    return Plan(tuple(segments), producer, frozenset(producer) | inputs)


def _readers(graph: Graph, constant: set[str]) -> dict[str, list[int]]:
    readers: dict[str, list[int]] = {}
    for i, node in enumerate(graph.nodes):
        for name in dict.fromkeys(node.inputs):
            if name and name not in constant:
                readers.setdefault(name, []).append(i)
    return readers


def _ends_segment(node: Node, readers: dict[str, list[int]], wanted: set[str]) -> bool:
    used = [o for o in node.outputs if o and (o in wanted or o in readers)]
    return len(used) != 1 or used[0] in wanted or len(readers[used[0]]) != 1


def _homes(nodes: tuple[Node, ...], ends: list[bool], readers: dict[str, list[int]]) -> list[int]:
    """For each node the index of the node that ends its segment: itself, or its only reader's."""
    home = list(range(len(nodes)))
    for i in reversed(range(len(nodes))):
        if not ends[i]:
            only = next(o for o in nodes[i].outputs if o in readers)
            home[i] = home[readers[only][0]]
    return home


def _segment(
    index: int, nodes: list[Node], graph: Graph, constant: set[str], readers: dict[str, list[int]], wanted: set[str]
) -> Segment:
    made = {o for n in nodes for o in n.outputs if o}
    read = dict.fromkeys(i for n in nodes for i in n.inputs if i)
    last = nodes[-1]
    return Segment(
        index=index,
        nodes=tuple(n.name for n in nodes),
        inputs=tuple(i for i in read if i not in constant and i not in made),
        outputs=tuple(o for o in last.outputs if o and (o in readers or o in wanted)),
        constants=tuple(i for i in read if i in constant),
    )
