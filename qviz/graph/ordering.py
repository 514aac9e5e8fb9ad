"""Order of the vertices within each row: barycentre sweeps, keeping the order with the fewest crossings."""

from bisect import bisect_right
from collections.abc import Callable

from qviz.errors import Cancelled
from qviz.graph.layers import Layers

SWEEPS = 8


def order_rows(layers: Layers, cancelled: Callable[[], bool] = lambda: False) -> list[list[int]]:
    """Rows in the best order found. Deterministic. Raises Cancelled between sweeps."""
    rows = _first_order(layers)
    best, fewest = rows, _crossings(rows, layers)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        if cancelled():
            raise Cancelled
        rows = _sweep(rows, layers.above if sweep % 2 == 0 else layers.below, down=sweep % 2 == 0)
        count = _crossings(rows, layers)
        if count < fewest:
            best, fewest = rows, count
    return best


def _first_order(layers: Layers) -> list[list[int]]:
    """Rows as a depth-first walk from the top meets them: branches stay together."""
    seen = [False] * len(layers.rank)
    rows: list[list[int]] = [[] for _ in layers.rows]
    for start in (v for row in layers.rows for v in row):
        stack = [start]
        while stack:
            v = stack.pop()
            if not seen[v]:
                seen[v] = True
                rows[layers.rank[v]].append(v)
                stack.extend(reversed(layers.below[v]))
    return rows


def _sweep(rows: list[list[int]], neighbours: list[list[int]], down: bool) -> list[list[int]]:
    """Sort each row by the mean position of its neighbours in the row before."""
    place = [0.0] * len(neighbours)
    result = [list(row) for row in rows]
    for row in result if down else reversed(result):
        for i, v in enumerate(row):
            near = neighbours[v]
            place[v] = sum(place[u] for u in near) / len(near) if near else float(i)
        row.sort(key=place.__getitem__)
        for i, v in enumerate(row):
            place[v] = float(i)
    return result


def _crossings(rows: list[list[int]], layers: Layers) -> int:
    position = [0] * len(layers.rank)
    for row in rows:
        for i, v in enumerate(row):
            position[v] = i
    total = 0
    for row in rows:
        ends: list[int] = []
        for v in row:  # an edge crosses those to its left that end further right
            targets = sorted(position[t] for t in layers.below[v])
            for t in targets:
                total += len(ends) - bisect_right(ends, t)
            ends.extend(targets)
            ends.sort()
    return total
