"""Where the levels of a grid are drawn: how many values each holds after quantization, and the ticks that mark them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.quant.encoding import Encoding
from qviz.quant.grid import Grid, ScaledGrid
from qviz.quant.histogram import Histogram
from qviz.ui.editor.curves import Bars, bar_pixels
from qviz.ui.editor.value_map import ValueMap

CELL = 1.5  # bars below which neighbouring levels are drawn as one step
EVEN = 1e-6  # of a gap, that even levels may differ by rounding
TICK_SPACING = 6.0  # pixels between ticks; of levels closer together some have none

Doubles = NDArray[np.float64]


def level_steps(
    histogram: Histogram, grid: Grid, value_map: ValueMap, low: float, high: float, pixels: float
) -> Bars | None:
    """How many values each level holds after quantization, spread over its cell so that it compares with the bars.

    Levels closer than a bar and a half are drawn together. The outermost cells also hold what is clipped. None where
    the levels differ from channel to channel and the histogram does not tell channels apart.
    """
    bar = bar_pixels(histogram, pixels)
    cells = max(2, int(pixels / (CELL * bar)))
    if grid.channels > 1:
        return _channel_steps(histogram, grid, value_map, low, high, cells)
    levels = grid.levels()
    borders = np.concatenate((levels[:1], (levels[1:] + levels[:-1]) / 2, levels[-1:]))
    lines = _nearest(borders, value_map.to_value(np.linspace(low, high, cells + 1)))
    if len(lines) < 2:
        return None  # the view lies beyond the range
    reach = np.where(lines == 0, -np.inf, np.where(lines == len(levels), np.inf, borders[lines]))
    edges = value_map.to_plot(borders[lines])
    per_bar = (high - low) * bar / max(pixels, 1)
    return Bars(edges, histogram.resample(reach) * per_bar / np.maximum(np.diff(edges), 1e-300))


def _nearest(borders: Doubles, places: Doubles) -> NDArray[np.int64]:
    """Indices of the borders nearest to each of `places`, rising, each once."""
    above = np.clip(np.searchsorted(borders, places), 1, len(borders) - 1)
    below = places - borders[above - 1] < borders[above] - places
    return np.unique(above - below)


def _channel_steps(
    histogram: Histogram, grid: Grid, value_map: ValueMap, low: float, high: float, cells: int
) -> Bars | None:
    """Counts of the quantized values where each channel has levels of its own."""
    if histogram.channels != grid.channels or not isinstance(grid, ScaledGrid | Encoding):
        return None
    bins = histogram.bins
    levels = _levels_of(grid, bins.sum / bins.count, bins.channel)
    at = np.floor((value_map.to_plot(levels) - low) / (high - low) * cells)
    seen = (at >= 0) & (at < cells)
    counts = np.bincount(at[seen].astype(np.int64), bins.count[seen], minlength=cells)
    return Bars(np.linspace(low, high, cells + 1), np.asarray(counts / CELL, np.float64))


def _levels_of(grid: ScaledGrid | Encoding, values: Doubles, rows: NDArray[np.int64]) -> Doubles:
    """The level that each value takes, in the row that it belongs to."""
    scale = grid.scale[rows]
    if isinstance(grid, Encoding):
        first = grid.offset[rows]
        return np.asarray(np.clip(np.rint(values / scale), first, first + grid.steps) * scale)
    return np.asarray(grid.cells.nearest(values / scale)[0] * scale)


@dataclass(frozen=True)
class Ticks:
    """Levels with a tick: their indices and plot coordinates, both (ticks,). `thinned`: some in view have none."""

    indices: NDArray[np.int64]
    at: Doubles
    thinned: bool = False


def level_ticks(grid: Grid, value_map: ValueMap, low: float, high: float, pixels: float) -> Ticks:
    """Levels in view, where they lie; of those too close to be told apart only some, beginning with the smallest.

    None where they differ by channel.
    """
    if grid.channels > 1:
        return Ticks(np.empty(0, np.int64), np.empty(0))
    levels = grid.levels()
    first, last = np.searchsorted(levels, value_map.to_value(np.array([low, high])), side="left")
    at = value_map.to_plot(levels[first:last])
    kept = _apart(at, TICK_SPACING * (high - low) / max(pixels, 1.0), int(np.argmin(np.abs(at))) if len(at) else 0)
    return Ticks(first + kept, at[kept], len(kept) < len(at))


def _apart(at: Doubles, spacing: float, start: int) -> NDArray[np.int64]:
    """Indices of rising places at least `spacing` apart, outwards from `start`."""
    if len(at) < 2:
        return np.arange(len(at), dtype=np.int64)
    gaps, room = np.diff(at), spacing * (1 - 1e-9)
    least, most = float(gaps.min()), float(gaps.max())
    if most - least < EVEN * most:  # integers on a linear axis: every so many-th, without looking
        step = max(1, int(np.ceil(room / most)))
        return np.arange(start % step, len(at), step, dtype=np.int64)
    kept, down = [start], [start]
    while (i := int(at.searchsorted(at[kept[-1]] + room))) < len(at):
        kept.append(i)
    while (i := int(at.searchsorted(at[down[-1]] - room, side="right")) - 1) >= 0:
        down.append(i)
    return np.array([*down[:0:-1], *kept], np.int64)
