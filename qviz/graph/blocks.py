"""Blocks that a network repeats, found from its operators and their wiring where names tell nothing.

The stretch that saves most cards becomes a block, as in grammar compression, then the next one; what is found among
blocks holds them, and what is found in a block lies inside it: two levels at most.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from qviz.graph.graph import Graph, Node
from qviz.graph.repeats import Wiring, best_repeat, inside, replaced

KINDS = 8  # of blocks at most, those inside others apart
LEAST_OUTER = 4  # cards that a block of blocks must save
ACTIVATIONS = frozenset(
    (
        *("Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Gelu", "Mish", "Swish", "HardSwish", "Softplus"),
        *("Sigmoid", "HardSigmoid", "Tanh", "Clip"),
    )
)
BlockKind = Literal["recurrent", "attention", "residual", "stage", "branching", "normalization", "plain"]
Places = list[range]  # of the occurrences of one block in the order that was searched


@dataclass(frozen=True)
class Block:
    """Nodes of one occurrence of what repeats, in graph order: the `nth` of `count` of one `family`."""

    members: tuple[str, ...]
    kind: BlockKind
    family: int
    nth: int
    count: int


def repeated_blocks(graph: Graph) -> list[Block]:
    """All occurrences of what repeats, outer blocks before those inside them; the same graph gives the same.

    Looked for in the order of the file, and with each operator right before its first reader: a file may be in any
    order in which branches mingle.
    """
    written, walked = list(graph.nodes), _walked(graph)
    found, other = _Search(graph, written).run(), _Search(graph, walked).run()
    if _cards(other, len(walked)) < _cards(found, len(written)):
        written, found = walked, other
    place = {n.name: i for i, n in enumerate(graph.nodes)}
    blocks: list[Block] = []
    for family, places in enumerate(found):
        kind = _kind(graph, written[places[0].start : places[0].stop])
        for nth, part in enumerate(places, start=1):
            members = sorted((written[i].name for i in part), key=place.__getitem__)
            blocks.append(Block(tuple(members), kind, family, nth, len(places)))
    blocks.sort(key=lambda b: -len(b.members))
    firsts = {b.family: b for b in reversed(blocks)}.values()  # all of a family hold the same
    stages = {b.family for b in firsts if _is_stage(b, blocks)}
    return [replace(b, kind="stage") if b.family in stages else b for b in blocks]


def _is_stage(block: Block, blocks: Sequence[Block]) -> bool:
    """Residual blocks one after another, themselves repeated."""
    if block.kind != "residual":
        return False
    own = set(block.members)
    return any(b.kind == "residual" and own > set(b.members) for b in blocks)


class _Search:
    """Greedy: the best repeat is drawn as one, and the search goes on in what is then seen."""

    def __init__(self, graph: Graph, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._raw = self._wiring = _wiring(graph, nodes)
        self._places = [range(i, i + 1) for i in range(len(nodes))]  # nodes of each operator of the sequence
        self._depth: dict[int, int] = {}  # kind of a block -> levels in it
        self._next = int(self._raw.kinds.max(initial=0)) + 1
        self._found: list[Places] = []

    def run(self) -> list[Places]:
        while len(self._found) < KINDS and self._step():
            pass
        outer = [p for p in self._found if not any(_holds(p[0], q) for other in self._found for q in other)]
        return self._found + [inner for places in outer if (inner := self._inner(places))]

    def _step(self) -> bool:
        """Draw the next repeat as one; False where there is none that a person would call a block."""
        repeat = best_repeat(self._seen())
        if repeat is None:
            return False
        kinds = self._wiring.kinds[repeat.at[0] : repeat.at[0] + repeat.length].tolist()
        depth = 1 + max(self._depth.get(k, 0) for k in kinds)
        if depth > 1 and (repeat.saving < LEAST_OUTER or len(set(kinds)) == 1):
            return False
        self._wiring, parts = replaced(self._wiring, repeat, self._next)
        self._depth[self._next] = depth
        self._next += 1
        before = self._places
        self._places = [range(before[p.start].start, before[p.stop - 1].stop) for p in parts]
        places = [self._places[i] for i, p in enumerate(parts) if len(p) > 1]
        if self._monotonous(places[0]):
            return False
        self._found.append(places)
        return True

    def _seen(self) -> Wiring:
        """The sequence with each block of two levels a kind of its own: it goes into no other."""
        kinds = [
            self._next + i if self._depth.get(k, 0) > 1 else k for i, k in enumerate(self._wiring.kinds.tolist())
        ]  # fmt: skip
        return replace(self._wiring, kinds=np.array(kinds, np.intp))

    def _inner(self, places: Places) -> Places:
        first = places[0]
        repeat = best_repeat(inside(self._raw, first.start, len(first)))
        if repeat is None or self._monotonous(range(first.start + repeat.at[0], first.start + repeat.at[1])):
            return []
        return [range(p.start + a, p.start + a + repeat.length) for p in places for a in repeat.at]

    def _monotonous(self, part: range) -> bool:
        return len({self._nodes[i].op for i in part}) == 1


def _holds(outer: range, inner: range) -> bool:
    return outer.start <= inner.start and inner.stop <= outer.stop and outer != inner


def _cards(found: Sequence[Places], count: int) -> int:
    """Cards to look at until all `count` nodes are understood: all blocks drawn as one, and one of each opened."""
    hidden: set[int] = set()
    for part in (part for places in found for part in places):
        hidden.update(part[1:])
    return count - len(hidden) + sum(len(places[0]) for places in found)


def _walked(graph: Graph) -> list[Node]:
    """The nodes in another topological order: each as late as its readers allow, branches one after another."""
    read = {n.name: [p for p in _makers(graph, n) if p is not None] for n in graph.nodes}
    ends = [n.name for n in graph.nodes if any(graph.tensors[o].is_output for o in n.outputs if o in graph.tensors)]
    order: dict[str, None] = {}
    entered: set[str] = set()
    stack = [(name, False) for name in reversed([*ends, *read])]
    while stack:
        name, left = stack.pop()
        if left:
            order[name] = None
        elif name not in entered:
            entered.add(name)
            stack += [(name, True), *((p, False) for p in reversed(read[name]) if p not in entered)]
    return [graph.node_by_name[name] for name in order]


def _wiring(graph: Graph, nodes: Sequence[Node]) -> Wiring:
    place: Mapping[str | None, int] = {n.name: i for i, n in enumerate(nodes)}
    alike: dict[object, int] = {}
    kinds: list[int] = []
    starts, sources = [0], list[int]()
    last, glued = [-1] * len(nodes), list[bool]()
    for at, node in enumerate(nodes):
        read = [place.get(p, -1) for p in _makers(graph, node)]
        kinds.append(alike.setdefault(_likeness(graph, node, len(read)), len(alike)))
        sources += read
        starts.append(len(sources))
        for s in (s for s in read if s >= 0):
            last[s] = at
        glued.append(node.op in ACTIVATIONS and at > 0 and read[:1] == [at - 1])
    for at, node in enumerate(nodes):
        if any(graph.tensors[o].is_output for o in node.outputs if o in graph.tensors):
            last[at] = len(nodes)
    ints = [np.array(a, np.intp) for a in (kinds, starts, sources, last)]
    return Wiring(ints[0], ints[1], ints[2], ints[3], np.array(glued, bool))


def _makers(graph: Graph, node: Node) -> Iterator[str | None]:
    """The nodes whose outputs a node reads, None for an input of the graph; constants left out."""
    for name in node.inputs:
        tensor = graph.tensors.get(name)
        if tensor is not None and tensor.kind != "constant":
            yield tensor.producer


def _likeness(graph: Graph, node: Node, sources: int) -> object:
    """What two nodes have in common that stand at the same place of a block; sizes may differ."""
    read = [graph.tensors.get(i) for i in node.inputs]
    ranks = tuple(len(t.shape or ()) for t in read if t is not None and t.kind == "constant" and t.is_float)
    return node.op, node.domain, sources, ranks, node.attributes.get("group", "1") == "1"


def _kind(graph: Graph, nodes: Sequence[Node]) -> BlockKind:
    """What a person would call it."""
    ops = Counter(n.op for n in nodes)
    if ops.keys() & {"GRU", "LSTM", "RNN"}:
        return "recurrent"
    if ops["Softmax"] and ops["MatMul"] + ops["Einsum"] > 1:
        return "attention"
    if ops["ReduceMean"] and ops["Sqrt"] and ops["Div"] and not ops.keys() & {"Conv", "Gemm", "MatMul"}:
        return "normalization"
    if _adds_what_it_reads(graph, nodes):
        return "residual"
    return "branching" if ops["Concat"] and ops["Conv"] else "plain"


def _adds_what_it_reads(graph: Graph, nodes: Sequence[Node]) -> bool:
    """It ends with the sum of what two branches make of one tensor."""
    end = next((n for n in reversed(nodes) if n.op not in ACTIVATIONS), nodes[-1])
    made = {o for n in nodes for o in n.outputs}
    read = [i for n in nodes for i in n.inputs if i not in made and i in graph.tensors]
    twice = any(count > 1 for count in Counter(i for i in read if graph.tensors[i].kind != "constant").values())
    return end.op == "Add" and twice and len(list(_makers(graph, end))) > 1
