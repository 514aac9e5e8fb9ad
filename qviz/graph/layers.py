"""Layers of a layout: which row each vertex is in, and chains of dummies for edges that cross rows.

Vertices are numbers; those that stand for nodes come first, dummies after them. Edges go down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Layers:
    """Rows of vertices from top to bottom, links between neighbouring rows, and the way of every long edge."""

    rows: list[list[int]]
    rank: list[int]  # of every vertex, dummies included
    above: list[list[int]]  # linked vertices one row up
    below: list[list[int]]  # linked vertices one row down
    chains: dict[int, list[int]]  # source -> its dummies, one a row, shared by all its edges

    def way(self, source: int, target: int) -> list[int]:
        """Dummies that the edge from `source` to `target` passes."""
        return self.chains.get(source, [])[: self.rank[target] - self.rank[source] - 1]


def make_layers(count: int, edges: Pairs) -> Layers:
    """Layers of `count` vertices given in topological order, with `edges` (source, target) between them."""
    rank = _ranks(count, edges)
    reach = list(rank)
    for source, target in edges:
        reach[source] = max(reach[source], rank[target])
    chains: dict[int, list[int]] = {}
    for vertex in range(count):
        for row in range(rank[vertex] + 1, reach[vertex]):
            chains.setdefault(vertex, []).append(len(rank))
            rank.append(row)
    above, below = _links(edges, rank, chains)
    rows: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for vertex, row in enumerate(rank):
        rows[row].append(vertex)
    return Layers(rows, rank, above, below, chains)


def _ranks(count: int, edges: Pairs) -> list[int]:
    """Longest-path ranks, then each vertex with more edges down than up pulled down to its readers."""
    inward: list[list[int]] = [[] for _ in range(count)]
    outward: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        inward[target].append(source)
        outward[source].append(target)
    rank = [0] * count
    for v in range(count):
        rank[v] = max((rank[u] + 1 for u in inward[v]), default=0)
    for v in reversed(range(count)):
        if len(outward[v]) > len(inward[v]):
            rank[v] = min(rank[t] for t in outward[v]) - 1
    return rank


def _links(edges: Pairs, rank: list[int], chains: dict[int, list[int]]) -> tuple[list[list[int]], list[list[int]]]:
    links: dict[tuple[int, int], None] = {}
    for source, target in edges:
        way = [source, *chains.get(source, [])[: rank[target] - rank[source] - 1], target]
        links.update(((u, v), None) for u, v in pairwise(way))
    above: list[list[int]] = [[] for _ in rank]
    below: list[list[int]] = [[] for _ in rank]
    for u, v in links:
        above[v].append(u)
        below[u].append(v)
    return above, below
