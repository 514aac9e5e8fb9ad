"""What a model says about each sample, and what a sample looks like. Plain values that travel between processes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Answers:
    """The class that a model chose for each sample (-1: none) and its share of the scores, 0..1. Shape (samples,)."""

    label: NDArray[np.int32]
    share: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What three states say about every sample, in the data's own order. `labels` are the true classes, if any."""

    classes: int
    labels: NDArray[np.int32] | None
    float: Answers
    now: Answers
    baseline: Answers | None  # None while the baseline's own answer is not complete


@dataclass(frozen=True)
class PictureRequest:
    """Samples of the evaluation data as pictures of at most `side` x `side` pixels. `data` tells data sets apart."""

    data: int
    samples: tuple[int, ...]
    side: int


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures that `request` asked for, (height, width, 3) RGB each; None where a sample is none."""

    request: PictureRequest
    pixels: tuple[NDArray[np.uint8] | None, ...]
