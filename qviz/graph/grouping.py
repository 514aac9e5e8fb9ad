"""Nodes that can be drawn as one: named scopes and repeated blocks, and the graph in which they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

from qviz.graph.blocks import Block, repeated_blocks
from qviz.graph.graph import Graph, Node, Tensor


@dataclass(frozen=True)
class Group:
    """Nodes drawn as one, in topological order; its name is no node's. `block`: what it repeats, if it is no scope."""

    name: str
    members: tuple[str, ...]
    block: Block | None = None


def groups_of(graph: Graph) -> dict[str, Group]:
    """What can be collapsed, by name: the scopes that node names tell (split at / and .) where they hold most nodes,
    else repeated blocks.

    Outer ones come before those inside them.
    """
    found = {g.name: g for g in _scopes(graph)}
    held = {m for g in found.values() for m in g.members}
    return found if 2 * len(held) >= max(len(graph.nodes), 1) else _repeated(graph)


def collapse(graph: Graph, closed: Iterable[Group]) -> tuple[Graph, dict[str, Group]]:
    """`graph` with each of `closed` as one node named after it, and those groups that are drawn so.

    Left out: what lies inside another closed group, and groups that an edge leaves and comes back to.
    """
    outermost = sorted(closed, key=lambda g: (-len(g.members), g.name))
    while outermost:
        owner = _owners(graph, outermost)
        order, cycle = _quotient(graph, owner)
        if not cycle:
            drawn = set(order)
            shown = {g.name: g for g in outermost if g.name in drawn}
            return _drawn(graph, order, owner, shown), shown
        outermost.remove(next(g for g in outermost if g.name in cycle))
    return graph, {}


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


def _repeated(graph: Graph) -> dict[str, Group]:
    found: dict[str, Group] = {}
    for block in repeated_blocks(graph):
        name = f"{block.members[0]} … {block.members[-1]}"
        found.setdefault(name, Group(name, block.members, block))
    return found


def _owners(graph: Graph, shown: Iterable[Group]) -> dict[str, str]:
    """For each node the group in which it is drawn, or its own name; of nested groups the outermost counts."""
    owner = {n.name: n.name for n in graph.nodes}
    for group in shown:
        if all(owner[m] == m for m in group.members):
            owner.update((m, group.name) for m in group.members)
    return owner


def _quotient(graph: Graph, owner: Mapping[str, str]) -> tuple[list[str], set[str]]:
    """Nodes and groups in topological order, as near to the graph's as may be, and those caught in a cycle."""
    place = {name: i for i, name in reversed(list(enumerate(owner.values())))}
    above: dict[str, set[str]] = {name: set() for name in place}
    below: dict[str, set[str]] = {name: set() for name in place}
    for node in graph.nodes:
        here = owner[node.name]
        for tensor in (graph.tensors.get(i) for i in node.inputs):
            source = None if tensor is None or tensor.producer is None else owner[tensor.producer]
            if source is not None and source != here:
                above[here].add(source)
                below[source].add(here)
    order = _peeled(above, below, place)
    rest = place.keys() - order
    upward = {n: below[n] & rest for n in rest}
    return order, rest.difference(_peeled(upward, {n: above[n] & rest for n in rest}, place))


def _peeled(above: Mapping[str, set[str]], below: Mapping[str, set[str]], place: Mapping[str, int]) -> list[str]:
    """What can be taken one after another, each when all above it are gone."""
    left = {name: len(sources) for name, sources in above.items()}
    ready = [(place[name], name) for name, count in left.items() if not count]
    heapify(ready)
    order: list[str] = []
    while ready:
        _, name = heappop(ready)
        order.append(name)
        for reader in below[name]:
            left[reader] -= 1
            if not left[reader]:
                heappush(ready, (place[reader], reader))
    return order


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
