"""Keeping what each sample was taken for, beside the metrics: it is summed up in nothing and costs no second run."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from qviz.graph.graph import Graph
from qviz.sim.inspect import Answers, Predictions
from qviz.sim.metric_kinds import Agreement, Array, Stats, Values, class_scores, predictions
from qviz.sim.metrics import SampleMetric, class_count
from qviz.sim.summary import Anchors
from qviz.sim.summary import Stats as AllStats

SUM_TOLERANCE = 1e-2  # quantized probabilities do not add up exactly


@dataclass(frozen=True)
class Chosen:
    """The predicted class of each sample and its share of the scores; as a figure of merit it has no value."""

    output: str
    classes: int
    name: ClassVar[str] = "chosen"
    unit: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = True

    def stats(self, reference: Values, outputs: Values, labels: Array | None, samples: Values | None = None) -> Stats:
        """Rows (class, share of the scores)."""
        label = predictions(outputs[self.output])
        shares = score_shares(class_scores(outputs[self.output]))
        own = np.take_along_axis(shares, np.maximum(label, 0)[:, None], axis=1)[:, 0]
        return np.stack([label.astype(np.float64), own], axis=1)

    def value(self, stats: Stats) -> float:
        return float("nan")


def with_answers(metrics: tuple[SampleMetric, ...], graph: Graph) -> tuple[SampleMetric, ...]:
    """The metrics and, where one of them is about classes, what keeps the answers."""
    output = next((m.output for m in metrics if isinstance(m, Agreement)), None)
    port = next((p for p in graph.outputs if p.name == output), None)
    return metrics if port is None else (*metrics, Chosen(port.name, class_count(port, graph.batch_free)))


def score_shares(scores: NDArray[np.generic]) -> NDArray[np.float64]:
    """Scores (samples, classes) as shares that add up to 1: as they are where they do, else by softmax."""
    values = np.asarray(scores, np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        given = (values >= 0).all(axis=1) & (np.abs(values.sum(axis=1) - 1.0) < SUM_TOLERANCE)
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        return np.where(given[:, None], values, powers / powers.sum(axis=1, keepdims=True))


def gathered(
    metrics: tuple[SampleMetric, ...],
    now: AllStats,
    anchors: Anchors,
    order: NDArray[np.int64],
    labels: NDArray[np.generic] | None,
) -> Predictions | None:
    """Complete statistics as predictions; None where the model does not choose classes."""
    place = next((i for i, m in enumerate(metrics) if isinstance(m, Chosen)), None)
    if place is None or anchors.reference is None:
        return None
    back = np.argsort(order)
    chosen = metrics[place]
    assert isinstance(chosen, Chosen)
    return Predictions(
        chosen.classes,
        None if labels is None else labels.astype(np.int32),
        _answers(anchors.reference[place][back]),
        _answers(now[place][back]),
        None if anchors.baseline is None else _answers(anchors.baseline[place][back]),
    )


def _answers(rows: NDArray[np.float64]) -> Answers:
    return Answers(rows[:, 0].astype(np.int32), rows[:, 1].astype(np.float32))
