"""Which levels a tensor's values take, how often, and how many bits they would need."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qviz.quant.bins import Doubles, Ints
from qviz.quant.encoding import Encoding
from qviz.quant.grid import Grid, ScaledGrid
from qviz.quant.histogram import Histogram
from qviz.quant.spread import Spread

_BLOCK = 1 << 16  # bins at a time


@dataclass(frozen=True, eq=False)
class CodeUse:
    """How many values each code holds, shape (levels,): `sure` of them known one by one, `spread` expected ones."""

    sure: Doubles
    spread: Doubles

    @cached_property
    def counts(self) -> Doubles:
        return self.sure + self.spread

    @cached_property
    def likely(self) -> Doubles:
        """How likely each code occurs, 0..1: of `n` expected values, spread at random, one falls here with 1 - e^-n."""
        return np.where(self.sure > 0, 1.0, -np.expm1(-self.spread))

    @property
    def levels(self) -> int:
        """How many codes there are."""
        return len(self.sure)

    @property
    def used(self) -> int:
        """How many codes occur: counted where every value is known, else the expected number."""
        return round(float(self.likely.sum()))

    @property
    def entropy(self) -> float:
        """Bits a code needs on average: -sum p log2 p (Shannon 1948) over the shares p of the codes; 0 if empty."""
        share = self.counts[self.counts > 0] / max(float(self.counts.sum()), 1e-300)
        return max(0.0, -float((share * np.log2(share)).sum()))


def code_use(histogram: Histogram, grid: Grid) -> CodeUse:
    """The levels, in rising order, that the histogram's values take; those of all channels together.

    A bin of one value, or with all of its values in one cell, counts whole; any other is shared among the cells that
    it spans in proportion, as if its values lay evenly. So codes are exact where the histogram is, ties apart. Of
    levels that are not even and differ by channel, each bin counts where its mean lies.

    Raises ValueError where `grid` is per-channel and the histogram has no such rows.
    """
    if grid.channels not in (1, histogram.channels):
        raise ValueError(f"{grid.channels} scales for {histogram.channels} channels")
    if isinstance(grid, Encoding):
        return _of_codes(histogram.spread, grid)
    if grid.channels == 1:
        return _of_levels(histogram, grid.levels())
    return _of_rows(histogram.spread, grid)


def _of_codes(spread: Spread, encoding: Encoding) -> CodeUse:
    sure = np.zeros(encoding.steps + 1)
    slopes = np.zeros(encoding.steps + 3)
    for i in range(0, len(spread.count), _BLOCK):
        _add(spread.part(slice(i, i + _BLOCK)), encoding, sure, slopes)
    below = np.cumsum(np.cumsum(slopes))[: encoding.steps]  # how many lie below the upper border of each cell
    total = float(spread.count.sum()) - float(sure.sum())
    return CodeUse(sure, np.maximum(np.diff(below, prepend=0.0, append=total), 0.0))


def _of_levels(histogram: Histogram, levels: Doubles) -> CodeUse:
    borders = np.concatenate(([-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]))
    counts, none = histogram.resample(borders), np.zeros(len(levels))
    return CodeUse(counts, none) if histogram.exact else CodeUse(none, counts)


def _of_rows(spread: Spread, grid: Grid) -> CodeUse:
    assert isinstance(grid, ScaledGrid)
    at = np.searchsorted(grid.cells.borders, spread.mean / grid.scale[spread.channel], side="right")
    counts = np.bincount(at, spread.count, minlength=len(grid.cells.levels)).astype(np.float64)
    return CodeUse(counts, np.zeros(len(counts)))


def _add(spread: Spread, encoding: Encoding, sure: Doubles, slopes: Doubles) -> None:
    """Add bins: whole ones to `sure`; of the others what makes, summed up twice, the count below each border."""
    rows: Ints | int = spread.channel if encoding.channels > 1 else 0
    low, high = (_places(edge, encoding, rows) for edge in (spread.low, spread.high))
    top = float(encoding.steps)
    first, last = np.clip(np.rint(low), 0.0, top), np.clip(np.rint(high), 0.0, top)
    whole = first == last
    sure += np.bincount(first[whole].astype(np.int64), spread.count[whole], minlength=len(sure))
    wide = ~whole
    if wide.any():
        steep = spread.count[wide] / (high - low)[wide]
        for edge, sign in ((low[wide], 1.0), (high[wide], -1.0)):
            _add_ramp(edge, sign * steep, slopes)


def _add_ramp(start: Doubles, steep: Doubles, slopes: Doubles) -> None:
    """Second differences of steep * max(0, x - start) at the borders x = 0.5, 1.5, ..."""
    border = np.clip(np.ceil(start - 0.5), 0, len(slopes) - 2)
    rest = border + 0.5 - start
    at = border.astype(np.int64)
    slopes += np.bincount(at, steep * rest, minlength=len(slopes))
    slopes += np.bincount(at + 1, steep * (1.0 - rest), minlength=len(slopes))


def _places(values: Doubles, encoding: Encoding, rows: Ints | int) -> NDArray[np.float64]:
    """Values in units of a step above the lowest level; in float32 like `quantize`, so that codes are the same."""
    scale = encoding.scale.astype(np.float32)[rows]
    return (values.astype(np.float32) / scale).astype(np.float64) - encoding.offset[rows]
