"""Which samples are shown, and in which order: plain functions of what was predicted."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from qviz.sim.inspect import Answers, Predictions

Places = NDArray[np.intp]


class Which(StrEnum):
    """What the samples have in common."""

    FLIPPED = "flipped"  # the prediction is not the float model's
    CHANGED = "changed"  # it is not baseline B's
    WRONG = "wrong"  # it is not the label
    ALL = "all"


def places(told: Predictions, which: Which) -> Places:
    """Samples by number: those first about which the compared state was surest; all of them in the data's own order."""
    if which is Which.FLIPPED:
        return _surest_first(told.now.label != told.float.label, told.float)
    if which is Which.CHANGED:
        if told.baseline is None:
            return np.arange(0)
        return _surest_first(told.now.label != told.baseline.label, told.baseline)
    if which is Which.WRONG:
        return np.arange(0) if told.labels is None else _surest_first(told.now.label != told.labels, told.now)
    return np.arange(len(told.now.label))


def _surest_first(wanted: NDArray[np.bool_], answers: Answers) -> Places:
    found = np.flatnonzero(wanted)
    return found[np.argsort(-answers.share[found], kind="stable")]
