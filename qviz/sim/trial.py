"""A quick float run on data that is not open yet: what the data dialog asks and is told. Plain values that travel."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.data.options import DataOptions
from qviz.errors import Text
from qviz.sim.result import Result

SAMPLES, PICTURES, SIDE = 64, 12, 96

NEAR = 0.1  # of the way from guessing to all right


@dataclass(frozen=True)
class TrialRequest:
    """Run the float model on a few samples of `options`. `ticket` tells answers apart."""

    ticket: int
    options: DataOptions
    metric: str | None = None
    output: str | None = None
    samples: int = SAMPLES


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of it. `value` is the float model's headline metric, None where that only compares models.

    `pictures` are the first samples as the model sees them, (height, width, 3) RGB each, None where one is no picture;
    `labels` and `answers` are their classes, true and chosen, None where there are none.
    """

    samples: int
    raw_images: bool  # the preprocessing applies
    has_labels: bool
    classes: int  # 0 where the model chooses none
    metric: str
    unit: str
    value: float | None
    input_range: tuple[float, float]
    pictures: tuple[NDArray[np.uint8] | None, ...]
    labels: tuple[int | None, ...]
    answers: tuple[int | None, ...]

    @property
    def near_chance(self) -> bool:
        """Whether guessing would score as well."""
        return self.metric == "top1" and self.value is not None and near_chance(self.value, self.classes, self.samples)


@dataclass(frozen=True, eq=False)
class Tried:
    """The answer to a TrialRequest: a trial, or why there is none."""

    request: TrialRequest
    trial: Trial | None = None
    problem: Text | None = None


def near_chance(top1: float, classes: int, samples: int) -> bool:
    """Whether a top-1 accuracy in percent is about what guessing among `classes` reaches.

    About: within two standard deviations, or a tenth of the way from guessing to all right. Wrong preprocessing often
    leaves a little above chance.
    """
    if classes < 2 or samples < 1:
        return False
    p = 1 / classes
    return top1 <= 100 * (p + max(2 * math.sqrt(p * (1 - p) / samples), NEAR * (1 - p)))


def guesses(result: Result) -> bool:
    """Whether the float model scores as if it guessed."""
    metric, told = result.metrics[0], result.predictions
    return metric.name == "top1" and told is not None and near_chance(metric.float, told.classes, result.total)
