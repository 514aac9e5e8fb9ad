"""Calibrators: from the values of a tensor to its clip range. Small frozen classes, found by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from qviz.quant.aciq import ACIQ
from qviz.quant.aimet import AimetMinMax, AimetPercentile, AimetTfEnhanced
from qviz.quant.entropy import Entropy
from qviz.quant.histogram import Histogram
from qviz.quant.search import MSE
from qviz.quant.spec import UniformSpec
from qviz.quant.statistics import MinMax, MovingAverage, Percentile, Range, Sigma


class Calibrator(Protocol):
    """Data -> range."""

    def range(self, histogram: Histogram, spec: UniformSpec) -> Range:
        """(low, high), each of shape (channels,) where `spec` is per-channel and the histogram has rows, else (1,).

        Raises QvizError where the calibrator needs the batches (`histogram.watched`) and nobody watched them.
        """


CALIBRATORS: Mapping[str, Calibrator] = MappingProxyType(
    {
        "minmax": MinMax(),
        "percentile": Percentile(),
        "moving-average": MovingAverage(),
        "mse": MSE(),
        "tf_enhanced": MSE(clipping_weight=3.0),
        "entropy": Entropy(),
        "aciq": ACIQ(),
        "sigma": Sigma(),
        "aimet-minmax": AimetMinMax(),
        "aimet-tf_enhanced": AimetTfEnhanced(),
        "aimet-percentile": AimetPercentile(),
    }
)

NEEDS_BATCHES = frozenset(("moving-average", "aimet-minmax", "aimet-tf_enhanced", "aimet-percentile"))
QUICK = frozenset(("minmax", "moving-average", "mse", "aciq", "sigma"))  # at most 0.1 s for hundreds of channels
