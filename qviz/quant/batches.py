"""What calibrators that watch whole batches know of a tensor: each batch's range, and AIMET's averaged histogram."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qviz.quant.bins import Doubles, Ints
from qviz.quant.encoding import CHUNK, LARGEST

BINS = 1536
_WHOLE_FLOATS = 1 << 23  # below, a float32 holds the number of a bin, and those beside it
Rows = NDArray[np.float32]  # shape (rows, values): one row for a whole tensor, or one for each channel


def rows_of(x: NDArray[np.generic], axis: int | None) -> Rows:
    """`x` with one row for each channel on `axis`, or as a single row."""
    values = np.asarray(x, np.float32)
    return values.reshape(1, -1) if axis is None else np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)


def edges_of(rows: Rows) -> tuple[Doubles, Doubles]:
    """(low, high) of each row, shape (rows,); a NaN does not count, an infinity is 0.99 FLT_MAX, as in AIMET."""
    low, high = np.fmin.reduce(rows, axis=1, initial=np.inf), np.fmax.reduce(rows, axis=1, initial=-np.inf)
    none = low > high  # no values, or nothing but NaN
    low, high = np.where(none, 0.0, low.astype(np.float64)), np.where(none, 0.0, high.astype(np.float64))
    return np.clip(low, -LARGEST, LARGEST), np.clip(high, -LARGEST, LARGEST)


@dataclass(frozen=True, eq=False)
class Grid:
    """AIMET's 1,536 bins, a grid for each row: bin i begins at (first + i) * width. A width of 0: not fixed yet."""

    width: Doubles
    first: Ints

    @staticmethod
    def unfixed(rows: int) -> "Grid":
        return Grid(np.zeros(rows), np.zeros(rows, np.int64))

    @property
    def fixed(self) -> NDArray[np.bool_]:
        return self.width > 0

    def fix(self, low: Doubles, high: Doubles) -> "Grid":
        """Rows without a grid get that of a batch in [low, high], unless it is all zero.

        AIMET 2.42: three times the range about its centre, in float32; the width in double.
        """
        mn, mx = low.astype(np.float32), high.astype(np.float32)
        mx = np.where(mn == mx, mn + np.float32(0.01), mx)
        three = np.float32(3)
        with np.errstate(over="ignore", invalid="ignore"):
            centre = (mx + mn) / np.float32(2)
            begin, end = centre - three * (centre - mn), centre + three * (mx - centre)
        width = (end.astype(np.float64) - begin.astype(np.float64)) / BINS
        new = ~self.fixed & ((low != 0) | (high != 0)) & np.isfinite(width) & (width > 0)
        first = np.floor(np.divide(begin, width, out=np.zeros(len(width)), where=new)).astype(np.int64)
        return Grid(np.where(new, width, self.width), np.where(new, first, self.first))

    def counts(self, rows: Rows) -> Ints:
        """How many values of each row lie in each bin, shape (rows, 1536); what lies outside is dropped."""
        per_width = (1.0 / np.where(self.fixed, self.width, 1.0)).astype(np.float32)
        found = np.zeros((len(rows), BINS), np.int64)
        for row in np.flatnonzero(self.fixed):
            for start in range(0, rows.shape[1], CHUNK):
                values = rows[row, start : start + CHUNK]
                found[row] += _counts(values, per_width[row], float(self.first[row]))
        return found

    def left_edges(self) -> Doubles:
        """Where each bin begins, shape (rows, 1536)."""
        return (self.first[:, None] + np.arange(BINS)) * self.width[:, None]


def _counts(values: NDArray[np.float32], per_width: np.float32, first: float) -> Ints:
    exact = np.float32 if abs(first) < _WHOLE_FLOATS else np.float64
    with np.errstate(over="ignore", invalid="ignore"):
        bins = np.floor(values * per_width)
        bins = np.subtract(bins, exact(first - 1), out=bins if exact is np.float32 else None)
    np.fmin(
        np.fmax(bins, exact(0), out=bins), exact(BINS + 1), out=bins
    )  # outside, and a NaN: one of the two outer ones
    return np.bincount(bins.astype(np.int64), minlength=BINS + 2)[1:-1]


