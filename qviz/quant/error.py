"""What an encoding does to the values behind a histogram: rounding error and clipping error, without the values.

A bin counts as values spread evenly about the bin's own mean with its own variance, cut to the bin's edges. Where
that lies in one cell of the grid, or beyond the range, the error follows exactly from the moments. Else, in units of
the scale, the squared rounding error has the antiderivative G(t) = k/12 + r^3/3 with k = round(t), r = t - k.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from qviz.quant.bins import Doubles, Ints
from qviz.quant.encoding import Encoding, encoding_from_range, move_edge
from qviz.quant.histogram import Histogram
from qviz.quant.spec import UniformSpec
from qviz.quant.spread import Spread

_BLOCK = 1 << 14  # candidates times bins at a time, so that they stay in the cache
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


def quantization_error(histogram: Histogram, encoding: Encoding) -> QuantError:
    """Error of quantizing the histogram's values with `encoding`.

    Raises ValueError where `encoding` is per-channel and the histogram has no such rows.
    """
    if encoding.channels not in (1, histogram.channels):
        raise ValueError(f"{encoding.channels} scales for {histogram.channels} channels")
    sums = channel_errors(histogram, encoding, 0, histogram.channels)
    return QuantError(histogram.channel_total, histogram.channel_energy, *sums)


def channel_errors(histogram: Histogram, encoding: Encoding, first: int, last: int) -> Doubles:
    """Of the rows from `first` to before `last`, shape (3, rows): summed squared rounding error, the same of clipping,
    and how many values are clipped."""
    spread, channels = histogram.spread, last - first
    sums = np.zeros((3, channels))
    start, stop = np.searchsorted(spread.channel, (first, last))
    for i in range(start, stop, _BLOCK):
        part = spread.part(slice(i, min(i + _BLOCK, stop)))
        rows: Ints | int = part.channel if encoding.channels > 1 else 0
        unit = np.square(encoding.scale[rows])
        errors = _errors(part, 1.0 / encoding.scale[rows], encoding.offset[rows], encoding.steps)
        for out, error, factor in zip(sums, errors, (unit, unit, 1.0), strict=True):
            out += np.bincount(part.channel - first, error * part.count * factor, minlength=channels)
    return sums


def error_curve(
    histogram: Histogram, spec: UniformSpec, low: float, high: float, edge: Literal["min", "max"], values: ArrayLike
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


def candidate_errors(histogram: Histogram, lows: Doubles, highs: Doubles, spec: UniformSpec) -> tuple[Doubles, Doubles]:
    """(rounding, clipping) squared errors summed over each row of the histogram, for many candidate ranges at once.

    Ranges and results have shape (candidates, channels). Taken from the histogram's outline: within about 1 %.
    """
    spread = histogram.outline
    rounding, clipping = np.zeros(lows.shape), np.zeros(lows.shape)
    if not len(spread.count):
        return rounding, clipping
    filled, starts = np.unique(spread.channel, return_index=True)
    rows = spread.channel if lows.shape[1] > 1 else slice(None)
    step = max(1, _BLOCK // len(spread.count))
    for i in range(0, len(lows), step):
        encoding = encoding_from_range(lows[i : i + step], highs[i : i + step], spec)
        parts = _errors(spread, 1.0 / encoding.scale[:, rows], encoding.offset[:, rows], encoding.steps)
        unit = np.square(encoding.scale[:, filled])
        for out, part in zip((rounding, clipping), parts[:2], strict=True):
            out[i : i + step, filled] = np.add.reduceat(part * spread.count, starts, axis=1) * unit
    return rounding, clipping


def _errors(spread: Spread, per_scale: Doubles, offset: Ints, steps: int) -> tuple[Doubles, Doubles, Doubles]:
    """Rounding and clipping error per value in squared steps, and the share that is clipped; shape (..., bins)."""
    first, last = offset.astype(np.float64), (offset + steps).astype(np.float64)
    low, high = spread.low * per_scale, spread.high * per_scale
    code_low, code_high = np.clip(np.rint(low), first, last), np.clip(np.rint(high), first, last)
    width = np.where(high > low, high - low, 1.0)
    total = (_antiderivative(high, code_high) - _antiderivative(low, code_low)) / width
    in_one_cell = spread.variance * (per_scale * per_scale) + np.square(spread.mean * per_scale - code_low)
    total = np.where(code_low == code_high, in_one_cell, total)
    over_low, over_high = low - np.clip(low, first, last), high - np.clip(high, first, last)  # 0 inside the range
    if not (over_low.any() or over_high.any()):
        return total, np.zeros_like(total), np.zeros_like(total)
    outside = (high <= first) | (low >= last)
    clipping = np.where(outside, total, np.minimum((_cube(over_high) - _cube(over_low)) / (3.0 * width), total))
    far = (high < first - _TOUCH) | (low > last + _TOUCH)
    return total - clipping, clipping, np.where(outside, far, (over_high - over_low) / width)


def _antiderivative(t: Doubles, code: Doubles) -> Doubles:
    """Of the squared distance from t to its code, which is the nearest one or, beyond the range, the last one."""
    return code / 12.0 + _cube(t - code) / 3.0


def _cube(t: Doubles) -> Doubles:
    return t * t * t


def _decibel(signal: ArrayLike, noise: ArrayLike) -> Doubles:
    with np.errstate(divide="ignore", invalid="ignore"):
        level = 10.0 * np.log10(np.divide(signal, noise))
    return np.where(np.asarray(noise) > 0, level, np.inf)
