"""What is known of a tensor's values without keeping them: a signed log-linear histogram that values stream into."""

from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qviz.quant.bins import (
    COARSE,
    EXACT,
    FINE,
    OUTLINE,
    OUTLINE_ROWS,
    Bins,
    Doubles,
    Ints,
    Spread,
    bins_of_sorted,
    joined,
    no_bins,
)

DISTINCT_LIMIT = 65_536  # up to here every distinct value is kept, and all figures are exact
FINE_CHANNELS = 64  # with more channel rows than these, 8 bins an octave instead of 64
_CHUNK = 1 << 17  # elements sorted at a time
OUTLINE_LIMIT = 1024  # distinct values
_DERIVED = ("support", "spread", "outline", "_whole", "_mass")


class Histogram:
    """Counts and moments of all values added so far; memory does not depend on how many.

    Bins are 64 an octave and sign, each with exact count, sum and sum of squares; zeros have their own. While there
    are at most 65,536 distinct values, each has a bin of its own (`exact`). NaN and infinities are counted apart and
    take part in nothing else. With `axis`, the channel axis, each channel has bins and a range of its own. float32
    decides which values are distinct.
    """

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis
        self.nan = self.infinite = 0
        self._bins = no_bins(EXACT)
        self._low, self._high = np.full(1, np.inf), np.full(1, -np.inf)

    # --- filling ----------------------------------------------------------------------------------------------
    def add(self, x: NDArray[np.generic]) -> None:
        """Add all values of an array of any shape; with `axis`, its length there is the same each time."""
        x = np.asarray(x)
        if x.size == 0:
            return
        self._forget()
        if self.axis is None:
            self._add_rows(x.reshape(1, -1))
            return
        rows = np.moveaxis(x, self.axis, 0)
        if len(self._low) != len(rows):
            self._set_channels(len(rows))
        self._add_rows(rows.reshape(len(rows), -1))

    def merge(self, other: "Histogram") -> None:
        """Add all that `other` holds. Raises ValueError if one has channels where the other has not."""
        if self.per_channel != other.per_channel:
            raise ValueError("histograms with and without channels cannot be merged")
        self._forget()
        if len(self._low) != len(other._low):
            self._set_channels(len(other._low))
        self.nan += other.nan
        self.infinite += other.infinite
        self._widen(other._low, other._high, slice(None))
        self._bins = self._limited(self._bins.plus(other._bins))

    def _add_rows(self, rows: NDArray[np.generic]) -> None:
        """Rows are channels; in blocks of about _CHUNK elements."""
        length = rows.shape[1]
        step = max(1, _CHUNK // length)
        shift, groups = self._bins.shift, []
        for first in range(0, len(rows), step):
            group = no_bins(shift)
            for start in range(0, length, _CHUNK):
                block = rows[first : first + step, start : start + _CHUNK]
                group = self._limited(group.plus(self._block_bins(block, first, group.shift)))
            shift = group.shift
            groups.append(group)
        self._bins = self._limited(self._bins.plus(joined(groups)))

    def _block_bins(self, block: NDArray[np.generic], first: int, shift: int) -> Bins:
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
        return bins_of_sorted(values, lengths, first, shift)

    def _widen(self, low: ArrayLike, high: ArrayLike, channels: slice | NDArray[np.intp]) -> None:
        self._low[channels] = np.minimum(self._low[channels], low)
        self._high[channels] = np.maximum(self._high[channels], high)

    def _limited(self, bins: Bins) -> Bins:
        if bins.shift != EXACT or len(bins) <= DISTINCT_LIMIT:
            return bins
        return bins.coarsened(COARSE if self.channels > FINE_CHANNELS else FINE)

    def _set_channels(self, channels: int) -> None:
        if len(self._bins) or self.nan or self.infinite:
            raise ValueError("the number of channels changed")
        self._low, self._high = np.full(channels, np.inf), np.full(channels, -np.inf)

    def _forget(self) -> None:
        for name in _DERIVED:
            self.__dict__.pop(name, None)

    # --- reading ----------------------------------------------------------------------------------------------
    @property
    def bins(self) -> Bins:
        """The non-empty bins, in the order of (channel, value)."""
        return self._bins

    @property
    def exact(self) -> bool:
        """Whether every distinct value is known, so that errors and counts are exact."""
        return self._bins.shift == EXACT

    @property
    def per_channel(self) -> bool:
        """Whether each channel has bins of its own."""
        return self.axis is not None

    @property
    def total(self) -> int:
        """How many finite values were added."""
        return int(self._bins.count.sum())

    @property
    def zeros(self) -> int:
        """How many of them are exactly zero."""
        return int(self._bins.count[self._bins.keys == 0].sum())

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
        return float(self._bins.sum_sq.sum()) / max(self.total, 1)

    @property
    def channel_total(self) -> Ints:
        """How many finite values each channel has, shape (channels,)."""
        return np.bincount(self._bins.channel, self._bins.count, minlength=self.channels).astype(np.int64)

    @property
    def channel_energy(self) -> Doubles:
        """Sum of the squares of each channel, shape (channels,)."""
        return np.bincount(self._bins.channel, self._bins.sum_sq, minlength=self.channels).astype(np.float64)

    @cached_property
    def support(self) -> tuple[Doubles, Doubles]:
        """(low, high) between which the values of each bin lie: its edges, cut to the channel's range."""
        return self._bins.support(self.channel_min, self.channel_max)

    @cached_property
    def spread(self) -> Spread:
        """The bins as even spreads, from which errors follow."""
        return self._bins.spread(*self.support)

    @cached_property
    def outline(self) -> Spread:
        """A coarser `spread` for curves of many candidates; up to 1,024 distinct values it stays exact."""
        if self.exact and len(self._bins) <= OUTLINE_LIMIT:
            return self.spread
        coarse = self._bins.coarsened(OUTLINE_ROWS if self.per_channel else OUTLINE)
        return coarse.spread(*coarse.support(self.channel_min, self.channel_max))

    @cached_property
    def _whole(self) -> "Histogram":
        return self._like(self._bins.collapsed(), self._low.min(keepdims=True), self._high.max(keepdims=True))

    def collapsed(self) -> "Histogram":
        """All channels together, without an axis."""
        return self._whole if self.per_channel else self

    def of_channel(self, channel: int) -> "Histogram":
        """One channel alone, without an axis; without rows there is only channel 0."""
        part = slice(channel, channel + 1)
        return self._like(self._bins.of_channel(channel), self._low[part], self._high[part])

    @staticmethod
    def _like(bins: Bins, low: Doubles, high: Doubles) -> "Histogram":
        out = Histogram()
        out._bins, out._low, out._high = bins, low.copy(), high.copy()
        return out

    # --- where the values lie ---------------------------------------------------------------------------------
    @cached_property
    def _mass(self) -> tuple[Doubles, Doubles, Ints]:
        """Ascending (low, high) of all channels' bins together, and how many values lie up to the end of each."""
        whole = self.collapsed()
        return *whole.support, np.cumsum(whole.bins.count)

    def resample(self, edges: ArrayLike) -> Doubles:
        """Counts between ascending `edges`, shape (len(edges) - 1,); the last interval includes its right edge.

        A bin that spans an edge is shared in proportion.
        """
        at = np.asarray(edges, np.float64)
        below = self._below(at, "left")
        below[-1] = self._below(at[-1:], "right")[0]
        return np.diff(below)

    def _below(self, at: Doubles, side: Literal["left", "right"]) -> Doubles:
        """How many values lie below each of `at` (side "left"), or not above it ("right")."""
        low, high, cumulated = self._mass
        if not len(low):
            return np.zeros(len(at))
        i = np.searchsorted(high, at, side=side)
        before = np.concatenate(([0], cumulated)).astype(np.float64)
        last = np.minimum(i, len(low) - 1)
        width = (high - low)[last]
        inside = (i < len(low)) & (width > 0)
        part = np.divide(at - low[last], width, out=np.zeros(len(at)), where=inside)
        return before[i] + np.clip(part, 0.0, 1.0) * (before[last + 1] - before[last])

    def quantile(self, p: ArrayLike) -> Doubles:
        """Values below which the share `p` (0..1) lies, shape of `p`; 0 if empty."""
        low, high, cumulated = self._mass
        share = np.asarray(p, np.float64)
        if not len(low):
            return np.zeros(share.shape)
        wanted = np.clip(share, 0.0, 1.0) * cumulated[-1]
        i = np.minimum(np.searchsorted(cumulated, wanted), len(low) - 1)
        count = np.diff(cumulated, prepend=0)[i]
        part = np.clip(1.0 - (cumulated[i] - wanted) / count, 0.0, 1.0)
        return low[i] + part * (high[i] - low[i])

    def mass_range(self, share: float = 0.999) -> tuple[float, float]:
        """The range that holds `share` of all values, with as many left out on each side."""
        low, high = self.quantile(((1 - share) / 2, (1 + share) / 2))
        return float(low), float(high)

    # --- travelling -------------------------------------------------------------------------------------------
    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name not in _DERIVED}
