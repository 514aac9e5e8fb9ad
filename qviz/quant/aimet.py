"""AIMET 2.42's calibrators, exact to the float operation: they read the batches, not the histogram of all values.

Their rules were found by comparing with its shipped binary; frozen cases of it are reproduced by the tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.errors import QvizError
from qviz.quant.batches import BINS, BatchRanges, BatchStats
from qviz.quant.bins import Doubles, Ints
from qviz.quant.encoding import Encoding
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Scheme, UniformSpec

Floats = NDArray[np.float32]
F = np.float32
_SATURATION = F(3)  # how much more a clipped value counts than a rounded one
_BLOCK = 1 << 15  # candidates times rows at a time, so that they stay in the cache


@dataclass(frozen=True)
class AimetMinMax:
    """AIMET's min_max: the range over all batches; an infinity counts as 0.99 FLT_MAX."""

    def range(self, histogram: Histogram, spec: UniformSpec) -> tuple[Doubles, Doubles]:
        stats = stats_of(histogram, spec)
        return (stats.low, stats.high) if stats.batches else (np.zeros(len(stats.low)), np.zeros(len(stats.low)))


@dataclass(frozen=True)
class AimetPercentile:
    """AIMET's percentile: bins of its averaged histogram beyond `percent` are left out on each side."""

    percent: float = 99.99

    def range(self, histogram: Histogram, spec: UniformSpec) -> tuple[Doubles, Doubles]:
        stats = counted_of(histogram, spec)
        low, high = percentile_range(stats, self.percent)
        return _where_seen(stats, low, high)


@dataclass(frozen=True)
class AimetTfEnhanced:
    """AIMET's tf_enhanced: the candidate of the smallest cost, 3 * saturation MSE + quantization MSE."""

    def range(self, histogram: Histogram, spec: UniformSpec) -> tuple[Doubles, Doubles]:
        stats = counted_of(histogram, spec)
        encoding = tf_enhanced(stats, spec)
        return _where_seen(stats, encoding.min, encoding.max)


def stats_of(histogram: Histogram, spec: UniformSpec) -> BatchRanges:
    """What was watched of the batches, with a row a channel only where `spec` is per-channel.

    Raises QvizError where nobody watched them.
    """
    if histogram.watched is None:
        raise QvizError("This calibrator needs the batches themselves: calibrate on data first.")
    return histogram.watched.by_channel if spec.per_channel else histogram.watched.whole


def counted_of(histogram: Histogram, spec: UniformSpec) -> BatchStats:
    """The same with the batches' histograms; of activations they are counted when first asked for.

    Raises QvizError where nobody can.
    """
    stats = stats_of(histogram, spec)
    if isinstance(stats, BatchStats):
        return stats
    if stats.count_again is None:
        raise QvizError("The batches are not counted yet: choose the calibrator again.")
    return stats.count_again(stats.tensors)


def _where_seen(stats: BatchStats, low: Doubles, high: Doubles) -> tuple[Doubles, Doubles]:
    """Rows that were all zero, and so have no grid, keep the range 0."""
    return np.where(stats.grid.fixed, low, 0.0), np.where(stats.grid.fixed, high, 0.0)


def percentile_range(stats: BatchStats, percent: float) -> tuple[Doubles, Doubles]:
    """(low, high) of each row, shape (rows,): 100 gives the observed range, else edges of bins by their cdf."""
    low, high = stats.observed
    if percent == 100:
        return low.astype(np.float64), high.astype(np.float64)
    left, cdf = stats.grid.left_edges(), np.cumsum(stats.density, axis=1)
    width = (left[:, 1] - left[:, 0]).astype(F)
    right = np.concatenate((left[:, 1:], left[:, -1:] + width[:, None]), axis=1).astype(F)
    share = F(percent) / F(100)
    above = cdf >= F(1) - share
    below = (cdf < share) & (left < high[:, None])
    rows = np.arange(len(left))
    begin = left.astype(F)[rows, np.argmax(above, axis=1)]  # the first bin where there is none
    end = np.where(below.any(axis=1), right[rows, BINS - 1 - np.argmax(below[:, ::-1], axis=1)], right[:, -1])
    end = np.where(begin == end, end + width, end)
    return np.minimum(begin, F(0)).astype(np.float64), np.maximum(end, F(0)).astype(np.float64)


def tf_enhanced(stats: BatchStats, spec: UniformSpec) -> Encoding:
    """The best candidate of each row. What `encoding_from_range` makes of its range is the same scale and offset."""
    low, high = stats.observed
    parts = list(_symmetric(low, high, spec) if spec.symmetric else _asymmetric(low, high, spec))
    scales, offsets, valid = (np.stack(part) for part in zip(*parts, strict=True))
    cost = np.where(valid, _costs(stats, scales, offsets, spec), np.inf)
    best, rows = np.argmin(cost, axis=0), np.arange(len(low))
    return Encoding(scales[best, rows].astype(np.float64), offsets[best, rows], spec.steps)


