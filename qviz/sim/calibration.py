"""One pass over the calibration samples: a histogram for every quantizer. Memory does not grow with the samples."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor as Pool

import numpy as np
from numpy.typing import NDArray

from qviz.data.dataset import DataSet
from qviz.encodings import Encodings
from qviz.graph.graph import Graph
from qviz.graph.model import Model
from qviz.quant.batches import Watched, watch
from qviz.quant.histogram import Histogram
from qviz.sim.applied import NOTHING
from qviz.sim.batches import MicroBatch, batch_size
from qviz.sim.executor import Arrays, Executor
from qviz.sim.watching import Glimpse, Watching

Tell = Callable[[int, int], None]  # done, total; raises Cancelled where the work is to stop


def param_histograms(model: Model, encodings: Encodings) -> dict[str, Histogram]:
    """Histograms of all quantized constants, with rows for channels where the quantizer has an axis."""
    result = {}
    for name, quantizer in model.graph.quantizers.items():
        if quantizer.constant:
            histogram = Histogram(axis=quantizer.axis)
            values = [model.constants[tensor] for tensor in encodings.groups.get(name, quantizer.tensors)]
            for value in values:
                histogram.add(value)
            histogram.watched = watch(values, quantizer.axis)
            result[name] = histogram
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
    """Histograms of the float values of every quantized activation; a shared quantizer's is the sum of its tensors."""
    owner = _owners(graph, encodings)
    program = executor.program(NOTHING)
    total: dict[str, Histogram] = {name: Histogram() for name in dict.fromkeys(owner.values())}

    def read(batch: MicroBatch, names: Collection[str]) -> dict[str, list[NDArray[np.float32]]]:
        found: dict[str, list[NDArray[np.float32]]] = {}
        wanted = [tensor for tensor, name in owner.items() if name in names]
        for tensor, value in executor.run(data.feed(batch.samples), None, wanted, program).items():
            found.setdefault(owner[tensor], []).append(np.asarray(value, np.float32))
        return found

    watching = Watching(total, batches, read)

    def observe(batch: MicroBatch) -> tuple[dict[str, Histogram], dict[str, Glimpse]]:
        try:
            values = read(batch, total)
            glimpses = watching.look(batch, values)
        except BaseException:
            watching.give_up()
            raise
        return {name: _histogram(tensors) for name, tensors in values.items()}, glimpses

    tell(0, len(batches))
    observed = pool.map(observe, batches)
    for done, (batch, (part, glimpses)) in enumerate(zip(batches, observed, strict=True), 1):
        for name, histogram in part.items():  # merged in order: sums do not depend on threads
            total[name].merge(histogram)
        watching.take(batch, glimpses)
        tell(done, len(batches))
    for name, stats in watching.stats.items():
        total[name].watched = Watched(stats, stats)
    return total


def _histogram(tensors: Sequence[NDArray[np.float32]]) -> Histogram:
    histogram = Histogram()
    for tensor in tensors:
        histogram.add(tensor)
    return histogram


def measure_sample(executor: Executor, feed: Arrays, graph: Graph) -> int:
    """Micro-batch size, from the bytes that all tensors of one sample take."""
    if not graph.batch_free:
        return 1
    values = executor.run(feed, None, sorted(executor.plan.cuts), executor.program(NOTHING))
    return batch_size(graph, sum(np.asarray(v).nbytes for v in values.values()))


def _owners(graph: Graph, encodings: Encodings) -> dict[str, str]:
    return {
        tensor: name
        for name, group in encodings.groups.items()
        for tensor in group
        if graph.tensors[tensor].kind != "constant"
    }
