"""Calibrators: from the values of a tensor to its clip range. One small frozen class each, found by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from qviz.quant.bins import Doubles
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


CALIBRATORS: Mapping[str, Calibrator] = MappingProxyType({"minmax": MinMax()})
