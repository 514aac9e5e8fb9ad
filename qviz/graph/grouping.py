"""Nodes that can be drawn as one: named scopes and repeated blocks, and the graph in which they are."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from qviz.graph.graph import Graph, Node, Tensor

SMALLEST_BLOCK = 3  # nodes; a repeated block of fewer is no simpler drawn as one


@dataclass(frozen=True)
class Group:
    """Nodes drawn as one, in topological order; its name is no node's."""

    name: str
    members: tuple[str, ...]


def groups_of(graph: Graph) -> dict[str, Group]:
    """What can be collapsed, by name: the scopes that node names tell (split at / and .), else repeated blocks.

    An outer scope comes before those inside it.
    """
    found = _scopes(graph)
    return {g.name: g for g in (found or _repeated(graph))}


def collapse(graph: Graph, closed: Iterable[Group]) -> tuple[Graph, dict[str, Group]]:
    """`graph` with each of `closed` as one node named after it, and those groups that are drawn so.

    Left out: what lies inside another closed group, and groups that an edge leaves and comes back to.
    """
    order = [n.name for n in graph.nodes]
    owner = {name: name for name in order}
    shown: dict[str, Group] = {}
    for group in sorted(closed, key=lambda g: (-len(g.members), g.name)):
        if all(owner[m] == m for m in group.members):
            merged = _merged(order, group, owner, graph)
            if merged is not None:
                order, shown[group.name] = merged, group
                owner.update((m, group.name) for m in group.members)
    return (_drawn(graph, order, owner, shown), shown) if shown else (graph, {})


def _scopes(graph: Graph) -> list[Group]:
    members: dict[str, list[str]] = {}
    for node in graph.nodes:
        ends = [i for i, c in enumerate(node.name) if c in "/." and i]
        for end in ends:
            members.setdefault(node.name[:end], []).append(node.name)
    groups = [Group(s, tuple(names)) for s, names in members.items() if 1 < len(names) < len(graph.nodes)]
    names = {n.name for n in graph.nodes}
    inner_only = {  # a scope that holds nothing but one other scope says no more than that one
        a.name for a in groups for b in groups if a.members == b.members and b.name.startswith(a.name) and a != b
    }
    return [g for g in groups if g.name not in inner_only and g.name not in names]


def _repeated(graph: Graph) -> list[Group]:
    """Stretches between points that only one tensor crosses, where another stretch has the same operators."""
    stretches = [s for s in _stretches(graph) if len(s) >= SMALLEST_BLOCK]
    kinds = Counter(tuple(n.op for n in s) for s in stretches)
    return [
        Group(f"{s[0].name} … {s[-1].name}", tuple(n.name for n in s))
        for s in stretches
        if kinds[tuple(n.op for n in s)] > 1
    ]


def _stretches(graph: Graph) -> Iterator[tuple[Node, ...]]:
    last = {i: at for at, node in enumerate(graph.nodes) for i in node.inputs}
    live: set[str] = {p.name for p in graph.inputs}
    start = 0
    for at, node in enumerate(graph.nodes):
        live = {t for t in (*live, *node.outputs) if last.get(t, -1) > at}
        if len(live) == 1 and live <= set(node.outputs):
            yield graph.nodes[start : at + 1]
            start = at + 1
    yield graph.nodes[start:]


def _merged(order: list[str], group: Group, owner: Mapping[str, str], graph: Graph) -> list[str] | None:
    """The order with the group in place of its members; None where a path leaves the group and comes back."""
    inside = set(group.members)
    at = [i for i, name in enumerate(order) if name in inside]
    first, last = at[0], at[-1]
    before: list[str] = []
    after: list[str] = []
    tainted: set[str] = set()
    feeds = _feeds(graph, owner)
    for name in order[first : last + 1]:
        sources = feeds(name)
        if name in inside:
            if sources & tainted:
                return None
        elif sources & (inside | tainted):
            tainted.add(name)
            after.append(name)
        else:
            before.append(name)
    return [*order[:first], *before, group.name, *after, *order[last + 1 :]]


def _feeds(graph: Graph, owner: Mapping[str, str]) -> Callable[[str], set[str]]:
    members: dict[str, list[str]] = {}
    for node, group in owner.items():
        if node != group:
            members.setdefault(group, []).append(node)

    def feeds(name: str) -> set[str]:
        nodes = members.get(name, [name])
        tensors = (graph.tensors.get(i) for n in nodes for i in graph.node_by_name[n].inputs)
        return {owner[t.producer] for t in tensors if t is not None and t.producer is not None} - {name}

    return feeds


def _drawn(graph: Graph, order: list[str], owner: Mapping[str, str], shown: Mapping[str, Group]) -> Graph:
    nodes = tuple(_group_node(graph, shown[n]) if n in shown else graph.node_by_name[n] for n in order)
    kept = {o for n in nodes for o in n.outputs} | {i for n in nodes for i in n.inputs}
    kept |= {p.name for p in (*graph.inputs, *graph.outputs)}
    tensors = {name: _moved(t, owner) for name, t in graph.tensors.items() if name in kept}
    return replace(graph, nodes=nodes, tensors=tensors)


def _group_node(graph: Graph, group: Group) -> Node:
    inside = set(group.members)
    nodes = [graph.node_by_name[m] for m in group.members]
    made = [o for n in nodes for o in n.outputs if o]
    outputs = [
        o for o in made if graph.tensors[o].is_output or not inside.issuperset(graph.tensors[o].consumers)
    ]  # fmt: skip
    inputs = dict.fromkeys(i for n in nodes for i in n.inputs if i and i not in made)
    return Node(group.name, "", "", tuple(inputs), tuple(outputs))


def _moved(tensor: Tensor, owner: Mapping[str, str]) -> Tensor:
    producer = None if tensor.producer is None else owner[tensor.producer]
    readers = dict.fromkeys(owner[c] for c in tensor.consumers)
    return replace(tensor, producer=producer, consumers=tuple(r for r in readers if r != producer))