Candidate = tuple[Floats, Ints, NDArray[np.bool_]]  # scale, offset and whether it is tried, each of shape (rows,)


def _symmetric(low: Floats, high: Floats, spec: UniformSpec) -> Iterator[Candidate]:
    """101 scales: 0.01 ... 1.01 of the largest, counted up in float32."""
    n = spec.steps
    largest = (np.maximum(np.abs(low), np.abs(high)) / (n / 2.0)).astype(F)
    offset = np.full(len(low), -n // 2 if n % 2 == 0 else -(n + 1) // 2)
    if spec.scheme is Scheme.SYMMETRIC_UNSIGNED:
        largest = np.where(low == 0, (high / float(n)).astype(F), largest)
        offset = np.where(low == 0, 0, offset)
    factor = F(0.01)
    while float(factor) <= 1.0 + 0.01:
        yield factor * largest, offset, np.ones(len(low), bool)
        factor = F(float(factor) + 0.01)


def _asymmetric(low: Floats, high: Floats, spec: UniformSpec) -> Iterator[Candidate]:
    """17 scales times 21 offsets, clipped to the observed range, and the observed pair itself."""
    n = spec.steps
    scale = ((high.astype(np.float64) - low) / n).astype(F)
    offset = _half_away(low / scale).astype(np.int64)
    first, last = scale * offset.astype(F), scale * (offset + n).astype(F)
    for sixteenths in range(1, 18):
        tried = F(sixteenths / 16) * scale
        for twentieths in range(21):
            at = int(-n + n / 20.0 * twentieths)
            begin, end = tried * F(at), tried * F(at + n)
            wider = (begin < first) & (end > last)
            begin, end = np.maximum(first, begin), np.minimum(last, end)
            clipped = ((end.astype(np.float64) - begin) / n).astype(F)
            yield (
                clipped,
                _half_away(begin / np.where(clipped > 0, clipped, F(1))).astype(np.int64),
                ~wider & (clipped > 0),
            )
    yield scale, offset, np.ones(len(low), bool)


def _half_away(x: NDArray[np.floating]) -> Doubles:
    return np.trunc(x.astype(np.float64) + np.copysign(0.5, x))


def _costs(stats: BatchStats, scales: Floats, offsets: Ints, spec: UniformSpec) -> Floats:
    """Cost of each candidate for each row, shape (candidates, rows)."""
    left, density = stats.grid.left_edges(), stats.density
    start, step = left[:, 0].astype(F), (left[:, 1] - left[:, 0]).astype(F)
    step = np.where(stats.grid.fixed, step, F(1))
    cost = np.empty(scales.shape, F)
    rows = max(1, _BLOCK // len(scales))
    for i in range(0, len(start), rows):
        part = slice(i, i + rows)
        cost[:, part] = _cost(scales[:, part], offsets[:, part], start[part], step[part], density[part], spec.bits)
    return cost


def _cost(scales: Floats, offsets: Ints, start: Floats, step: Floats, density: Doubles, bits: int) -> Floats:
    """Sums in float32, bin by bin: each term is a double, as are the densities (rows, 1536)."""
    whole = offsets.astype(F)
    low = scales * whole
    first = np.clip(np.floor((low - start) / step), 0, BINS - 1).astype(np.int64)
    last = np.clip(np.floor((low + scales * F(2**bits - 1) - start) / step), 0, BINS - 1).astype(np.int64)
    half = step / F(2)
    first_centre, last_centre = start + first.astype(F) * step + half, start + last.astype(F) * step + half
    below, above, rounding = np.zeros((3, *scales.shape), F)
    for i in np.flatnonzero(density.any(axis=0)):
        centre = start + F(i) * step + half
        under, over = i < first, i >= last
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            code = _half_away(centre / scales - whole) + offsets
            error = centre - scales * code.astype(F)
        mass = density[:, i]
        _add(below, under, centre - first_centre, mass)
        _add(above, over, centre - last_centre, mass)
        _add(rounding, ~(under | over), error, mass)
    return _SATURATION * (below + above) + rounding


def _add(total: Floats, where: NDArray[np.bool_], error: Floats, mass: Doubles) -> None:
    """total += mass * error^2 in double, rounded to float32 at once."""
    if where.any():
        with np.errstate(over="ignore", invalid="ignore"):
            term = np.square(error, dtype=np.float64) * mass
            np.copyto(total, (total + term).astype(F), where=where)
