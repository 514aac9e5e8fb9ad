"""Calibrators: from the values of a tensor to its clip range. One small frozen class each, found by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np

from qviz.quant.bins import Doubles
from qviz.quant.error import candidate_errors
from qviz.quant.histogram import Histogram
from qviz.quant.spec import UniformSpec

Range = tuple[Doubles, Doubles]


class Calibrator(Protocol):
    """Data -> range."""

    def range(self, histogram: Histogram, spec: UniformSpec) -> Range:
        """(low, high), each of shape (channels,) where `spec` is per-channel and the histogram has rows, else (1,)."""


@dataclass(frozen=True)
class MinMax:
    """All values, nothing clipped."""

    def range(self, histogram: Histogram, spec: UniformSpec) -> Range:
        if spec.per_channel:
            return histogram.channel_min, histogram.channel_max
        return histogram.channel_min.min(keepdims=True), histogram.channel_max.max(keepdims=True)


@dataclass(frozen=True)
class Percentile:
    """The outermost values are left out: on each side the share beyond `percent`."""

    percent: float = 99.99

    def range(self, histogram: Histogram, spec: UniformSpec) -> Range:
        rows = [histogram.of_channel(i) for i in range(histogram.channels)] if spec.per_channel else [histogram]
        share = self.percent / 100
        low, high = np.array([row.quantile((1 - share, share)) for row in rows]).T
        return low, high


@dataclass(frozen=True)
class MSE:
    """The range of the smallest mean squared error, rounding and clipping together.

    Asymmetric: one edge after the other, each with the other fixed, twice; symmetric: both edges together.
    """

    def range(self, histogram: Histogram, spec: UniformSpec) -> Range:
        low, high = MinMax().range(histogram, spec)
        rows = histogram if spec.per_channel else histogram.collapsed()
        if spec.symmetric:
            factor = _best_factor(rows, spec, low, high, True, True)
            return low * factor, high * factor
        for _ in range(2):
            high = high * _best_factor(rows, spec, low, high, False, True)
            low = low * _best_factor(rows, spec, low, high, True, False)
        return low, high


_COARSE = 2.0 ** -np.arange(0.0, 16.0, 0.25)  # factors of a range, so that even an outlier 10,000 times the rest fits
_REFINED = 2.0 ** np.linspace(-0.25, 0.25, 17)


def _best_factor(
    histogram: Histogram, spec: UniformSpec, low: Doubles, high: Doubles, move_low: bool, move_high: bool
) -> Doubles:
    """Factor of the moved edges with the smallest error, for each channel, shape (channels,)."""
    best = np.ones(len(low))
    for factors in (_COARSE, _REFINED):
        tried = np.minimum(factors[:, None] * best, 1.0)
        lows, highs = low * (tried if move_low else 1.0), high * (tried if move_high else 1.0)
        rounding, clipping = candidate_errors(
            histogram, np.broadcast_to(lows, tried.shape), np.broadcast_to(highs, tried.shape), spec
        )
        at = np.argmin(rounding + clipping, axis=0)
        best = np.take_along_axis(tried, at[None, :], axis=0)[0]
    return best


CALIBRATORS: Mapping[str, Calibrator] = MappingProxyType({"minmax": MinMax(), "percentile": Percentile(), "mse": MSE()})
