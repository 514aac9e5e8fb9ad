"""Finding a range elsewhere: what is asked for and what is answered. Plain values that travel between processes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.errors import QvizError, Text
from qviz.quant.blocks import block_extremes
from qviz.quant.found import Wish, by_block
from qviz.quant.spec import UniformSpec
from qviz.quant.statistics import Range


@dataclass(frozen=True, eq=False)
class FindRange:
    """Let a calibrator look for a range. `ticket` tells answers apart."""

    ticket: int
    wish: Wish


@dataclass(frozen=True, eq=False)
class RangeFound:
    """The answer to a FindRange: a range, or why there is none."""

    ticket: int
    range: Range | None
    problem: Text | None = None


def find_range(request: FindRange, weights: Mapping[str, NDArray[np.generic]]) -> RangeFound:
    """The answer to `request`; blocks are looked at in the `weights` by name."""
    try:
        return RangeFound(request.ticket, range_found(request.wish, weights))
    except QvizError as error:
        return RangeFound(request.ticket, None, error.text)


def range_found(wish: Wish, weights: Mapping[str, NDArray[np.generic]]) -> Range:
    """The range wished for. Raises QvizError as the calibrator does."""
    if not by_block(wish.spec):
        return wish.find()
    assert isinstance(wish.spec, UniformSpec)
    return block_extremes(weights[wish.histogram.weight], wish.histogram.axis, wish.spec.block)
