"""The arrays behind the plots: bars of the float values, and the error against one edge."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qviz.quant.error import error_curve
from qviz.quant.histogram import Histogram
from qviz.ui.editor.subject import Edge, Subject
from qviz.ui.editor.value_map import ValueMap

BAR = 2.0  # pixels a bar, at the least
BARS, BARS_A_ROOT = 48, 4.0  # so many bars at least, and four times the root of the number of values: no comb of ones
CURVE = 6.0  # pixels between two points of the error curve
DENSE, POINTS = 300.0, 64  # so many more points, the nearest to zero at this part of the farthest
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
