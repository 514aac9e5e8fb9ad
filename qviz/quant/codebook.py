"""Centroids of a codebook: k-means in one dimension, on the bins of a histogram."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qviz.quant.bins import Doubles, Ints
from qviz.quant.spread import Spread

_PIECES = 2048  # of equal mass, from which the density is known
_SHARES = 8
_ROUNDS = 300  # from this start it takes 5 to 100


def codebooks(spread: Spread, lows: ArrayLike, highs: ArrayLike, size: int, rounds: int = _ROUNDS) -> Doubles:
    """The centroids for each range [low, high] that values are first clipped to, rising, shape (ranges, size).

    Lloyd's algorithm until nothing changes, at most `rounds` steps; exact where the histogram is, else within the
    accuracy of its bins. It starts from the best density of many levels, the cube root of that of the values (Panter
    and Dite 1951), which ends within 0.5 dB of the optimum where quantiles end up to 6 dB off. Where there are no more
    values than centroids, these are the values, the last one repeated. Without values they lie evenly.
    """
    lo, hi = (np.atleast_1d(np.asarray(edge, np.float64)) for edge in (lows, highs))
    if not len(spread.count):
        return np.linspace(lo, hi, size, axis=1)
    points = _Points.of(spread)
    found = _start(points, lo, hi, size)
    before = None
    for _ in range(rounds):
        borders = np.searchsorted(points.value, (found[:, 1:] + found[:, :-1]) / 2.0)
        if before is not None and np.array_equal(borders, before):
            break
        before = borders
        found = _means(points, lo, hi, borders, found)
    return _all_values(points, lo, hi, found)


@dataclass(frozen=True, eq=False)
class _Points:
    """Values with their weights, rising, and running sums of both with a 0 in front."""

    value: Doubles
    before: Doubles
    sum_before: Doubles

    @staticmethod
    def of(spread: Spread) -> "_Points":
        """Each bin as _SHARES values evenly about its mean, else borders would come to rest between two bins."""
        shares = _SHARES if (spread.high > spread.low).any() else 1
        steps = (np.arange(shares) + 0.5) / shares - 0.5
        spots = (spread.mean[:, None] + (spread.high - spread.low)[:, None] * steps).reshape(-1)
        order = np.argsort(spots, kind="stable")
        value, count = spots[order], np.repeat(spread.count / shares, shares)[order]
        sums = (np.concatenate(([0.0], np.cumsum(part))) for part in (count, count * value))
        return _Points(value, *sums)


def _start(points: _Points, lo: Doubles, hi: Doubles, size: int) -> Doubles:
    """Pieces of equal mass get centroids by the cube root of their density times their width, width ** (2/3)."""
    share = np.linspace(0.0, points.before[-1], _PIECES + 1)
    edges = points.value[np.clip(np.searchsorted(points.before, share, side="right") - 1, 0, len(points.value) - 1)]
    clipped = np.clip(edges, lo[:, None], hi[:, None])
    wanted = np.cumsum(np.diff(clipped, axis=1) ** (2.0 / 3.0), axis=1)
    wanted = np.concatenate((np.zeros((len(lo), 1)), wanted), axis=1)
    at = (np.arange(size) + 0.5) / size
    return np.stack([np.interp(at * total[-1], total, edge) for total, edge in zip(wanted, clipped, strict=True)])


def _means(points: _Points, lo: Doubles, hi: Doubles, borders: Ints, found: Doubles) -> Doubles:
    """The mean of the clipped values of each cell; an empty cell keeps its centroid."""
    ranges = len(lo)
    ends = np.concatenate(
        (np.zeros((ranges, 1), np.int64), borders, np.full((ranges, 1), len(points.value))), axis=1
    )  # fmt: skip
    below, above = (np.searchsorted(points.value, edge)[:, None] for edge in (lo, hi))
    count, total = points.before, points.sum_before
    clipped = (
        lo[:, None] * count[np.minimum(ends, below)]
        + total[np.clip(ends, below, above)] - total[below]
        + hi[:, None] * (count[np.maximum(ends, above)] - count[above])
    )  # fmt: skip
    each = np.diff(count[ends], axis=1)
    return np.where(each > 0, np.diff(clipped, axis=1) / np.maximum(each, 1.0), found)


def _all_values(points: _Points, lo: Doubles, hi: Doubles, found: Doubles) -> Doubles:
    if len(points.value) > found.shape[1]:
        return found
    values = np.clip(points.value, lo[:, None], hi[:, None])
    more = found.shape[1] - values.shape[1]
    return np.concatenate((values, np.repeat(values[:, -1:], more, axis=1)), axis=1)
