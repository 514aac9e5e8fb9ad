"""A user's own metric, FILE.py:function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qviz.sim.metric_kinds import Array, MeanMetric, Stats, Values

Function = Callable[..., Any]


@dataclass(frozen=True)
class UserMetric(MeanMetric):
    """Called as function(output, sample, label) for each sample, and averaged. The two dicts hold arrays by name."""

    name: str
    function: Function
    output: str = ""
    unit: str = ""  # type: ignore[misc]
    higher_is_better: bool = True  # type: ignore[misc]

    def stats(self, reference: Values, outputs: Values, labels: Array | None, samples: Values | None = None) -> Stats:
        rows = _rows(outputs, labels, samples)
        return np.array([[_call(self.name, self.function, *row)] for row in rows], np.float64).reshape(-1, 1)


@dataclass(frozen=True)
class UserSetMetric:
    """Called as function(outputs, samples, labels) for all samples at once: dicts of lists by name, one entry a sample.

    Its statistics are the samples themselves, since its value is no mean; it has no interval.
    """

    name: str
    function: Function
    output: str = ""
    unit: str = ""
    higher_is_better: bool = True

    def stats(self, reference: Values, outputs: Values, labels: Array | None, samples: Values | None = None) -> Stats:
        rows = _rows(outputs, labels, samples)
        stats = np.empty((len(rows), 1), object)
        stats[:, 0] = rows
        return stats

    def value(self, stats: Stats) -> float:
        if not len(stats):
            return float("nan")
        rows = list(stats[:, 0])
        outputs, samples = (_columns([row[i] for row in rows]) for i in (0, 1))
        labels = None if rows[0][2] is None else np.array([row[2] for row in rows])
        return _call(self.name, self.function, outputs, samples, labels)
