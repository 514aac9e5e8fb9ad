"""Signed log-linear bins: which values share a bin, and the moments of each bin.

The order key of a float32 is its bit pattern with the sign taken out: 0 for zero, growing with the value. Dropping
`shift` low bits of its magnitude gives the bin: shift 17 leaves 64 bins an octave, 20 leaves 8, and 0 keeps each
distinct value on its own. 13 is for peaks, where much of the mass lies close together: 1,024 bins an octave.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

EXACT, PEAK, FINE, COARSE = 0, 13, 17, 20
OUTLINE, OUTLINE_ROWS = 19, 21  # 16 bins an octave, and 4 where each channel has its own
DISTINCT_LIMIT = 65_536  # up to here a histogram keeps every distinct value, and all figures are exact
FINE_CHANNELS = 64  # with more channel rows than these, 8 bins an octave instead of 64
_PEAK_SHARE, _PEAK_COUNT = 2048, 32  # a peak holds one value in so many, and at least so many
_CHANNEL_BITS = 32  # a flat key is channel * 2**32 + order key
_CHANNEL_HALF = 1 << (_CHANNEL_BITS - 1)
_MAGNITUDE = 0x7FFFFFFF

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


def order_keys(values: NDArray[np.float32]) -> Ints:
    """Keys at shift 0 of finite values: integers in the same order; the key of zero is 0."""
    bits = values.view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & _MAGNITUDE), bits)


def coarser_keys(keys: Ints, shift: int) -> Ints:
    """Keys after dropping `shift` more bits of the magnitude; zero keeps a bin of its own."""
    magnitude = np.abs(keys) - 1
    return np.where(keys == 0, 0, np.sign(keys) * ((magnitude >> shift) + 1))


def key_values(keys: Ints, shift: int) -> Doubles:
    """The edge farthest from zero of each bin; at shift 0 the value itself."""
    magnitude = np.minimum(np.abs(keys) << shift, 0x7F7FFFFF).astype(np.int32)
    return np.copysign(magnitude.view(np.float32).astype(np.float64), keys)


@dataclass(frozen=True, eq=False)
class Bins:
    """Non-empty bins in the order of (channel, value). All arrays have shape (bins,).

    `sum` and `sum_sq` are the exact first and second moments of the values that fell into a bin.
    """

    flat: Ints  # channel * 2**32 + order key, ascending
    count: Ints
    sum: Doubles
    sum_sq: Doubles
    shift: int

    @cached_property
    def channel(self) -> Ints:
        return (self.flat + _CHANNEL_HALF) >> _CHANNEL_BITS

    @cached_property
    def keys(self) -> Ints:
        return self.flat - (self.channel << _CHANNEL_BITS)

    def __len__(self) -> int:
        return len(self.flat)

    def edges(self) -> tuple[Doubles, Doubles]:
        """(low, high) of each bin; equal for zero and at shift 0."""
        keys = self.keys
        outer = key_values(keys, self.shift)
        if self.shift == EXACT:
            return outer, outer
        inner = key_values(np.sign(keys) * np.maximum(np.abs(keys) - 1, 0), self.shift)
        return np.minimum(inner, outer), np.maximum(inner, outer)

    def times(self, number: int) -> "Bins":
        """As if every value were there `number` times."""
        return Bins(self.flat, self.count * number, self.sum * number, self.sum_sq * number, self.shift)

    def coarsened(self, shift: int) -> "Bins":
        """The same data in wider bins."""
        if shift <= self.shift:
            return self
        channel = self.channel
        keys = coarser_keys(self.flat - (channel << _CHANNEL_BITS), shift - self.shift)
        return grouped((channel << _CHANNEL_BITS) + keys, self.count, self.sum, self.sum_sq, shift)

    def collapsed(self) -> "Bins":
        """All channels together as channel 0."""
        keys = self.keys
        order = np.argsort(keys, kind="stable")
        return grouped(keys[order], self.count[order], self.sum[order], self.sum_sq[order], self.shift)

    def where(self, mask: NDArray[np.bool_]) -> "Bins":
        """Some of the bins."""
        return Bins(self.flat[mask], self.count[mask], self.sum[mask], self.sum_sq[mask], self.shift)

    def of_channel(self, channel: int) -> "Bins":
        """One channel alone, as channel 0."""
        rows = self.where(self.channel == channel)
        return Bins(rows.flat - (channel << _CHANNEL_BITS), rows.count, rows.sum, rows.sum_sq, rows.shift)

    def plus(self, other: "Bins") -> "Bins":
        """Both together; the wider bins of the two decide."""
        shift = max(self.shift, other.shift)
        a, b = self.coarsened(shift), other.coarsened(shift)
        if not len(a) or not len(b):
            return a if len(a) else b
        at = np.minimum(np.searchsorted(a.flat, b.flat), len(a) - 1)
        known = a.flat[at] == b.flat
        at, count, total, total_sq = at[known], a.count.copy(), a.sum.copy(), a.sum_sq.copy()
        count[at] += b.count[known]
        total[at] += b.sum[known]
        total_sq[at] += b.sum_sq[known]
        if known.all():
            return Bins(a.flat, count, total, total_sq, shift)
        new = ~known
        flat = np.concatenate((a.flat, b.flat[new]))
        order = np.argsort(flat, kind="stable")
        return Bins(
            flat[order],
            np.concatenate((count, b.count[new]))[order],
            np.concatenate((total, b.sum[new]))[order],
            np.concatenate((total_sq, b.sum_sq[new]))[order],
            shift,
        )

    def __reduce__(self) -> tuple[object, ...]:
        """A compact form to travel in: small integers, and no moments where the values themselves are known."""
        channel = self.channel
        rows = np.bincount(channel) if len(self) and channel[-1] else None
        keys = self.keys.astype(np.int32 if self.shift < FINE else np.int16)
        count = self.count.astype(np.min_scalar_type(self.count.max(initial=0)))
        moments = (None, None) if self.shift == EXACT else (self.sum, self.sum_sq)
        return _unpacked, (rows, keys, count, *moments, self.shift)


def no_bins(shift: int) -> Bins:
    return Bins(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0), shift)


def joined(groups: Sequence[Bins]) -> Bins:
    """Bins of ascending channels together; the widest bins decide."""
    if len(groups) == 1:
        return groups[0]
    shift = max(g.shift for g in groups)
    parts = [g.coarsened(shift) for g in groups]
    flat, count = np.concatenate([p.flat for p in parts]), np.concatenate([p.count for p in parts])
    return Bins(flat, count, np.concatenate([p.sum for p in parts]), np.concatenate([p.sum_sq for p in parts]), shift)


def without_peaks(bins: Bins, threshold: int) -> tuple[Bins, Bins]:
    """(peaks, rest) of bins at shift PEAK or finer: a peak, at shift PEAK, holds at least `threshold` values."""
    narrow = bins.coarsened(PEAK)
    high = (narrow.count >= threshold) & (narrow.keys != 0)  # zero always has a bin of its own
    if not high.any():
        return no_bins(PEAK), bins
    peaks, rest = narrow.where(high), narrow.where(~high)
    return peaks, rest


def peak_threshold(values: int) -> int:
    """How many of so many values of one channel make a peak."""
    return max(_PEAK_COUNT, values // _PEAK_SHARE)


def shift_of(channels: int) -> int:
    """How many bits are dropped where there are too many distinct values to keep them all."""
    return COARSE if channels > FINE_CHANNELS else FINE


def limited(grid: Bins, channels: int, most: int = DISTINCT_LIMIT) -> tuple[Bins, Bins]:
    """(peaks, grid): every distinct value as long as these are at most `most`."""
    if grid.shift != EXACT or len(grid) <= most:
        return no_bins(PEAK), grid
    peaks, rest = without_peaks(grid, peak_threshold(int(grid.count.sum()) // channels))
    return peaks, rest.coarsened(shift_of(channels))


def has_peaks(values: NDArray[np.float32], threshold: int) -> bool:
    """Whether `threshold` values or more share a bin at shift PEAK, other than zero; `values` are sorted rows."""
    if len(values) < threshold:
        return False
    cells = values.view(np.int32) >> np.int32(PEAK)
    ends = len(values) - threshold + 1
    return bool(((cells[threshold - 1 :] == cells[:ends]) & (cells[:ends] != 0)).any())


def grouped(flat: Ints, count: Ints, total: Doubles, total_sq: Doubles, shift: int) -> Bins:
    """Bins of ascending flat keys in which a key may occur more than once."""
    if not len(flat):
        return no_bins(shift)
    starts = _run_starts(flat)
    add = np.add.reduceat
    return Bins(flat[starts], add(count, starts), add(total, starts), add(total_sq, starts), shift)


def bins_of_sorted(values: NDArray[np.float32], lengths: Ints, first_channel: int, shift: int) -> Bins:
    """Bins of consecutive rows, each ascending, finite and without -0.0; row i holds lengths[i] values."""
    if not len(values):
        return no_bins(shift)
    cells = values.view(np.int32) - np.int32(1)  # zero becomes -1, which no other value shares
    cells >>= np.int32(shift)
    begins = np.empty(len(values), bool)
    np.not_equal(cells[1:], cells[:-1], out=begins[1:])
    begins[(np.cumsum(lengths) - lengths)[lengths > 0]] = True
    starts = np.flatnonzero(begins)
    channel = first_channel + np.repeat(np.arange(len(lengths)), lengths)[starts] if len(lengths) > 1 else first_channel
    keys = coarser_keys(order_keys(values[starts]), shift)
    doubles = values.astype(np.float64)
    total = np.add.reduceat(doubles, starts)
    np.multiply(doubles, doubles, out=doubles)
    flat = (np.asarray(channel, np.int64) << _CHANNEL_BITS) + keys
    return Bins(flat, np.diff(starts, append=len(values)), total, np.add.reduceat(doubles, starts), shift)


def bins_of_rows(
    values: NDArray[np.float32], lengths: Ints, first_channel: int, shift: int, threshold: int
) -> tuple[Bins, Bins]:
    """(peaks, rest) of such rows at `shift`; a peak holds at least `threshold` values, and there is none at shift 0."""
    if shift == EXACT or not has_peaks(values, threshold):
        return no_bins(PEAK), bins_of_sorted(values, lengths, first_channel, shift)
    peaks, rest = without_peaks(bins_of_sorted(values, lengths, first_channel, PEAK), threshold)
    return peaks, rest.coarsened(shift)


def _unpacked(
    rows: Ints | None,
    keys: NDArray[np.integer],
    count: NDArray[np.unsignedinteger],
    total: Doubles | None,
    total_sq: Doubles | None,
    shift: int,
) -> Bins:
    flat, counts = keys.astype(np.int64), count.astype(np.int64)
    if total is None or total_sq is None:
        values = key_values(flat, EXACT)
        total, total_sq = values * counts, values * values * counts
    if rows is not None:
        flat = flat + (np.repeat(np.arange(len(rows)), rows) << _CHANNEL_BITS)
    return Bins(flat, counts, total, total_sq, shift)


def _run_starts(keys: Ints) -> Ints:
    return np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1))