class BatchRanges:
    """Ranges of all batches so far. Whoever needs their histograms too counts the batches again, where they are."""

    def __init__(self, rows: int = 1, tensors: tuple[str, ...] = ()) -> None:
        self.batches = 0
        self.low, self.high = np.full(rows, np.inf), np.full(rows, -np.inf)  # of all batches
        self.low_sum, self.high_sum = np.zeros(rows), np.zeros(rows)
        self.tensors = tensors  # whose batches they are
        self.count_again: Callable[[tuple[str, ...]], BatchStats] | None = None  # never travels

    def take_range(self, low: Doubles, high: Doubles) -> None:
        """Take in a whole batch by its range."""
        self.batches += 1
        self.low, self.high = np.minimum(self.low, low), np.maximum(self.high, high)
        self.low_sum, self.high_sum = self.low_sum + low, self.high_sum + high

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"count_again": None}


class BatchStats(BatchRanges):
    """Ranges of all batches so far, and their histograms averaged with equal weight on a grid fixed by the first.

    A batch counts for its size even where values lie outside the grid. Kept sparse: a grid is three times the range.
    """

    def __init__(self, rows: int = 1) -> None:
        super().__init__(rows)
        self.grid = Grid.unfixed(rows)
        self._averaged = np.zeros(rows, np.int64)  # batches in a row's histogram: all since its grid was fixed
        self._bins = np.empty(0, np.uint16)
        self._lengths = np.zeros(rows, np.int64)  # non-empty bins of each row
        self._mass: NDArray[Any] = np.empty(0)
        self._total = 1  # what `_mass` is divided by: it holds whole counts as long as there is one batch

    def add(self, rows: Rows) -> None:
        """Take in a whole batch, shape (rows, values)."""
        low, high = edges_of(rows)
        self.grid = self.grid.fix(low, high)
        self.take(low, high, self.grid.counts(rows), rows.shape[1])

    def take(self, low: Doubles, high: Doubles, counts: Ints, size: int) -> None:
        """Take in a whole batch of `size` values a row by its range and its `counts` on the grid."""
        self.take_range(low, high)
        if not self._averaged.any():
            self._keep(counts, max(size, 1))
        else:
            before = self._averaged[:, None]
            self._keep((self.density * before + counts / max(size, 1)) / (before + 1), 1)
        self._averaged = self._averaged + self.grid.fixed
        self.__dict__.pop("observed", None)

    def _keep(self, mass: NDArray[Any], total: int) -> None:
        filled = mass > 0
        self._bins = np.nonzero(filled)[1].astype(np.uint16)
        self._lengths = filled.sum(axis=1)
        kept = mass[filled]
        self._mass = kept if kept.dtype == np.float64 else kept.astype(np.min_scalar_type(kept.max(initial=0)))
        self._total = total

    @property
    def density(self) -> Doubles:
        """Share of the values in each bin, shape (rows, 1536)."""
        dense = np.zeros((len(self._lengths), BINS))
        dense[np.repeat(np.arange(len(dense)), self._lengths), self._bins] = self._mass / np.float64(self._total)
        return dense

    @cached_property
    def observed(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """AIMET's observed range: left edges of the outermost filled bins, with zero, at least 0.01 wide."""
        filled, left = self.density > 0, self.grid.left_edges()
        rows = np.arange(len(left))
        low = left[rows, np.argmax(filled, axis=1)].astype(np.float32)
        high = left[rows, BINS - 1 - np.argmax(filled[:, ::-1], axis=1)].astype(np.float32)
        low, high = np.minimum(low, np.float32(0)), np.maximum(high, np.float32(0))
        return low, np.maximum(high, low + np.float32(0.01))


@dataclass(frozen=True, eq=False)
class Watched:
    """The batches of one quantizer, by channel and as a whole; the same object where it has no channels."""

    by_channel: BatchRanges
    whole: BatchRanges


def watch(tensors: Sequence[NDArray[np.generic]], axis: int | None = None) -> Watched:
    """All values of some constants as a single batch; with `axis`, each channel on its own too."""
    whole = BatchStats()
    whole.add(np.concatenate([rows_of(x, None) for x in tensors], axis=1))
    if axis is None:
        return Watched(whole, whole)
    rows = np.concatenate([rows_of(x, axis) for x in tensors], axis=1)
    by_channel = BatchStats(len(rows))
    by_channel.add(rows)
    return Watched(by_channel, whole)
