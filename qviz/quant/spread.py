"""Bins as even spreads: all that the error of an encoding needs to know of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from qviz.quant.bins import EXACT, Bins, Doubles, Ints


@dataclass(frozen=True, eq=False)
class Spread:
    """Values spread evenly from `low` to `high`, with a mean and a variance of their own; all of shape (bins,).

    In the order of `channel`.
    """

    channel: Ints
    count: Ints
    mean: Doubles
    variance: Doubles
    low: Doubles
    high: Doubles

    def part(self, part: slice) -> "Spread":
        return Spread(*(getattr(self, f.name)[part] for f in fields(self)))


def support(bins: Bins, channel_min: Doubles, channel_max: Doubles) -> tuple[Doubles, Doubles]:
    """(low, high) between which the values of each bin lie: its edges, cut to the range of its channel."""
    low, high = bins.edges()
    if bins.shift == EXACT:
        return low, high
    low, high = np.maximum(low, channel_min[bins.channel]), np.minimum(high, channel_max[bins.channel])
    single = bins.count == 1
    return np.where(single, bins.sum, low), np.where(single, bins.sum, high)


def spread_of(parts: Sequence[Bins], channel_min: Doubles, channel_max: Doubles) -> Spread:
    """Even spreads about each bin's mean with its variance, cut to the bin."""
    spreads = [_spread(bins, *support(bins, channel_min, channel_max)) for bins in parts if len(bins)]
    if len(spreads) == 1:
        return spreads[0]
    joined = Spread(*(np.concatenate([np.empty(0), *(getattr(s, f.name) for s in spreads)]) for f in fields(Spread)))
    order = np.argsort(joined.channel, kind="stable")
    channel, count = joined.channel[order].astype(np.int64), joined.count[order].astype(np.int64)
    return Spread(channel, count, *(a[order] for a in (joined.mean, joined.variance, joined.low, joined.high)))


def _spread(bins: Bins, low: Doubles, high: Doubles) -> Spread:
    if bins.shift == EXACT:
        return Spread(bins.channel, bins.count, low, np.zeros(len(bins)), low, high)
    mean = bins.sum / bins.count
    variance = np.maximum(bins.sum_sq / bins.count - mean * mean, 0.0)
    half = np.sqrt(3.0 * variance)
    return Spread(bins.channel, bins.count, mean, variance, np.maximum(low, mean - half), np.minimum(high, mean + half))
