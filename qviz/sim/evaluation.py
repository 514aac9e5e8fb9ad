"""Simulating one set of samples, stage by stage, with answers that lean on the last complete one."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor as Pool
from concurrent.futures import Future
from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from qviz.data.dataset import DataSet
from qviz.errors import Cancelled
from qviz.graph.graph import Graph
from qviz.sim.applied import Applied
from qviz.sim.batches import PROBE_SAMPLES, MicroBatch, by_sample, split, stage_ends
from qviz.sim.executor import Arrays, Executor
from qviz.sim.inspect_answers import gathered, with_answers
from qviz.sim.memo import Memo
from qviz.sim.metrics import SampleMetric, choose_metrics
from qviz.sim.probe import Probe
from qviz.sim.program import Program
from qviz.sim.reference import Reference
from qviz.sim.requests import LoadData
from qviz.sim.result import Result, TensorError
from qviz.sim.summary import Anchors, Stats, join, summarise

FIRST_STAGE_SECONDS = 0.1
FIRST_STAGE_SAMPLES = 16
BETWEEN_ANSWERS_SECONDS = 0.03  # the first and the complete answer apart: nobody reads faster, and each takes time
TOO_SLOW_SECONDS = 0.3  # for that many samples: then accuracy follows on release only


class Evaluation:
    """The evaluation samples in their fixed order, the float model's statistics, and the anchors of estimates."""

    def __init__(
        self,
        graph: Graph,
        data: DataSet,
        order: NDArray[np.int64],
        size: int,
        reference: Reference,
        memo: Memo,
        request: LoadData,
    ) -> None:
        self._graph = graph
        self._data = data
        self._order = order
        self.size = size
        self._reference = reference
        self._memo = memo
        self._batches = split(order, size)
        self._figures = choose_metrics(graph, data.labels, request.metric, request.output)
        self._metrics = with_answers(self._figures, graph)
        self._float_stats: dict[int, Stats] = {}
        self._anchors = Anchors()
        self._baseline: Applied | None = None  # what `_anchors.baseline` is, or will be, about
        self._probe = Probe(graph, data, memo, tuple(int(i) for i in order[: min(PROBE_SAMPLES, size)]))
        self._first: int | None = None  # micro-batches of the first stage
        self._slow = False
        self.float_seconds = 0.0

    @property
    def metrics(self) -> tuple[SampleMetric, ...]:
        """What statistics are about, column by column, the headline first."""
        return self._metrics

    @property
    def data(self) -> DataSet:
        return self._data

    @property
    def total(self) -> int:
        return len(self._order)

    def run(
        self,
        executor: Executor,
        applied: Applied,
        generation: int,
        baseline: Applied | None,
        pool: Pool,
        stop: Callable[[], bool],
        outputs: bool,
    ) -> Iterator[Result]:
        """Yield an answer after the first stage, after later ones that take a while, and when complete.

        Raises Cancelled between micro-batches of all stages but the first.

        Changes are against `baseline` (None: the state that is completed first). It is simulated too, after the
        rest, where its statistics are not known yet: then the complete answer comes twice.
        """
        started, told = time.perf_counter(), -inf
        program = executor.program(applied)
        self._compare_with(baseline)
        ends = stage_ends(len(self._batches), self._first or 1)
        jobs, errors = self._begin(executor, program, pool, ends, stop, outputs)
        parts: list[Stats] = []
        kept: list[Arrays] = []
        try:
            for done, job in enumerate(jobs, 1):
                stats, values = job.result()
                parts.append(stats)
                kept.append(values)
                complete = done == len(jobs)
                if done not in ends or (not complete and time.perf_counter() - told < BETWEEN_ANSWERS_SECONDS):
                    continue
                tensors = errors.result() if complete else {}
                if complete:
                    is_baseline = baseline is None or self._same(program, executor.program(baseline))
                    self._completed(join(parts), is_baseline, time.perf_counter() - started)
                result = self._answer(parts, generation, tensors, time.perf_counter() - started)
                told = time.perf_counter()
                yield replace(result, outputs=self._in_source_order(kept) if complete and outputs else None)
        finally:
            errors.cancel()
            for job in jobs:
                job.cancel()
        if self._anchors.baseline is None and baseline is not None:
            found = self.measure(executor, baseline, self.total, pool, stop, remember=True)
            self._anchors = replace(self._anchors, baseline=found)
            yield replace(self._answer(parts, generation, tensors, result.seconds), outputs=result.outputs)

    def _begin(
        self,
        executor: Executor,
        program: Program,
        pool: Pool,
        ends: list[int],
        stop: Callable[[], bool],
        outputs: bool,
    ) -> tuple[list[Future[tuple[Stats, Arrays]]], Future[dict[str, TensorError]]]:
        """Hand everything to the workers at once, so that none waits for another at the end of a stage.

        The errors of tensors are found beside the last stage.
        """
        find_errors = self._probe.errors(executor, program)

        def work(batch: MicroBatch) -> tuple[Stats, Arrays]:
            if batch.index >= ends[0] and stop():
                raise Cancelled
            return self._stats(executor, program, batch, outputs)

        def errors_too() -> dict[str, TensorError]:
            if len(ends) > 1 and stop():
                raise Cancelled
            return find_errors()

        last = ends[-2] if len(ends) > 1 else 0
        jobs = [pool.submit(work, b) for b in self._batches[:last]]
        errors = pool.submit(errors_too)
        return jobs + [pool.submit(work, b) for b in self._batches[last:]], errors

    def measure(
        self,
        executor: Executor,
        applied: Applied,
        samples: int | None,
        pool: Pool,
        stop: Callable[[], bool],
        remember: bool,
    ) -> Stats:
        """Statistics of the micro-batches that hold the first `samples` (None: of the first stage), in order.

        Raises Cancelled between micro-batches. `remember` False: nothing but the statistics goes into the memo.
        """
        program = executor.program(applied)

        def work(batch: MicroBatch) -> Stats:
            if stop():
                raise Cancelled
            return self._stats(executor, program, batch, False, remember)[0]

        count = self._first or 1 if samples is None else -(-samples // self.size)
        return join(list(pool.map(work, self._batches[: max(1, count)])))

    def local_errors(self, executor: Executor, applied: Applied) -> dict[str, float]:
        """SQNR in dB of every quantized tensor with only its own quantizer on, on the first samples."""
        return self._probe.local_errors(executor, applied)

    def _stats(
        self,
        executor: Executor,
        program: Program,
        batch: MicroBatch,
        outputs: bool,
        remember: bool = True,
    ) -> tuple[Stats, Arrays]:
        names = [p.name for p in self._graph.outputs]
        memo_key = self._stats_key(program.keys, batch)
        stats = None if outputs else self._memo.get(memo_key)
        if stats is not None:
            return stats, {}
        started = time.perf_counter()
        feed = self._feed(batch)
        reference = self._float_outputs(batch, feed)
        values = executor.run(feed, batch.index, names, program, remember)
        known = None if outputs else self._memo.get(self._stats_key(executor.keys(program, batch.index), batch))
        if known is not None:  # other settings led to outputs that were there before
            self._memo.put(memo_key, known, sum(s.nbytes for s in known), time.perf_counter() - started)
            return known, {}
        split_values = self._rows(values, batch)
        labels = None if self._data.labels is None else self._data.labels[list(batch.samples)]
        samples = by_sample(self._graph.inputs, feed, len(batch.samples), self._graph.batch_free)
        stats = tuple(m.stats(reference, split_values, labels, samples) for m in self._metrics)
        if batch.index not in self._float_stats:
            own = tuple(m.stats(reference, reference, labels, samples) for m in self._metrics)
            self._float_stats[batch.index] = own
        self._memo.put(memo_key, stats, sum(s.nbytes for s in stats), time.perf_counter() - started)
        return stats, split_values if outputs else {}

    def _stats_key(self, keys: Mapping[str, bytes], batch: MicroBatch) -> tuple[object, ...]:
        return ("stats", *(keys.get(p.name) for p in self._graph.outputs), batch.index)

    def _feed(self, batch: MicroBatch) -> Arrays:
        feed = self._memo.get(("feed", batch.index))
        if feed is None:
            started = time.perf_counter()
            feed = self._data.feed(batch.samples)
            size = sum(a.nbytes for a in feed.values())
            self._memo.put(("feed", batch.index), feed, size, time.perf_counter() - started)
        return feed

    def _float_outputs(self, batch: MicroBatch, feed: Arrays) -> Arrays:
        outputs = self._memo.get(("float", batch.index))
        if outputs is None:
            started = time.perf_counter()
            outputs = self._rows(self._reference.run(feed), batch)
            seconds = time.perf_counter() - started
            if batch.index not in self._float_stats:
                self.float_seconds += seconds
            self._memo.put(("float", batch.index), outputs, sum(a.nbytes for a in outputs.values()), seconds)
        return outputs

    def _rows(self, outputs: Arrays, batch: MicroBatch) -> Arrays:
        return by_sample(self._graph.outputs, outputs, len(batch.samples), self._graph.batch_free)

    def _answer(
        self, parts: list[Stats], generation: int, tensors: Mapping[str, TensorError], seconds: float
    ) -> Result:
        reference = join([self._float_stats[i] for i in range(len(parts))])
        stats, total = join(parts), len(self._order)
        result = summarise(self._figures, stats, reference, self._anchors, generation, total, tensors, seconds)
        labels = self._data.labels
        told = gathered(self._metrics, stats, self._anchors, self._order, labels) if result.complete else None
        return replace(result, live=not self._slow, predictions=told)

    def _compare_with(self, baseline: Applied | None) -> None:
        if baseline is not self._baseline and baseline is not None:
            self._baseline, self._anchors = baseline, replace(self._anchors, baseline=None)

    def _same(self, a: Program, b: Program) -> bool:
        """Whether two programs yield the same outputs."""
        return all(a.keys.get(p.name) == b.keys.get(p.name) for p in self._graph.outputs)

    def _completed(self, stats: Stats, is_baseline: bool, seconds: float) -> None:
        """Remember what later answers lean on, and once how many micro-batches make a first stage."""
        if self._anchors.reference is None:
            whole = join([self._float_stats[i] for i in range(len(self._batches))])
            self._anchors = replace(self._anchors, reference=whole)
        if is_baseline and self._anchors.baseline is None:
            self._anchors = replace(self._anchors, baseline=stats)
        self._anchors = replace(self._anchors, last=stats)
        if self._first is None:
            each = seconds / len(self._batches)
            wanted = max(FIRST_STAGE_SECONDS / max(each, 1e-6), FIRST_STAGE_SAMPLES / self.size)
            self._first = int(np.clip(wanted, 1, len(self._batches)))
            self._slow = each * FIRST_STAGE_SAMPLES / self.size > TOO_SLOW_SECONDS

    def _in_source_order(self, kept: list[Arrays]) -> Arrays:
        back = np.argsort(self._order)
        joined = {n: [part[n] for part in kept] for n in kept[0]}
        same = {n: parts for n, parts in joined.items() if len({p.shape[1:] for p in parts}) == 1}
        return {n: np.concatenate(parts)[back] for n, parts in same.items()}
