"""A user's own metric, FILE.py:function."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qviz.data.user_code import failure, load_function
from qviz.errors import QvizError
from qviz.sim.metric_kinds import Array, MeanMetric, Stats, Values

Row = tuple[dict[str, Array], dict[str, Array], Any]  # output, sample, label


@dataclass(frozen=True)
class UserMetric(MeanMetric):
    """function(output, sample, label) -> number, called for each sample and averaged; the dicts hold arrays by name."""

    name: str
    function: Callable[..., Any]
    unit: str = ""
    higher_is_better: bool = True
    output: str = ""

    def stats(self, reference: Values, outputs: Values, labels: Array | None, samples: Values | None = None) -> Stats:
        values = [_call(self.name, self.function, *row) for row in _rows(outputs, samples, labels)]
        return np.array(values, np.float64)[:, None]


@dataclass(frozen=True)
class UserSetMetric:
    """function(outputs, samples, labels) -> number, called for all samples at once; the dicts hold arrays by name.

    The first axis of each array counts the samples; it is a list where they differ in shape. Statistics are the samples
    themselves, since the value is no mean: so it takes the memory of all outputs, and has no interval.
    """

    name: str
    function: Callable[..., Any]
    unit: str = ""
    higher_is_better: bool = True
    output: str = ""

    def stats(self, reference: Values, outputs: Values, labels: Array | None, samples: Values | None = None) -> Stats:
        rows = _rows(outputs, samples, labels)
        stats = np.empty((len(rows), 1), object)
        for i, row in enumerate(rows):
            stats[i, 0] = row
        return stats

    def value(self, stats: Stats) -> float:
        rows: list[Row] = list(stats[:, 0])
        if not rows:
            return float("nan")
        outputs, samples = _by_name([row[0] for row in rows]), _by_name([row[1] for row in rows])
        labels = None if rows[0][2] is None else np.array([row[2] for row in rows])
        return _call(self.name, self.function, outputs, samples, labels)


def load_user_metric(source: str) -> UserMetric | UserSetMetric:
    """The metric FILE.py:function. Its parameters are called (output, sample, label) or (outputs, samples, labels).

    The function may carry the attributes `unit` and `higher_is_better`. Raises QvizError for a missing file or
    function, and for other parameters.
    """
    function = load_function(source)
    names = tuple(inspect.signature(function).parameters)
    kinds: dict[tuple[str, ...], type[UserMetric] | type[UserSetMetric]] = {
        ("output", "sample", "label"): UserMetric,
        ("outputs", "samples", "labels"): UserSetMetric,
    }
    if names not in kinds:
        raise QvizError(
            "{source} must take (outputs, samples, labels), or (output, sample, label) to be called for each sample.",
            source=source,
        )
    name = source.rpartition(":")[2]
    unit, higher = str(getattr(function, "unit", "")), bool(getattr(function, "higher_is_better", True))
    return kinds[names](name, function, unit, higher)


def _rows(outputs: Values, samples: Values | None, labels: Array | None) -> list[Row]:
    samples = samples or {}
    count = len(next(iter(outputs.values()))) if outputs else 0
    return [
        (
            {name: values[i] for name, values in outputs.items()},
            {name: values[i] for name, values in samples.items()},
            None if labels is None else labels[i],
        )
        for i in range(count)
    ]


def _by_name(rows: Sequence[dict[str, Array]]) -> dict[str, Array | list[Array]]:
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {name: np.stack(c) if len({np.shape(v) for v in c}) == 1 else c for name, c in columns.items()}


def _call(name: str, function: Callable[..., Any], *arguments: object) -> float:
    try:
        return float(function(*arguments))
    except Exception as error:
        raise failure(name, error) from error
