"""Finding ranges elsewhere: what is asked for and what is answered. Plain values that travel between processes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.errors import QvizError, Text
from qviz.quant.blocks import block_extremes
from qviz.quant.found import Wish, by_block
from qviz.quant.spec import UniformSpec
from qviz.quant.statistics import Range
from qviz.sim.weights import readable


@dataclass(frozen=True, eq=False)
class FindRanges:
    """Let calibrators look for ranges. `ticket` tells answers apart."""

    ticket: int
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, eq=False)
class RangesFound:
    """The answer to FindRanges, in its order: ranges, None where there is none; `problem` says why of the first."""

    ticket: int
    ranges: tuple[Range | None, ...]
    problem: Text | None = None


def find_ranges(request: FindRanges, weights: Mapping[str, NDArray[np.generic]]) -> RangesFound:
    """The answer to `request`; blocks are looked at in the `weights` by name."""
    found: list[Range | None] = []
    problem = None
    for wish in request.wishes:
        try:
            found.append(range_found(wish, weights))
        except QvizError as error:
            found.append(None)
            problem = problem or error.text
    return RangesFound(request.ticket, tuple(found), problem)


def range_found(wish: Wish, weights: Mapping[str, NDArray[np.generic]]) -> Range:
    """The range wished for. Raises QvizError as the calibrator does."""
    if not by_block(wish.spec):
        readable(wish.histogram, weights)
        return wish.find()
    assert isinstance(wish.spec, UniformSpec)
    return block_extremes(weights[wish.histogram.weight], wish.histogram.axis, wish.spec.block)
