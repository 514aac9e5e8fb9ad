"""Values of a calibration pass, gathered over micro-batches until they are worth a count."""

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor as Pool
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from qviz.quant.histogram import Histogram
from qviz.sim.batches import MicroBatch
from qviz.sim.limits import worker_count

SAMPLED_ABOVE = 2_000_000  # values of one quantizer in the whole pass
SAMPLE = 1 << 20  # values that are counted of those with more
ENOUGH = 1 << 20  # values of one quantizer that are counted together: tables of bins cost as much as some 100,000
MOST_WAITING = 3 << 23  # values of all quantizers together that wait to be counted
AHEAD = 2  # counts a worker that may wait to be merged
Floats = NDArray[np.float32]
Ends = NDArray[np.float32]  # the smallest and the largest value, shape (2,)


@dataclass(frozen=True, eq=False)
class Seen:
    """What is counted of one quantizer in one micro-batch, flat: `some` values `times` times, `whole` ones once."""

    some: tuple[Floats, ...]
    times: int
    whole: tuple[Floats, ...]
    left_out: int

    @property
    def size(self) -> int:
        """How many values wait to be counted."""
        return sum(v.size for v in (*self.some, *self.whole))


def ends_of(tensor: Floats) -> Ends:
    """The smallest and the largest value; NaN where there is none, or a NaN among them."""
    return np.array([tensor.min(), tensor.max()]) if tensor.size else np.full(2, np.nan, np.float32)


def look(tensors: Sequence[Floats], ends: Sequence[Ends], batch: MicroBatch, count: int) -> Seen:
    """What is counted of a quantizer's tensors, with these `ends`, in one micro-batch of `count` samples in all.

    Of more than SAMPLED_ABOVE values in the whole pass every third, fifth, ... (odd, so that no row or channel is left
    out), and the smallest and the largest of all.
    """
    values = sum(t.size for t in tensors) * count / len(batch.samples)
    step = math.ceil(values / SAMPLE) | 1 if values > SAMPLED_ABOVE else 1
    some, whole, left_out = [], [], 0
    for tensor, edges in zip(tensors, ends, strict=True):
        if step > 1 and np.isfinite(edges).all():
            some.append(tensor.reshape(-1)[batch.index % step :: step].copy())
            whole.append(edges)
            left_out += max(tensor.size - some[-1].size - 2, 0)
        else:
            whole.append(tensor.reshape(-1))
    return Seen(tuple(some), step, tuple(whole), left_out)


def counted(seen: Iterable[Seen], distinct: int) -> Histogram:
    """The histogram of what was seen, with up to `distinct` exact values."""
    parts, histogram = list(seen), Histogram(distinct=distinct)
    for times, group in groupby(parts, lambda s: s.times):
        values = [v for s in group for v in s.some]
        if values:
            sample = Histogram(distinct=distinct)
            sample.add(np.concatenate(values))
            histogram.merge(sample, times)
            histogram.looked_at += sample.total + 2 * len(values)
    histogram.add(np.concatenate([v for s in parts for v in s.whole]))
    histogram.left_out = sum(s.left_out for s in parts)
    return histogram


class Gathering:
    """Histograms of many quantizers, taken in in the order of the micro-batches and counted by workers.

    What is counted together depends on the values alone, never on threads.
    """

    def __init__(self, names: Iterable[str], distinct: int, pool: Pool) -> None:
        self._total = {name: Histogram(distinct=distinct) for name in names}
        self._distinct, self._pool = distinct, pool
        self._waiting: dict[str, list[Seen]] = {name: [] for name in self._total}
        self._sizes = dict.fromkeys(self._total, 0)
        self._jobs: deque[tuple[str, Future[Histogram]]] = deque()

    def take(self, found: Mapping[str, Seen]) -> None:
        """Take in the next micro-batch."""
        for name, seen in found.items():
            self._waiting[name].append(seen)
            self._sizes[name] += seen.size
        for name in found:
            if self._sizes[name] >= ENOUGH:
                self._count(name)
        if sum(self._sizes.values()) > MOST_WAITING:
            self._count_the_largest()

    def finish(self) -> dict[str, Histogram]:
        """The histograms of all that was taken in."""
        for name, waiting in self._waiting.items():
            if waiting:
                self._count(name)
        while self._jobs:
            self._merge_oldest()
        return self._total

    def stop(self) -> None:
        """Give up what is not counted yet."""
        for _, job in self._jobs:
            job.cancel()

    def _count_the_largest(self) -> None:
        """Until half as many values wait: a small count costs almost as much as a large one."""
        waiting = sum(self._sizes.values())
        for name in sorted(self._sizes, key=self._sizes.__getitem__, reverse=True):
            if waiting <= MOST_WAITING // 2:
                break
            waiting -= self._sizes[name]
            self._count(name)

    def _count(self, name: str) -> None:
        seen, self._waiting[name], self._sizes[name] = self._waiting[name], [], 0
        self._jobs.append((name, self._pool.submit(counted, seen, self._distinct)))
        if len(self._jobs) > AHEAD * worker_count():
            self._merge_oldest()

    def _merge_oldest(self) -> None:
        name, job = self._jobs.popleft()
        self._total[name].merge(job.result())
