"""The histogram of a large weight with many channels, small enough for a window that holds hundreds of megabytes of it.

All values together are known as finely as in any histogram; each channel by a few bins, and its exact range and
moments. Who needs more of the channels counts the values again.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from qviz.quant.batches import BatchStats, Watched
from qviz.quant.bins import FINE_CHANNELS, OUTLINE_ROWS, Bins, Doubles, Ints, joined, no_bins
from qviz.quant.counting import is_scattered
from qviz.quant.histogram import Histogram

LARGE = 1 << 20  # values, from which on channels are thinned
MOST_BINS = 128  # a channel
LARGEST = 1e15  # magnitude up to which float32 holds the sum of the squares of a bin
_BLOCK = 1 << 17  # values counted at a time
_NEGATIVE = 1 << (31 - OUTLINE_ROWS)  # where the bins of negative values begin
_LOW = np.uint32((1 << OUTLINE_ROWS) - 1)
_KEPT = 2  # histograms whose bins stand unpacked at a time


@dataclass(frozen=True, eq=False)
class _Packed:
    """Bins in 12 bytes each; `lengths` has shape (channels,)."""

    lengths: Ints
    keys: NDArray[np.int16]
    count: NDArray[np.unsignedinteger]
    sum: NDArray[np.float32]
    sum_sq: NDArray[np.float32]
    shift: int

    @staticmethod
    def of(bins: Bins, channels: int) -> "_Packed":
        lengths = np.bincount(bins.channel, minlength=channels)
        count = bins.count.astype(np.min_scalar_type(bins.count.max(initial=0)))
        sums = bins.sum.astype(np.float32), bins.sum_sq.astype(np.float32)
        return _Packed(lengths, bins.keys.astype(np.int16), count, *sums, bins.shift)

    def bins(self) -> Bins:
        channel = np.repeat(np.arange(len(self.lengths)), self.lengths)
        flat = (channel << 32) + self.keys
        sums = self.sum.astype(np.float64), self.sum_sq.astype(np.float64)
        return Bins(flat, self.count.astype(np.int64), *sums, self.shift)


class ThinHistogram(Histogram):
    """Filled once, by `thinned`. Channels have 4 bins an octave or fewer, at most 128 each."""

    def __init__(self, axis: int, rows: Bins, low: Doubles, high: Doubles, whole: Histogram) -> None:
        self._packed = _Packed.of(rows, len(low))
        self._energy: Doubles = np.bincount(rows.channel, rows.sum_sq, minlength=len(low)).astype(np.float64)
        self._sum: Doubles = np.bincount(rows.channel, rows.sum, minlength=len(low)).astype(np.float64)
        super().__init__(axis)
        self._low, self._high, self._fine = low, high, whole
        self.full: Callable[[], Histogram] | None = None  # counts the values again, where they are; never travels
        self.weights: tuple[str, ...] = ()  # the constants that it is of
        by_channel, together = seen_once(low, high), seen_once(low.min(keepdims=True), high.max(keepdims=True))
        self.watched = Watched(by_channel, together)

    @property
    def _grid(self) -> Bins:
        return self.bins

    @_grid.setter
    def _grid(self, none: Bins) -> None:
        """There is nothing to start with: all bins are packed."""

    @property
    def bins(self) -> Bins:
        """As of any histogram; unpacked for the few that were looked at last."""
        known = self.__dict__.get("unpacked")
        if known is None:
            known = self.__dict__["unpacked"] = self._packed.bins()
            with _lock:
                _recent.append(self)
                last = _recent.popleft() if len(_recent) > _KEPT else None
            if last is not None:
                last._forget()
        return known

    def collapsed(self) -> Histogram:
        return self._fine

    def _forget(self) -> None:
        super()._forget()
        self.__dict__.pop("unpacked", None)

    def __getstate__(self) -> dict[str, object]:
        return {n: v for n, v in super().__getstate__().items() if n != "unpacked"} | {"full": None}

    @property
    def exact(self) -> bool:
        return False

    @property
    def total(self) -> int:
        return self._fine.total

    @property
    def zeros(self) -> int:
        return self._fine.zeros

    @property
    def mean_square(self) -> float:
        return self._fine.mean_square

    @property
    def channel_energy(self) -> Doubles:
        return self._energy

    @property
    def channel_sum(self) -> Doubles:
        return self._sum


_recent: deque[ThinHistogram] = deque()
_lock = Lock()


def thinned(tensors: Sequence[NDArray[np.generic]], axis: int) -> ThinHistogram | None:
    """The values of some constants with channels on `axis`; None where they are few, or their channels are.

    None too where many values are equal, or some not finite: what is special about them shows in a whole histogram.
    """
    values = [np.asarray(x) for x in tensors]
    rows = [np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1) for x in values]
    if sum(r.size for r in rows) < LARGE or len(rows[0]) <= FINE_CHANNELS:
        return None
    low = np.min([r.min(axis=1) for r in rows], axis=0).astype(np.float64)
    high = np.max([r.max(axis=1) for r in rows], axis=0).astype(np.float64)
    small = max(-low.min(), high.max()) < LARGEST  # false of NaN
    if not small or not all(is_scattered(x.astype(np.float32, copy=False).reshape(-1)) for x in values):
        return None
    whole, bins = Histogram(), no_bins(OUTLINE_ROWS)
    for x in values:
        whole.add(x)
    keys = np.unique(whole.bins.coarsened(OUTLINE_ROWS).keys)
    for part in rows:
        bins = bins.plus(_counted(part, keys))
    return ThinHistogram(axis, _few(bins), low, high, whole)


def _few(bins: Bins) -> Bins:
    while np.bincount(bins.channel).max() > MOST_BINS:
        bins = bins.coarsened(bins.shift + 1)
    return bins


def _counted(rows: NDArray[np.generic], keys: Ints) -> Bins:
    """Bins of 4 an octave of finite values, shape (channels, values), with no other than these ascending keys."""
    place = np.zeros(2 * _NEGATIVE, np.intp)
    place[np.where(keys < 0, _NEGATIVE - keys, keys)] = np.arange(len(keys))
    place[_NEGATIVE] = place[0]  # -0.0
    step = max(1, _BLOCK // rows.shape[1])
    return joined([_block(rows[i : i + step], i, place, keys) for i in range(0, len(rows), step)])


def _block(rows: NDArray[np.generic], first: int, place: NDArray[np.intp], keys: Ints) -> Bins:
    values = np.array(rows, np.float32, order="C")
    at = place[(values.view(np.uint32) + _LOW) >> OUTLINE_ROWS]
    at += (np.arange(len(rows)) * len(keys))[:, None]
    at, doubles, slots = at.reshape(-1), values.reshape(-1).astype(np.float64), len(rows) * len(keys)
    count = np.bincount(at, minlength=slots)
    total: Doubles = np.bincount(at, doubles, slots).astype(np.float64, copy=False)
    squares: Doubles = np.bincount(at, np.square(doubles, out=doubles), slots).astype(np.float64, copy=False)
    filled = np.flatnonzero(count)
    flat = ((first + filled // len(keys)) << 32) + keys[filled % len(keys)]
    return Bins(flat, count[filled], total[filled], squares[filled], OUTLINE_ROWS)


def seen_once(low: Doubles, high: Doubles) -> BatchStats:
    """What is known of a single batch by its range alone, each of shape (rows,)."""
    stats = BatchStats(len(low))
    stats.batches = 1
    stats.low = stats.low_sum = low
    stats.high = stats.high_sum = high
    return stats
