"""What a grid does to the values behind a histogram: rounding error and clipping error, without the values.

A bin counts as values spread evenly about the bin's own mean with its own variance, cut to the bin's edges. Where
that lies in one cell of the grid, or beyond the range, the error follows exactly from the moments. Else it follows from
the antiderivative of the squared rounding error, see `cells`. Clipping is what lies beyond the outermost levels.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from qviz.quant.bins import Doubles, Ints
from qviz.quant.cells import Cells, IntegerCells, LevelCells
from qviz.quant.codebook import codebooks
from qviz.quant.encoding import Encoding, move_edge
from qviz.quant.forms import grid_from_range
from qviz.quant.grid import Grid, ScaledGrid
from qviz.quant.histogram import Histogram
from qviz.quant.spec import CodebookSpec, FloatSpec, Spec
from qviz.quant.spread import Spread

_BLOCK = 1 << 14  # candidates times bins at a time, so that they stay in the cache
_ROUNDS = 8  # of k-means for each of many ranges: within 0.1 dB of the end
_CODEBOOKS = 48
NOTHING = 1e-20  # of the signal: noise below is rounding in double precision, no float32 tells it
_TOUCH = 1e-9  # of a step: a value this little outside the range is the edge itself


@dataclass(frozen=True, eq=False)
class QuantError:
    """Sums over the values of each row of the histogram: shape (channels,) where it has rows, else (1,).

    As numbers of the whole tensor: `signal`, `rounding` and `clipping` are means of squares in the tensor's own unit
    squared; `clipped_share` is the share (0..1) of values beyond the effective range.
    """

    counts: Ints
    signals: Doubles
    roundings: Doubles
    clippings: Doubles
    clipped: Doubles

    @property
    def signal(self) -> float:
        return self._mean(self.signals)

    @property
    def rounding(self) -> float:
        return self._mean(self.roundings)

    @property
    def clipping(self) -> float:
        return self._mean(self.clippings)

    @property
    def clipped_share(self) -> float:
        return self._mean(self.clipped)

    @property
    def sqnr_db(self) -> float:
        """Signal over noise in dB; infinite where nothing is lost."""
        return float(_decibel(self.signals.sum(), self.roundings.sum() + self.clippings.sum()))

    @property
    def channel_sqnr_db(self) -> Doubles:
        """Signal over noise of each row in dB, shape (channels,)."""
        return _decibel(self.signals, self.roundings + self.clippings)

    def _mean(self, sums: Doubles) -> float:
        return float(sums.sum()) / max(int(self.counts.sum()), 1)


def quantization_error(histogram: Histogram, grid: Grid) -> QuantError:
    """Error of quantizing the histogram's values to `grid`.

    Raises ValueError where the histogram has no rows such as those of `grid`.
    """
    if grid.channels not in (1, histogram.channels):
        raise ValueError(f"{grid.channels} scales for {histogram.channels} channels")
    sums = channel_errors(histogram, grid, 0, histogram.channels)
    return QuantError(histogram.channel_total, histogram.channel_energy, *sums)


def channel_errors(histogram: Histogram, grid: Grid, first: int, last: int) -> Doubles:
    """Of the rows from `first` to before `last`, shape (3, rows): summed squared rounding error, the same of clipping,
    and how many values are clipped."""
    spread, channels = histogram.spread, last - first
    sums = np.zeros((3, channels))
    start, stop = np.searchsorted(spread.channel, (first, last))
    for i in range(start, stop, _BLOCK):
        part = spread.part(slice(i, min(i + _BLOCK, stop)))
        scale, cells = _cells(grid, part.channel if grid.channels > 1 else 0)
        unit = np.square(scale)
        errors = _errors(part, 1.0 / scale, cells)
        for out, error in zip(sums, (errors[0] * unit, errors[1] * unit, errors[2]), strict=True):
            out += np.bincount(part.channel - first, error * part.count, minlength=channels)
    return sums


def error_curve(
    histogram: Histogram, spec: Spec, low: float, high: float, edge: Literal["min", "max"], values: ArrayLike
) -> tuple[Doubles, Doubles]:
    """(rounding, clipping) mean squared errors for `edge` at each of `values`, each of shape (values,).

    The other edge stays (symmetric: follows, see `move_edge`). Per-channel: each channel's own range, capped by these.
    """
    pairs = [move_edge(low, high, spec, edge, float(v)) for v in np.atleast_1d(values)]
    lows, highs = np.array(pairs, np.float64).T[:, :, None]
    if spec.per_channel and histogram.per_channel:
        lows, highs = np.maximum(lows, histogram.channel_min), np.minimum(highs, histogram.channel_max)
    else:
        histogram = histogram.collapsed()
    rounding, clipping = candidate_errors(histogram, lows, highs, spec)
    total = max(histogram.total, 1)
    return rounding.sum(axis=1) / total, clipping.sum(axis=1) / total


def candidate_errors(histogram: Histogram, lows: Doubles, highs: Doubles, spec: Spec) -> tuple[Doubles, Doubles]:
    """(rounding, clipping) squared errors summed over each row of the histogram, for many candidate ranges at once.

    Ranges and results have shape (candidates, channels). Taken from the histogram's outline: within about 1 %.
    """
    if isinstance(spec, CodebookSpec):
        return _codebook_errors(histogram.outline, lows, highs, spec)
    if isinstance(spec, FloatSpec) and not spec.scaled:  # all candidates are one
        found = channel_errors(histogram, grid_from_range(0.0, 0.0, spec), 0, histogram.channels)
        return np.broadcast_to(found[0], lows.shape), np.broadcast_to(found[1], lows.shape)
    spread = histogram.outline
    rounding, clipping = np.zeros(lows.shape), np.zeros(lows.shape)
    if not len(spread.count):
        return rounding, clipping
    filled, starts = np.unique(spread.channel, return_index=True)
    rows = spread.channel if lows.shape[1] > 1 else slice(None)
    step = max(1, _BLOCK // len(spread.count))
    for i in range(0, len(lows), step):
        grid = grid_from_range(lows[i : i + step], highs[i : i + step], spec)
        scale, cells = _cells(grid, (slice(None), rows))
        parts = _errors(spread, 1.0 / scale, cells)
        unit = np.square(grid.scale[:, filled])
        for out, part in zip((rounding, clipping), parts[:2], strict=True):
            out[i : i + step, filled] = np.add.reduceat(part * spread.count, starts, axis=1) * unit
    return rounding, clipping


def _codebook_errors(spread: Spread, lows: Doubles, highs: Doubles, spec: CodebookSpec) -> tuple[Doubles, Doubles]:
    """Of the centroids found for each range, shape (candidates, 1); where these are many for some, straight between."""
    count = len(lows)
    some = np.unique(np.linspace(0, count - 1, min(count, _CODEBOOKS)).round().astype(np.int64))
    errors = [
        [part @ spread.count for part in _errors(spread, np.ones(1), LevelCells(np.unique(found)))[:2]]
        for found in codebooks(spread, lows[some, 0], highs[some, 0], spec.size, _ROUNDS)
    ]
    rounding, clipping = (np.interp(np.arange(count), some, part)[:, None] for part in np.transpose(errors))
    return rounding, clipping


def _cells(grid: Grid, rows: Any) -> tuple[Doubles, Cells]:
    """Scale, and cells in units of it, of the rows that an index names. Raises ValueError where rows are not scaled."""
    if isinstance(grid, Encoding):
        return grid.scale[rows], IntegerCells(grid.offset[rows], grid.steps)
    if isinstance(grid, ScaledGrid):
        return grid.scale[rows], grid.cells
    raise ValueError(f"the error of {type(grid).__name__} does not follow from a histogram")


def _errors(spread: Spread, per_scale: Doubles, cells: Cells) -> tuple[Doubles, Doubles, Doubles]:
    """Rounding and clipping error per value in squared steps, and the share that is clipped; shape (..., bins)."""
    first, last = cells.first, cells.last
    low, high = spread.low * per_scale, spread.high * per_scale
    (level_low, below_low), (level_high, below_high) = cells.nearest(low), cells.nearest(high)
    width = np.where(high > low, high - low, 1.0)
    total = below_high - below_low + (_cube(high - level_high) - _cube(low - level_low)) / 3.0
    in_one_cell = spread.variance * (per_scale * per_scale) + np.square(spread.mean * per_scale - level_low)
    total = np.where(level_low == level_high, in_one_cell, total / width)
    over_low, over_high = low - np.clip(low, first, last), high - np.clip(high, first, last)  # 0 inside the range
    if not (over_low.any() or over_high.any()):
        return total, np.zeros_like(total), np.zeros_like(total)
    outside = (high <= first) | (low >= last)
    clipping = np.where(outside, total, np.minimum((_cube(over_high) - _cube(over_low)) / (3.0 * width), total))
    far = (high < first - _TOUCH) | (low > last + _TOUCH)
    return total - clipping, clipping, np.where(outside, far, (over_high - over_low) / width)


def _cube(t: Doubles) -> Doubles:
    return t * t * t


def _decibel(signal: ArrayLike, noise: ArrayLike) -> Doubles:
    with np.errstate(divide="ignore", invalid="ignore"):
        level = 10.0 * np.log10(np.divide(signal, noise))
    return np.where(np.asarray(noise) > np.multiply(signal, NOTHING), level, np.inf)
