"""Watching whole batches of 64 samples in the calibration pass, for the calibrators that need them.

A whole batch is one micro-batch or several. AIMET's grid is fixed by the range of the first whole batch that is not
all zero; values that were not counted because their grid came later are computed once more.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.quant.batches import BINS, BatchStats, Grid, edges_of
from qviz.quant.bins import Doubles, Ints
from qviz.sim.batches import MAX_BATCH, MicroBatch

Values = Mapping[str, Sequence[NDArray[np.float32]]]  # of each quantizer, its tensors in one micro-batch
Read = Callable[[MicroBatch, Collection[str]], Values]


@dataclass(frozen=True, eq=False)
class Glimpse:
    """What one micro-batch shows of a quantizer; `counts` is None where its grid was not fixed yet."""

    low: Doubles
    high: Doubles
    size: int
    counts: Ints | None


class Watching:
    """`look` is called by workers, `take` in the order of the micro-batches by one thread."""

    def __init__(self, names: Collection[str], batches: Sequence[MicroBatch], read: Read) -> None:
        self.stats = {n: BatchStats() for n in names}
        self._read = read
        self._grids = {n: stats.grid for n, stats in self.stats.items()}
        self._wholes: dict[int, list[MicroBatch]] = {}
        self._whole_of: dict[int, int] = {}
        start = 0
        for batch in batches:
            self._whole_of[batch.index] = start // MAX_BATCH
            self._wholes.setdefault(start // MAX_BATCH, []).append(batch)
            start += len(batch.samples)
        self._taken: list[dict[str, Glimpse]] = []
        self._first_seen = threading.Event()

    def look(self, batch: MicroBatch, values: Values) -> dict[str, Glimpse]:
        """What `values` show. Waits for the first micro-batch where that is a whole one, since it fixes the grids."""
        edges = {n: _edges(tensors) for n, tensors in values.items()}
        first = self._wholes[0]
        if batch is first[0]:
            if len(first) == 1:
                self._grids = {n: grid.fix(*edges[n]) for n, grid in self._grids.items()}
            self._first_seen.set()
        elif len(first) == 1:
            self._first_seen.wait()
        grids = self._grids
        return {n: Glimpse(*edges[n], sum(t.size for t in v), _counts(grids[n], v)) for n, v in values.items()}

    def give_up(self) -> None:
        """Let those go on that wait for a micro-batch that failed."""
        self._first_seen.set()

    def take(self, batch: MicroBatch, glimpses: dict[str, Glimpse]) -> None:
        """Take in what `look` saw; once a whole batch is there, it enters the statistics."""
        self._taken.append(glimpses)
        whole = self._wholes[self._whole_of[batch.index]]
        if batch is whole[-1]:
            parts, self._taken = self._taken, []
            self._enter(whole, parts)

    def _enter(self, whole: list[MicroBatch], parts: list[dict[str, Glimpse]]) -> None:
        edges = {n: _joined([p[n] for p in parts]) for n in self.stats}
        self._grids = {n: grid.fix(*edges[n]) for n, grid in self._grids.items()}
        known = {n: [p[n].counts for p in parts] for n in self.stats}
        missed = {n for n, counts in known.items() if self._grids[n].fixed.all() and any(c is None for c in counts)}
        total = {n: np.zeros((1, BINS), np.int64) for n in self.stats}
        for batch in whole if missed else ():
            for name, values in self._read(batch, missed).items():
                total[name] += _sum(self._grids[name], values)
        for name, stats in self.stats.items():
            for counts in known[name] if name not in missed else ():
                total[name] += 0 if counts is None else counts
            stats.grid = self._grids[name]
            stats.take(*edges[name], total[name], sum(p[name].size for p in parts))


def _edges(tensors: Sequence[NDArray[np.float32]]) -> tuple[Doubles, Doubles]:
    found = [edges_of(t.reshape(1, -1)) for t in tensors]
    return np.min([low for low, _ in found], axis=0), np.max([high for _, high in found], axis=0)


def _joined(parts: Sequence[Glimpse]) -> tuple[Doubles, Doubles]:
    return np.min([p.low for p in parts], axis=0), np.max([p.high for p in parts], axis=0)


def _counts(grid: Grid, tensors: Sequence[NDArray[np.float32]]) -> Ints | None:
    return _sum(grid, tensors) if grid.fixed.all() else None


def _sum(grid: Grid, tensors: Sequence[NDArray[np.float32]]) -> Ints:
    return np.sum([grid.counts(t.reshape(1, -1)) for t in tensors], axis=0)
