"""Bins of many values without sorting them: the upper bits of a float32 say which bin counts it.

One addition of an integer a value finds a bin's count and, from the lower bits, its sum: both are exact.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qviz.quant.bins import DISTINCT_LIMIT, EXACT, PEAK, Bins, Doubles, Ints, key_values, without_peaks

MOST = 1 << 22  # values counted at a time: their sums stay within 64 bits
_CHUNK = 1 << 15  # values whose bins fit the processor's nearer cache
_LOW = np.uint32((1 << PEAK) - 1)
_ONE = np.int64(1 << 40)  # counts stand above the sums of lower bits
_NEGATIVE = 1 << (31 - PEAK)  # where the bins of negative values begin
_PLACES = np.sort(np.random.default_rng(0).random(8192))
_ENOUGH = 2048  # of these, to judge by


def is_scattered(values: NDArray[np.float32]) -> bool:
    """Whether a flat array holds, all but certainly, more than 65,536 distinct values.

    Of n values drawn where at most 65,536 are distinct at least n^2 / 2^17 pairs are expected to be equal; here fewer
    than a quarter of that are. Zero, the least and the largest one, at which activations saturate, do not count.
    """
    if len(values) <= DISTINCT_LIMIT:
        return False
    places = (_PLACES * len(values)).astype(np.intp)
    places = places[np.diff(places, append=-1) != 0]
    drawn = np.sort(values[places])
    drawn = drawn[(drawn != 0) & (drawn != drawn[0]) & (drawn != drawn[-1])]
    equal = int((drawn[1:] == drawn[:-1]).sum())
    enough = len(drawn) >= _ENOUGH and len(drawn) * len(values) > 1.1 * DISTINCT_LIMIT * len(places)
    return enough and equal < len(drawn) ** 2 / (8 * DISTINCT_LIMIT)


def counted_bins(values: NDArray[np.float32], threshold: int) -> tuple[Bins, Bins]:
    """(peaks, rest) of at most MOST finite values, a flat array; a peak holds at least `threshold` values.

    Counts and sums are exact. The sum of squares of the rest takes values as evenly spread in each 1,024th of an
    octave: within 1e-7.
    """
    peaks, rest = without_peaks(_bins(_tally(values)), threshold)
    return replace(peaks, sum_sq=_squares(values, peaks)) if len(peaks) else peaks, rest


def _cells(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """The key at shift PEAK in the upper bits (0 for zero, the sign above), the place within the bin in the lower."""
    return np.ascontiguousarray(values).view(np.uint32) + _LOW


def _tally(values: NDArray[np.float32]) -> Ints:
    """By sign and key: count * 2^40 + the sum of the places within the bin."""
    low, high = values.min(), values.max()
    last = _cells(np.array([low if low < 0 else high], np.float32))[0] >> PEAK
    tally = np.zeros(max(int(last), _NEGATIVE if low <= 0 else 0) + 1, np.int64)  # -0.0 is the first negative
    for start in range(0, len(values), _CHUNK):
        cells = _cells(values[start : start + _CHUNK])
        bins = (cells >> PEAK).astype(np.intp)
        cells &= _LOW
        places = cells.astype(np.int64)
        places += _ONE
        np.add.at(tally, bins, places)
    if len(tally) > _NEGATIVE:
        tally[0] += tally[_NEGATIVE]
        tally[_NEGATIVE] = 0
    return tally


def _bins(tally: Ints) -> Bins:
    at = np.flatnonzero(tally != 0)  # faster than on integers
    found = tally[at]
    count, places = found >> 40, found & (_ONE - 1)
    key = np.where(at >= _NEGATIVE, _NEGATIVE - at, at)
    order = np.argsort(key, kind="stable")
    key, count, places = key[order], count[order], places[order].astype(np.float64)
    begin = key_values(np.sign(key) * np.maximum(np.abs(key) - 1, 0), PEAK)
    first = key_values(np.sign(key) * (np.maximum(np.abs(key) - 1, 0) << PEAK) + np.sign(key), EXACT)
    step = first - begin  # from one float32 to the next
    squares = places * places / count + (count - 1) * (4.0**PEAK / 12)
    total = count * first + step * places
    return Bins(key, count, total, first * (total + step * places) + step * step * squares, PEAK)


def _squares(values: NDArray[np.float32], bins: Bins) -> Doubles:
    """The sum of the squares of those that lie in each of `bins`."""
    slots = np.zeros(2 * _NEGATIVE, np.int64)
    slots[np.where(bins.keys < 0, _NEGATIVE - bins.keys, bins.keys)] = np.arange(len(bins)) + 1
    total = np.zeros(len(bins) + 1)
    for start in range(0, len(values), _CHUNK):
        part = values[start : start + _CHUNK]
        np.add.at(total, slots[_cells(part) >> PEAK], np.square(part, dtype=np.float64))
    return total[1:]
