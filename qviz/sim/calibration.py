"""One pass over the calibration samples: a histogram for every quantizer. Memory does not grow with the samples."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor as Pool
from concurrent.futures import Future
from typing import TypeVar

import numpy as np

from qviz.data.dataset import DataSet
from qviz.encodings import Encodings
from qviz.graph.graph import Graph, QuantizerKind
from qviz.graph.model import Model
from qviz.quant.batches import Watched
from qviz.quant.bins import DISTINCT_LIMIT
from qviz.quant.histogram import Histogram
from qviz.sim.applied import NOTHING
from qviz.sim.batches import MicroBatch, batch_size
from qviz.sim.events import Calibrated
from qviz.sim.executor import Arrays, Executor
from qviz.sim.gathering import Gathering, Seen, ends_of, look
from qviz.sim.limits import worker_count
from qviz.sim.watching import Edges, Read, Values, batch_ranges, edges
from qviz.sim.weights import weight_histogram

DISTINCT_TOGETHER, DISTINCT_LEAST = 1 << 23, 2048  # different values kept by all histograms together, and by each
PART = 150  # histograms told at once
AHEAD = 2  # micro-batches a worker whose values may wait to be taken in
Constants = tuple[tuple[str, ...], int | None]  # by name, and the axis of their channels
Found = TypeVar("Found")
Observed = tuple[dict[str, Seen], dict[str, Edges]]  # by quantizer, in one micro-batch
Tell = Callable[[int, int], None]  # done, total; raises Cancelled where the work is to stop


def param_histograms(model: Model, encodings: Encodings, known: dict[Constants, Histogram]) -> dict[str, Histogram]:
    """Histograms of all quantized constants, with rows for channels where the quantizer has an axis.

    Constants of `known` ones are not counted again; those that are counted are put there.
    """
    result = {}
    for name, quantizer in model.graph.quantizers.items():
        if quantizer.constant:
            names = tuple(encodings.groups.get(name, quantizer.tensors))
            if (names, quantizer.axis) not in known:
                known[names, quantizer.axis] = weight_histogram(model.constants, names, quantizer.axis)
            result[name] = known[names, quantizer.axis]
    return result


def activation_histograms(
    graph: Graph,
    encodings: Encodings,
    executor: Executor,
    data: DataSet,
    batches: Sequence[MicroBatch],
    pool: Pool,
    tell: Tell,
) -> dict[str, Histogram]:
    """Histograms of the float values of every quantized activation; a shared quantizer's is the sum of its tensors.

    Of a quantizer with more than SAMPLED_ABOVE values in all, every third, fifth, ... value is counted, evenly spread
    over each micro-batch, three, five, ... times, and its exact smallest and largest value once.
    """
    groups = activation_groups(graph, encodings)
    read = reader(executor, data, groups)
    distinct = min(DISTINCT_LIMIT, max(DISTINCT_LEAST, DISTINCT_TOGETHER // max(1, len(groups))))
    gathering = Gathering(groups, distinct, pool)
    ranges: dict[str, list[Edges]] = {name: [] for name in groups}
    count = sum(len(b.samples) for b in batches)

    def observe(batch: MicroBatch) -> Observed:
        seen, found = {}, {}
        for name, tensors in read(batch, groups).items():
            ends = [ends_of(t) for t in tensors]
            seen[name], found[name] = look(tensors, ends, batch, count), edges(tensors, ends)
        return seen, found

    tell(0, len(batches))
    try:
        for done, (seen, found) in enumerate(in_turn(pool, observe, batches), 1):
            gathering.take(seen)
            for name, edge in found.items():
                ranges[name].append(edge)
            tell(done, len(batches))
        total = gathering.finish()
    finally:
        gathering.stop()
    for name, group in groups.items():
        whole = batch_ranges(ranges[name], batches, group)
        total[name].watched = Watched(whole, whole)
    return total


def reader(executor: Executor, data: DataSet, groups: Mapping[str, Sequence[str]]) -> Read:
    """Reads the float values of the tensors of some of the `groups` in a micro-batch."""
    program = executor.program(NOTHING)

    def read(batch: MicroBatch, names: Collection[str]) -> Values:
        wanted = list(dict.fromkeys(t for name in names for t in groups[name]))
        values = executor.run(data.feed(batch.samples), None, wanted, program)
        return {name: [np.asarray(values[t], np.float32) for t in groups[name]] for name in names}

    return read


def in_turn(pool: Pool, work: Callable[[MicroBatch], Found], batches: Sequence[MicroBatch]) -> Iterator[Found]:
    """`pool.map` that runs no more than a few micro-batches ahead of whoever takes the results."""
    most = AHEAD * worker_count()
    waiting: deque[Future[Found]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(work, batch))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def measure_sample(executor: Executor, feed: Arrays, graph: Graph) -> int:
    """Micro-batch size, from the bytes that all tensors of one sample take."""
    if not graph.batch_free:
        return 1
    values = executor.run(feed, None, sorted(executor.plan.cuts), executor.program(NOTHING))
    return batch_size(graph, sum(np.asarray(v).nbytes for v in values.values()))


def activation_groups(graph: Graph, encodings: Encodings) -> dict[str, tuple[str, ...]]:
    """The tensors of each quantizer that are no constants."""
    found = {n: tuple(t for t in g if graph.tensors[t].kind != "constant") for n, g in encodings.groups.items()}
    return {name: group for name, group in found.items() if group}


def tell_histograms(tell: Callable[[Calibrated], None], found: Mapping[str, Histogram], kind: QuantizerKind) -> None:
    """In parts, of so many that taking one in holds no window up."""
    names = list(found)
    for start in range(0, max(len(names), 1), PART):
        part = {n: found[n] for n in names[start : start + PART]}
        tell(Calibrated(part, kind, complete=start + PART >= len(names)))
