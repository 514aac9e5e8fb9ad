"""What is known of a tensor's values without keeping them: a signed log-linear histogram that values stream into."""

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qviz.quant.batches import Watched
from qviz.quant.bins import (
    DISTINCT_LIMIT,
    EXACT,
    FINE,
    OUTLINE,
    OUTLINE_ROWS,
    PEAK,
    Bins,
    Doubles,
    Ints,
    bins_of_rows,
    joined,
    limited,
    no_bins,
    peak_threshold,
    shift_of,
    without_peaks,
)
from qviz.quant.counting import MOST, counted_bins, is_scattered
from qviz.quant.mass import Layer, Mass
from qviz.quant.spread import Spread, spread_of, support

_CHUNK = 1 << 17  # elements sorted at a time
OUTLINE_LIMIT = 1024  # distinct values up to which an outline is exact
PEAKS_LIMIT = 8192  # the lightest give way
_OUTLINE_SHARE = 1024
_DERIVED = ("bins", "support", "spread", "outline", "_whole", "_mass")


class Histogram:
    """Counts and moments of all values added so far; memory does not depend on how many.

    Bins are 64 an octave and sign, each with exact count and sum, and a sum of squares right to 1e-7; zeros have
    their own. Up to `distinct` different values (of float32) have a bin each (`exact`). NaN and infinities are counted
    apart, no more. With `axis`, the channel axis, each channel has bins and a range of its own.
    """

    def __init__(self, axis: int | None = None, distinct: int = DISTINCT_LIMIT) -> None:
        self.axis, self.distinct = axis, distinct
        self.weight = ""  # the constant that it is of, for those who want to look at its blocks
        self.nan = self.infinite = self.looked_at = self.left_out = 0  # the last two: of an even sample
        self.watched: Watched | None = None  # whole batches, where whoever fills this watched them
        self._grid, self._peaks = no_bins(EXACT), no_bins(PEAK)
        self._low, self._high = np.full(1, np.inf), np.full(1, -np.inf)

    def add(self, x: NDArray[np.generic]) -> None:
        """Add all values of an array of any shape; with `axis`, its length there is the same each time."""
        x = np.asarray(x)
        if x.size == 0:
            return
        self._forget()
        if self.axis is None:
            for start in range(0, x.size, MOST):
                self._add_values(x.reshape(-1)[start : start + MOST])
            return
        rows = np.moveaxis(x, self.axis, 0)
        if len(self._low) != len(rows):
            self._set_channels(len(rows))
        self._add_rows(rows.reshape(len(rows), -1))

    def merge(self, other: "Histogram", times: int = 1) -> None:
        """Add all that `other` holds, each value so many times. Raises ValueError if only one of them has channels."""
        if self.per_channel != other.per_channel:
            raise ValueError("histograms with and without channels cannot be merged")
        self._forget()
        if len(self._low) != other.channels:
            self._set_channels(other.channels)
        self.nan, self.infinite = self.nan + other.nan, self.infinite + other.infinite
        self.looked_at, self.left_out = self.looked_at + other.looked_at, self.left_out + other.left_out
        self._widen(other._low, other._high, slice(None))
        self._take(self._grid.plus(other._grid.times(times)), self._peaks.plus(other._peaks.times(times)))

    def _add_values(self, values: NDArray[np.generic]) -> None:
        """Of one channel; counted without sorting where they are many."""
        edges = np.array([values.min(), values.max()])
        x = values.astype(np.float32, copy=False)
        if len(x) <= self.distinct or not np.isfinite(edges).all() or not is_scattered(x):
            self._add_rows(values[None])
            return
        peaks, rest = counted_bins(x, peak_threshold(len(x)))
        self._widen(edges[0], edges[1], slice(None))
        self._take(self._grid.plus(rest.coarsened(FINE)), self._peaks.plus(peaks))

    def _add_rows(self, rows: NDArray[np.generic]) -> None:
        """Rows are channels; in blocks of about _CHUNK elements."""
        length = rows.shape[1]
        step = max(1, _CHUNK // length)
        shift, groups, peaks = self._grid.shift, [], []
        for first in range(0, len(rows), step):
            group = no_bins(shift)
            for start in range(0, length, _CHUNK):
                block = rows[first : first + step, start : start + _CHUNK]
                found, rest = self._block_bins(block, first, group.shift)
                more, group = limited(group.plus(rest), self.channels, self.distinct)
                peaks += [found, more]
            shift = group.shift
            groups.append(group)
        for part in peaks:
            self._peaks = self._peaks.plus(part)
        self._take(self._grid.plus(joined(groups)), self._peaks)

    def _block_bins(self, block: NDArray[np.generic], first: int, shift: int) -> tuple[Bins, Bins]:
        with np.errstate(over="ignore"):
            ordered = np.add(block, np.float32(0), dtype=np.float32, casting="unsafe")  # a copy, without -0.0
        ordered.sort(axis=1)
        values, lengths = ordered.reshape(-1), np.full(len(ordered), ordered.shape[1])
        if not (np.isfinite(ordered[:, 0]) & np.isfinite(ordered[:, -1])).all():
            finite = np.isfinite(ordered)
            values, lengths = ordered[finite], finite.sum(axis=1)
            nan = int(np.isnan(ordered).sum())
            self.nan += nan
            self.infinite += ordered.size - len(values) - nan
        filled, ends = np.flatnonzero(lengths), np.cumsum(lengths)
        self._widen(values[(ends - lengths)[filled]], values[ends[filled] - 1], first + filled)
        if shift == EXACT and np.count_nonzero(values[1:] != values[:-1]) > self.distinct:
            shift = shift_of(self.channels)  # there will be too many to keep them all
        return bins_of_rows(values, lengths, first, shift, peak_threshold(ordered.shape[1]))

    def _widen(self, low: ArrayLike, high: ArrayLike, channels: slice | NDArray[np.intp]) -> None:
        self._low[channels] = np.minimum(self._low[channels], low)
        self._high[channels] = np.maximum(self._high[channels], high)

    def _take(self, grid: Bins, peaks: Bins) -> None:
        more, self._grid = limited(grid, self.channels, self.distinct)
        self._peaks = peaks.plus(more)
        if len(self._peaks) > PEAKS_LIMIT:
            light = self._peaks.count < np.partition(self._peaks.count, -PEAKS_LIMIT)[-PEAKS_LIMIT]
            self._grid = self._grid.plus(self._peaks.where(light))
            self._peaks = self._peaks.where(~light)

    def _set_channels(self, channels: int) -> None:
        if len(self._grid) or self.nan or self.infinite:
            raise ValueError("the number of channels changed")
        self._low, self._high = np.full(channels, np.inf), np.full(channels, -np.inf)

    def _forget(self) -> None:
        for name in _DERIVED:
            self.__dict__.pop(name, None)

    # --- reading ----------------------------------------------------------------------------------------------
    @cached_property
    def bins(self) -> Bins:
        """The non-empty bins, in the order of (channel, value)."""
        return self._grid.plus(self._peaks) if len(self._peaks) else self._grid

    @property
    def exact(self) -> bool:
        """Whether every distinct value is known, so that errors and counts are exact."""
        return self._grid.shift == EXACT

    @property
    def per_channel(self) -> bool:
        """Whether each channel has bins of its own."""
        return self.axis is not None

    @property
    def total(self) -> int:
        """How many finite values were added."""
        return int(self.bins.count.sum())

    @property
    def zeros(self) -> int:
        """How many of them are exactly zero."""
        return int(self.bins.count[self.bins.keys == 0].sum())

    @property
    def channels(self) -> int:
        """Length of the channel axis, 1 without one."""
        return len(self._low)

    @property
    def min(self) -> float:
        """Smallest finite value, 0 if there is none."""
        return float(self.channel_min.min()) if self.total else 0.0

    @property
    def max(self) -> float:
        """Largest finite value, 0 if there is none."""
        return float(self.channel_max.max()) if self.total else 0.0

    @property
    def channel_min(self) -> Doubles:
        """Smallest finite value of each channel, shape (channels,); 0 where it has none."""
        return np.where(np.isfinite(self._low), self._low, 0.0)

    @property
    def channel_max(self) -> Doubles:
        """Largest finite value of each channel, shape (channels,); 0 where it has none."""
        return np.where(np.isfinite(self._high), self._high, 0.0)

    @property
    def mean_square(self) -> float:
        """Mean of the squares, 0 if empty."""
        return float(self.bins.sum_sq.sum()) / max(self.total, 1)

    @property
    def channel_total(self) -> Ints:
        """How many finite values each channel has, shape (channels,)."""
        return self._by_channel(self.bins.count).astype(np.int64)

    @property
    def channel_energy(self) -> Doubles:
        """Sum of the squares of each channel, shape (channels,)."""
        return self._by_channel(self.bins.sum_sq)

    @property
    def channel_sum(self) -> Doubles:
        """Sum of the values of each channel, shape (channels,)."""
        return self._by_channel(self.bins.sum)

    @property
    def channel_zeros(self) -> Ints:
        """How many values of each channel are exactly zero, shape (channels,)."""
        return self._by_channel(self.bins.count * (self.bins.keys == 0)).astype(np.int64)

    def channel_deviation(self, about: Doubles) -> Doubles:
        """Sum of the distances of each channel's values from `about`, shape (channels,), each bin by its mean."""
        bins = self.bins
        return self._by_channel(np.abs(bins.sum - bins.count * about[bins.channel]))

    def _by_channel(self, values: NDArray[np.generic]) -> Doubles:
        return np.bincount(self.bins.channel, values, minlength=self.channels).astype(np.float64)

    @cached_property
    def spread(self) -> Spread:
        """The bins as even spreads, from which errors follow."""
        return spread_of((self._grid, self._peaks), self.channel_min, self.channel_max)

    @cached_property
    def outline(self) -> Spread:
        """A coarser `spread` for curves of many candidates; up to 1,024 distinct values it stays exact."""
        if self.exact and len(self._grid) <= OUTLINE_LIMIT:
            return self.spread
        high = self.total // self.channels // _OUTLINE_SHARE
        peaks, rest = without_peaks(self._grid if self.exact else self._peaks, max(peak_threshold(0), high))
        coarse = (rest if self.exact else self._grid.plus(rest)).coarsened(
            OUTLINE_ROWS if self.per_channel else OUTLINE
        )
        return spread_of((coarse, peaks), self.channel_min, self.channel_max)

    @cached_property
    def _whole(self) -> "Histogram":
        parts = self._grid.collapsed(), self._peaks.collapsed()
        return self._like(*parts, self._low.min(keepdims=True), self._high.max(keepdims=True))

    def collapsed(self) -> "Histogram":
        """All channels together, without an axis."""
        return self._whole if self.per_channel else self

    def of_channel(self, channel: int) -> "Histogram":
        """One channel alone, without an axis; without rows there is only channel 0."""
        part = slice(channel, channel + 1)
        parts = self._grid.of_channel(channel), self._peaks.of_channel(channel)
        return self._like(*parts, self._low[part], self._high[part])

    @staticmethod
    def _like(grid: Bins, peaks: Bins, low: Doubles, high: Doubles) -> "Histogram":
        out = Histogram()
        out._grid, out._peaks, out._low, out._high = grid, peaks, low.copy(), high.copy()
        return out

    # --- where the values lie ---------------------------------------------------------------------------------
    @cached_property
    def _mass(self) -> Mass:
        """All channels together."""
        whole = self.collapsed()
        parts = (whole._grid, whole._peaks)
        return Mass([Layer(*support(p, whole.channel_min, whole.channel_max), p.count) for p in parts])

    def resample(self, edges: ArrayLike) -> Doubles:
        """Counts between ascending `edges`, shape (len(edges) - 1,); the last interval includes its right edge.

        A bin that spans an edge is shared in proportion.
        """
        at = np.asarray(edges, np.float64)
        below = self._mass.below(at, "left")
        below[-1] = self._mass.below(at[-1:], "right")[0]
        return np.diff(below)

    def quantile(self, p: ArrayLike) -> Doubles:
        """Values below which the share `p` (0..1) lies, shape of `p`; 0 if empty."""
        return self._mass.quantile(np.asarray(p, np.float64))

    def mass_range(self, share: float = 0.999) -> tuple[float, float]:
        """The range that holds `share` of all values, with as many left out on each side."""
        low, high = self.quantile(((1 - share) / 2, (1 + share) / 2))
        return float(low), float(high)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name not in _DERIVED}
