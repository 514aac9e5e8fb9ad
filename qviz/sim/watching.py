"""Whole batches of 64 samples of the calibration data, for the calibrators that need them.

Their ranges are found in the calibration pass, AIMET's histograms of them in a second one. A whole batch is one
micro-batch or several. AIMET's grid is fixed by the range of the first whole batch that is not all zero; what was seen
before its grid was fixed is counted afterwards.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.quant.batches import BINS, BatchRanges, BatchStats, Grid, edges_of
from qviz.quant.bins import Doubles, Ints
from qviz.quant.encoding import LARGEST
from qviz.sim.batches import MicroBatch
from qviz.sim.gathering import Ends, ends_of

WHOLE_BATCH = 64  # samples
KEPT = 2  # micro-batches whose values are kept until the grid is fixed, rather than computed once more
Tensors = Sequence[NDArray[np.float32]]
Values = Mapping[str, Tensors]  # of each quantizer, its tensors in one micro-batch
Read = Callable[[MicroBatch, Collection[str]], Values]
Edges = tuple[Doubles, Doubles]  # (low, high), shape (1,)


def edges(tensors: Tensors, ends: Sequence[Ends]) -> Edges:
    """The range of all values of tensors with these `ends` together."""
    return _joined([_range(t, e) for t, e in zip(tensors, ends, strict=True)])


def _range(tensor: NDArray[np.float32], ends: Ends) -> Edges:
    if np.isfinite(ends).all() and np.abs(ends).max() <= LARGEST:
        return ends[:1].astype(np.float64), ends[1:].astype(np.float64)
    return edges_of(tensor.reshape(1, -1))


def batch_ranges(parts: Sequence[Edges], batches: Sequence[MicroBatch], tensors: tuple[str, ...]) -> BatchRanges:
    """Of the ranges of some `tensors` in each of the micro-batches."""
    ranges, left = BatchRanges(1, tensors), iter(parts)
    for whole in whole_batches(batches):
        ranges.take_range(*_joined([next(left) for _ in whole]))
    return ranges


def whole_batches(batches: Sequence[MicroBatch]) -> Iterator[list[MicroBatch]]:
    """The micro-batches that make up each whole batch: those that begin within its 64 samples."""
    start, wholes = 0, dict[int, list[MicroBatch]]()
    for batch in batches:
        wholes.setdefault(start // WHOLE_BATCH, []).append(batch)
        start += len(batch.samples)
    yield from wholes.values()


@dataclass(frozen=True, eq=False)
class Glimpse:
    """What one micro-batch shows of a quantizer: `counts`, or, where its grid was not fixed, `values` or neither."""

    low: Doubles
    high: Doubles
    size: int
    counts: Ints | None
    values: Tensors | None


class Watching:
    """`look` is called by workers, `take` in the order of the micro-batches by one thread that is none of them."""

    def __init__(self, names: Collection[str], batches: Sequence[MicroBatch], read: Read) -> None:
        self.stats = {n: BatchStats() for n in names}
        self._read = read
        self._grids = {n: stats.grid for n, stats in self.stats.items()}
        self._wholes = list(whole_batches(batches))
        self._whole_of = {batch.index: i for i, whole in enumerate(self._wholes) for batch in whole}
        self._taken: list[dict[str, Glimpse]] = []
        self._begun = threading.Event()

    def look(self, batch: MicroBatch, values: Values) -> dict[str, Glimpse]:
        """What `values` show. Waits until the first whole batch, which fixes the grids, was taken in."""
        found = {n: edges(tensors, [ends_of(t) for t in tensors]) for n, tensors in values.items()}
        first = self._whole_of[batch.index] == 0
        if not first:
            self._begun.wait()
        keep = first and len(self._wholes[0]) <= KEPT
        return {n: _glimpse(*found[n], self._grids[n], tensors, keep) for n, tensors in values.items()}

    def end(self) -> None:
        """Let those go on that wait, where nothing more is taken in."""
        self._begun.set()

    def take(self, batch: MicroBatch, glimpses: dict[str, Glimpse]) -> None:
        """Take in what `look` saw; once a whole batch is there, it enters the statistics."""
        self._taken.append(glimpses)
        whole = self._wholes[self._whole_of[batch.index]]
        if batch is whole[-1]:
            parts, self._taken = self._taken, []
            self._enter(whole, parts)
            self._begun.set()

    def _enter(self, whole: list[MicroBatch], parts: list[dict[str, Glimpse]]) -> None:
        found = {n: _joined([(p[n].low, p[n].high) for p in parts]) for n in self.stats}
        self._grids = {n: grid.fix(*found[n]) for n, grid in self._grids.items()}
        known = {n: [_counted(p[n], self._grids[n]) for p in parts] for n in self.stats}
        missed = {n for n, counts in known.items() if any(c is None for c in counts)}
        total = {n: np.zeros((1, BINS), np.int64) for n in self.stats}
        for batch in whole if missed else ():
            for name, values in self._read(batch, missed).items():
                total[name] += _sum(self._grids[name], values)
        for name, stats in self.stats.items():
            for counts in known[name] if name not in missed else ():
                total[name] += 0 if counts is None else counts
            stats.grid = self._grids[name]
            stats.take(*found[name], total[name], sum(p[name].size for p in parts))


def _glimpse(low: Doubles, high: Doubles, grid: Grid, tensors: Tensors, keep: bool) -> Glimpse:
    size, fixed = sum(t.size for t in tensors), bool(grid.fixed.all())
    return Glimpse(low, high, size, _sum(grid, tensors) if fixed else None, tensors if keep and not fixed else None)


def _counted(glimpse: Glimpse, grid: Grid) -> Ints | None:
    """Counts on the grid as it is now; None where the values must be computed once more."""
    if not grid.fixed.all():
        return np.zeros((1, BINS), np.int64)
    return glimpse.counts if glimpse.values is None else _sum(grid, glimpse.values)


def _joined(parts: Sequence[Edges]) -> Edges:
    return np.min([low for low, _ in parts], axis=0), np.max([high for _, high in parts], axis=0)


def _sum(grid: Grid, tensors: Tensors) -> Ints:
    return np.sum([grid.counts(t.reshape(1, -1)) for t in tensors], axis=0)
