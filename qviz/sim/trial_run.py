"""The engine's side of a trial: opens the data, runs the float model on a few samples, looks at the first of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qviz.data.dataset import DataSet
from qviz.data.loading import open_data
from qviz.data.options import DataOptions
from qviz.data.order import evaluation_order
from qviz.errors import QvizError, Text
from qviz.graph.graph import Graph
from qviz.sim.batches import batch_size, by_sample
from qviz.sim.inspect_pictures import as_picture, small
from qviz.sim.metric_kinds import SampleMetric
from qviz.sim.metrics import LABELLED, choose_metrics, class_count
from qviz.sim.reference import Arrays, Reference
from qviz.sim.trial import PICTURES, SIDE, Trial, TrialRequest, Tried

CHUNK = 16  # samples that run together


def tried(graph: Graph, reference: Reference, request: TrialRequest) -> Tried:
    """The answer to `request`; what a user can cause is told in it, not raised."""
    try:
        return Tried(request, _trial(graph, reference, request))
    except QvizError as error:
        return Tried(request, problem=error.text)
    except MemoryError:
        return Tried(request, problem=Text("There is not enough memory for this. Use fewer or smaller samples."))


def _trial(graph: Graph, reference: Reference, request: TrialRequest) -> Trial:
    data = open_data(_limited(request), graph)
    order = [int(i) for i in evaluation_order(data, request.options.seed)[: request.samples]]
    labels = None if data.labels is None else data.labels[order]
    headline = choose_metrics(graph, data.labels, request.metric, request.output)[0]
    first = _feed(data, graph, order[:PICTURES])
    rows = _outputs(graph, reference, data, order)
    chosen = _answers(graph, headline.output, rows)
    told = headline.name in LABELLED or ":" in (request.metric or "")
    value = headline.value(headline.stats(rows, rows, labels, _feed(data, graph, order))) if told else None
    return Trial(
        samples=len(order),
        raw_images=data.picture(order[0]) is not None,
        has_labels=labels is not None,
        classes=_classes(graph, headline),
        metric=headline.name,
        unit=headline.unit,
        value=value,
        input_range=_range(first),
        pictures=tuple(_picture(data, graph, i) for i in order[:PICTURES]),
        labels=_listed(labels),
        answers=_listed(chosen),
    )


def _limited(request: TrialRequest) -> DataOptions:
    """A folder is read no further than needed: it is listed class by class, so few images are a fair sample."""
    options = request.options
    is_folder = options.source is not None and Path(options.source).is_dir()
    return replace(options, limit=request.samples) if is_folder and options.limit is None else options


def _feed(data: DataSet, graph: Graph, indices: list[int]) -> Arrays:
    """Inputs of these samples with the samples first."""
    feeds = [by_sample(graph.inputs, data.feed(c), len(c), graph.batch_free) for c in _chunks(graph, indices)]
    return {name: np.concatenate([feed[name] for feed in feeds]) for name in feeds[0]}


def _outputs(graph: Graph, reference: Reference, data: DataSet, indices: list[int]) -> Arrays:
    runs = [
        by_sample(graph.outputs, reference.run(data.feed(c)), len(c), graph.batch_free) for c in _chunks(graph, indices)
    ]
    same = [n for n in runs[0] if len({run[n].shape[1:] for run in runs}) == 1]
    return {name: np.concatenate([run[name] for run in runs]) for name in same}


def _chunks(graph: Graph, indices: list[int]) -> list[list[int]]:
    size = min(CHUNK, batch_size(graph, 0))
    return [indices[i : i + size] for i in range(0, len(indices), size)]


def _classes(graph: Graph, headline: SampleMetric) -> int:
    return next((class_count(p, graph.batch_free) for p in graph.outputs if p.name == headline.output), 0)


def _answers(graph: Graph, output: str, rows: Arrays) -> NDArray[np.int64] | None:
    port = next((p for p in graph.outputs if p.name == output), None)
    if port is None or output not in rows or class_count(port, graph.batch_free) < 2:
        return None
    return rows[output].reshape(len(rows[output]), -1).argmax(axis=1)


def _listed(values: NDArray[np.generic] | None) -> tuple[int | None, ...]:
    if values is None or values.ndim != 1 or values.dtype.kind not in "iu":
        return (None,) * PICTURES
    return tuple(int(v) for v in values[:PICTURES])


def _range(feed: Arrays) -> tuple[float, float]:
    """Least and greatest value over all inputs."""
    ends = [(float(np.nanmin(a)), float(np.nanmax(a))) for a in feed.values() if a.size and a.dtype.kind in "fiu"]
    return min((low for low, _ in ends), default=0.0), max((high for _, high in ends), default=0.0)


def _picture(data: DataSet, graph: Graph, index: int) -> NDArray[np.uint8] | None:
    feed = data.feed([index])
    seen = (as_picture(feed[port.name]) for port in graph.inputs if port.name in feed)
    return small(next((picture for picture in seen if picture is not None), None), SIDE)
