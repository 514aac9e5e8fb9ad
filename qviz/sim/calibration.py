"""One pass over the calibration samples: a histogram for every quantizer. Memory does not grow with the samples."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor as Pool

import numpy as np

from qviz.data.dataset import DataSet
from qviz.encodings import Encodings
from qviz.graph.graph import Graph
from qviz.graph.model import Model
from qviz.quant.histogram import Histogram
from qviz.sim.applied import NOTHING
from qviz.sim.batches import MicroBatch, batch_size
from qviz.sim.executor import Arrays, Executor

Tell = Callable[[int, int], None]  # done, total; raises Cancelled where the work is to stop


def param_histograms(model: Model, encodings: Encodings) -> dict[str, Histogram]:
    """Histograms of all quantized constants, with rows for channels where the quantizer has an axis."""
    result = {}
    for name, quantizer in model.graph.quantizers.items():
        if quantizer.constant:
            histogram = Histogram(axis=quantizer.axis)
            for tensor in encodings.groups.get(name, quantizer.tensors):
                histogram.add(model.constants[tensor])
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

    def observe(batch: MicroBatch) -> dict[str, Histogram]:
        part: dict[str, Histogram] = {}
        values = executor.run(data.feed(batch.samples), None, owner, program)
        for tensor, value in values.items():
            part.setdefault(owner[tensor], Histogram()).add(np.asarray(value, np.float32))
        return part

    tell(0, len(batches))
    for done, part in enumerate(pool.map(observe, batches), 1):  # merged in order: sums do not depend on threads
        for name, histogram in part.items():
            total[name].merge(histogram)
        tell(done, len(batches))
    return total


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
