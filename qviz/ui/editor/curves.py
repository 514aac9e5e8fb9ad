"""The arrays behind the plots: bars of the float values, steps of the quantized ones, the error against one edge."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qviz.quant.encoding import Encoding
from qviz.quant.error import error_curve
from qviz.quant.histogram import Histogram
from qviz.ui.editor.subject import Edge, Subject
from qviz.ui.editor.value_map import ValueMap

BAR = 2.0  # pixels a bar, at the least
BARS, BARS_A_ROOT = 48, 4.0  # so many bars at least, and four times the root of the number of values: no comb of ones
CELL = 1.5  # bars below which neighbouring levels are drawn as one step
CURVE = 6.0  # pixels between two points of the error curve
DENSE, POINTS = 300.0, 64  # so many more points, the nearest to zero at this part of the farthest
TICK_SPACING = 6.0  # levels closer than this get no tick
FLOOR_DB = -120.0


@dataclass(frozen=True)
class Bars:
    """Steps: `edges` (n + 1,) in plot coordinates, `heights` (n,) in values per bar of the width `bar_pixels`."""

    edges: NDArray[np.float64]
    heights: NDArray[np.float64]


@dataclass(frozen=True)
class ErrorCurves:
    """Mean squared errors, each (n,), with the active edge at `x` in plot coordinates; `signal` is the mean square."""

    x: NDArray[np.float64]
    values: NDArray[np.float64]
    rounding: NDArray[np.float64]
    clipping: NDArray[np.float64]
    signal: float

    @cached_property
    def total(self) -> NDArray[np.float64]:
        return self.rounding + self.clipping

    def decibel(self, name: str) -> NDArray[np.float64]:
        """One of the errors in dB relative to the signal; NaN where it is nothing."""
        share = getattr(self, name) / self.signal if self.signal > 0 else np.zeros_like(self.x)
        with np.errstate(divide="ignore"):
            level = 10 * np.log10(share)
        return np.where(level > FLOOR_DB, level, np.nan)

    @cached_property
    def optimum(self) -> int | None:
        """Index of the smallest total error; None where nothing was measured."""
        return int(np.argmin(self.total)) if self.signal > 0 and len(self.x) else None


def bar_pixels(histogram: Histogram, pixels: float) -> float:
    """Width of a bar on a plot of `pixels`: 2, or more where there are few values."""
    return max(BAR, pixels / max(BARS, BARS_A_ROOT * math.sqrt(histogram.total)))


def float_bars(histogram: Histogram, value_map: ValueMap, low: float, high: float, pixels: float) -> Bars:
    """Counts between plot coordinates `low` and `high`."""
    edges = np.linspace(low, high, max(2, round(pixels / bar_pixels(histogram, pixels))) + 1)
    return Bars(edges, histogram.resample(value_map.to_value(edges)))


def level_steps(
    histogram: Histogram, encoding: Encoding, value_map: ValueMap, low: float, high: float, pixels: float
) -> Bars | None:
    """How many values each level holds after quantization, spread over its cell so that it compares with the bars.

    Levels closer than a bar and a half are drawn together. The outermost cells also hold what is clipped. None where
    the levels differ from channel to channel and the histogram does not tell channels apart.
    """
    if encoding.channels > 1 and histogram.channels != encoding.channels:
        return None
    bar = bar_pixels(histogram, pixels)
    cells = max(2, int(pixels / (CELL * bar)))
    if encoding.channels > 1:
        return _channel_steps(histogram, encoding, value_map, low, high, cells)
    scale, offset = float(encoding.scale[0]), int(encoding.offset[0])
    grid = np.linspace(low, high, cells + 1)
    lines = np.rint(value_map.to_value(grid) / scale - 0.5)  # cell k lies between the lines k - 1 and k
    lines = np.unique(np.clip(lines, offset - 1, offset + encoding.steps))
    if len(lines) < 2:
        return None  # the view lies beyond the range
    edges = value_map.to_plot(np.clip((lines + 0.5) * scale, encoding.min[0], encoding.max[0]))
    counts = _between(histogram, (lines + 0.5) * scale, lines[0] < offset, lines[-1] >= offset + encoding.steps)
    per_bar = (high - low) * bar / max(pixels, 1)
    return Bars(edges, counts * per_bar / np.maximum(np.diff(edges), 1e-300))


def _channel_steps(
    histogram: Histogram, encoding: Encoding, value_map: ValueMap, low: float, high: float, cells: int
) -> Bars:
    """Counts of the quantized values where each channel has levels of its own."""
    bins = histogram.bins
    scale, offset = encoding.scale[bins.channel], encoding.offset[bins.channel]
    levels = np.clip(np.rint(bins.sum / bins.count / scale), offset, offset + encoding.steps) * scale
    at = np.floor((value_map.to_plot(levels) - low) / (high - low) * cells)
    seen = (at >= 0) & (at < cells)
    counts = np.bincount(at[seen].astype(np.int64), bins.count[seen], minlength=cells)
    return Bars(np.linspace(low, high, cells + 1), np.asarray(counts / CELL, np.float64))


def _between(histogram: Histogram, borders: NDArray[np.float64], first: bool, last: bool) -> NDArray[np.float64]:
    """Counts between borders; the first and last cell reach to infinity where they are the outermost levels."""
    reach = borders.copy()
    if first:
        reach[0] = min(reach[0], histogram.min)
    if last:
        reach[-1] = max(reach[-1], histogram.max)
    return histogram.resample(reach)


def level_ticks(encoding: Encoding, value_map: ValueMap, low: float, high: float, pixels: float) -> NDArray[np.float64]:
    """Plot coordinates of the levels in view; none where they lie too close to be told apart or differ by channel."""
    if encoding.channels > 1:
        return np.empty(0)
    first, last = (float(v) / float(encoding.scale[0]) for v in value_map.to_value(np.array([low, high])))
    first, last = max(np.ceil(first), encoding.offset[0]), min(np.floor(last), encoding.offset[0] + encoding.steps)
    if not 0 <= last - first < pixels / 2:
        return np.empty(0)
    at = value_map.to_plot(np.arange(first, last + 1) * float(encoding.scale[0]))
    spacing = np.diff(at).min() * pixels / (high - low) if len(at) > 1 else np.inf
    return at if spacing >= TICK_SPACING else np.empty(0)


def error_curves(
    subject: Subject, edge: Edge, value_map: ValueMap, low: float, high: float, pixels: float
) -> ErrorCurves | None:
    """The error for every position of `edge` in view, the other edge as it is (symmetric: following)."""
    histogram = subject.histogram
    if histogram is None:
        return None
    x = _sweep(low, high, pixels, -1 if edge == "min" else 1)
    if len(x) < 2:
        return None
    values = value_map.to_value(x)
    bounds = subject.requested
    rounding, clipping = error_curve(histogram, subject.setting.spec, *bounds, edge, values)
    return ErrorCurves(x, values, rounding, clipping, histogram.mean_square)


def _sweep(low: float, high: float, pixels: float, sign: int) -> NDArray[np.float64]:
    """Ascending positions on one side of zero: even ones, and ever denser ones towards zero, where the best may lie."""
    even = np.linspace(low, high, max(8, int(pixels / CURVE)))
    far = max(sign * low, sign * high)
    dense = sign * np.geomspace(far / DENSE, far, POINTS) if far > 0 else np.empty(0)
    x = np.union1d(even, dense)
    return x[(sign * x > 0) & (x >= low) & (x <= high)]
