"""In which order samples are evaluated and calibrated on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qviz.data.dataset import DataSet

Order = NDArray[np.int64]
Indices = Sequence[int] | Order


def evaluation_order(data: DataSet, seed: int = 0) -> Order:
    """A fixed permutation, shape (samples,), of which every prefix holds each label in about its share.

    Within a label the order is random; sample j of a label with n samples stands at (j + u) / n of the way, u in
    [0, 1) drawn per label (systematic sampling). Labels that are not one integer a sample do not count.
    """
    rng = np.random.default_rng(seed)
    count, labels = len(data), data.labels
    if labels is None or labels.ndim != 1 or labels.dtype.kind not in "iu":
        return rng.permutation(count).astype(np.int64)
    place = np.empty(count)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        place[members] = (np.arange(len(members)) + rng.random()) / len(members)
    return np.argsort(place, kind="stable").astype(np.int64)


def calibration_order(data: DataSet, samples: int) -> Order:
    """The first `samples` in the source's own order, or all where there are fewer."""
    return np.arange(min(max(samples, 0), len(data)), dtype=np.int64)


def overlap(evaluation: DataSet, evaluated: Indices, calibration: DataSet, calibrated: Indices) -> int:
    """How many of the `evaluated` samples were also calibrated on: 0 where the two sets have different sources."""
    if evaluation.source != calibration.source:
        return 0
    return len(set(map(int, evaluated)) & set(map(int, calibrated)))
