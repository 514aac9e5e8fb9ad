"""Where the vertices of ordered rows stand: near the mean of their neighbours, in order, without overlap.

Each row is solved exactly: the positions closest to the wished ones (least squares) that keep the given distances are
an isotonic regression, found by pooling adjacent violators. The spine, a longest chain from top to bottom, is one
straight column, beside which everything else finds its place.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf

from qviz.errors import Cancelled
from qviz.graph.layers import Layers

ROUNDS = 10
DUMMY_WEIGHT = 4.0  # long edges are kept straight at the cost of nodes
SPINE_WEIGHT = 1e9  # nothing moves the spine


def place_rows(
    rows: Sequence[Sequence[int]],
    layers: Layers,
    widths: Sequence[float],
    gap: float,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[float]:
    """x of every vertex's centre; within a row, neighbours are `gap` apart. `widths` of all vertices, dummies too.

    Raises Cancelled between rounds.
    """
    x = [0.0] * len(widths)
    first_dummy = min((c[0] for c in layers.chains.values()), default=len(widths))
    weight = [DUMMY_WEIGHT if v >= first_dummy else 1.0 for v in range(len(widths))]
    spine = _spine(rows, layers, first_dummy)
    for v in spine:
        weight[v] = SPINE_WEIGHT
    steps = [_steps(row, widths, gap) for row in rows]
    for row, step in zip(rows, steps, strict=True):
        middle = next((s for v, s in zip(row, step, strict=True) if v in spine), step[-1] / 2)
        for v, s in zip(row, step, strict=True):
            x[v] = s - middle
    for turn in range(ROUNDS):
        if cancelled():
            raise Cancelled
        near = layers.above if turn % 2 == 0 else layers.below
        if turn >= ROUNDS - 2:
            near = [a + b for a, b in zip(layers.above, layers.below, strict=True)]
        order = range(len(rows)) if turn % 2 == 0 else reversed(range(len(rows)))
        for i in order:
            wished = [
                0.0 if v in spine else sum(x[u] for u in near[v]) / len(near[v]) if near[v] else x[v] for v in rows[i]
            ]
            for v, at in zip(rows[i], _closest(wished, steps[i], [weight[v] for v in rows[i]]), strict=True):
                x[v] = at
    _straighten(rows, layers, widths, gap, x, spine)
    return x


def _straighten(
    rows: Sequence[Sequence[int]],
    layers: Layers,
    widths: Sequence[float],
    gap: float,
    x: list[float],
    spine: frozenset[int],
) -> None:
    """Move the dummies of each long edge into as few vertical runs as the room beside them allows."""
    left, right = [-1] * len(x), [-1] * len(x)
    for row in rows:
        for u, v in pairwise(row):
            right[u], left[v] = v, u

    def room(v: int) -> tuple[float, float]:
        low = x[left[v]] + (widths[left[v]] + widths[v]) / 2 + gap if left[v] >= 0 else -inf
        high = x[right[v]] - (widths[right[v]] + widths[v]) / 2 - gap if right[v] >= 0 else inf
        return low, high

    for chain in layers.chains.values():
        run: list[int] = []
        low, high = -inf, inf
        for v in (*(v for v in chain if v not in spine), -1):
            least, most = room(v) if v >= 0 else (inf, -inf)
            if run and max(low, least) > min(high, most):
                at = min(max(sum(x[u] for u in run) / len(run), low), high)
                for u in run:
                    x[u] = at
                run, low, high = [], -inf, inf
            run, low, high = [*run, v], max(low, least), min(high, most)


def _spine(rows: Sequence[Sequence[int]], layers: Layers, first_dummy: int) -> frozenset[int]:
    """The chain of linked vertices, one a row, that passes most nodes; the first of several."""
    length, before = [0] * len(layers.rank), [-1] * len(layers.rank)
    for v in (v for row in rows for v in row):
        best = max(layers.above[v], key=lambda u: length[u], default=-1)
        length[v], before[v] = (length[best] if best >= 0 else 0) + (v < first_dummy), best
    at = max(range(len(length)), key=lambda v: length[v], default=-1)
    chain = []
    while at >= 0:
        chain.append(at)
        at = before[at]
    return frozenset(chain)


def _steps(row: Sequence[int], widths: Sequence[float], gap: float) -> list[float]:
    """Distance of each vertex from the first of its row where all stand as close as they may."""
    steps, at = [], 0.0
    for i, v in enumerate(row):
        at += (widths[row[i - 1]] + widths[v]) / 2 + gap if i else 0.0
        steps.append(at)
    return steps


def _closest(wished: Sequence[float], steps: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Positions closest to `wished` whose differences are at least those of `steps`."""
    pools: list[tuple[float, float, int]] = []  # (mean, weight, count)
    for at, step, weight in zip(wished, steps, weights, strict=True):
        mean, total, count = at - step, weight, 1
        while pools and pools[-1][0] >= mean:
            other, heavier, more = pools.pop()
            mean = (mean * total + other * heavier) / (total + heavier)
            total, count = total + heavier, count + more
        pools.append((mean, total, count))
    flat = [mean for mean, _, count in pools for _ in range(count)]
    return [f + s for f, s in zip(flat, steps, strict=True)]
