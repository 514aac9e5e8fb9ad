"""Channels last: how the codes of tensors with positions lie in memory between integer kernels, which work so.

Such an array keeps its shape (samples, channels, positions...): it is a view of one with the channels as last axis.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def perm_last(rank: int) -> tuple[int, ...]:
    """The order of axes that puts the channels last."""
    return (0, *range(2, rank), 1)


def perm_first(rank: int) -> tuple[int, ...]:
    """The order of axes that puts channels which are last behind the samples."""
    return (0, rank - 1, *range(1, rank - 1))


def lies_last(a: Array) -> bool:
    """Whether `a` lies in memory with its channels last, and not as its shape says."""
    return a.ndim > 2 and not a.flags.c_contiguous and a.transpose(perm_last(a.ndim)).flags.c_contiguous


def in_memory(a: Array) -> Array:
    """`a` with its axes in the order in which it lies in memory."""
    return a.transpose(perm_last(a.ndim)) if lies_last(a) else a


def like(result: Array, a: Array) -> Array:
    """What was computed value by value of `in_memory(a)`, in the shape of `a`."""
    return result.transpose(perm_first(a.ndim)) if lies_last(a) else result


def laid_out(a: Array, last: bool) -> Array:
    """`a` as a session takes it: with its channels as last axis, or as its shape says; without a copy where it can."""
    return np.ascontiguousarray(a.transpose(perm_last(a.ndim)) if last else a)
