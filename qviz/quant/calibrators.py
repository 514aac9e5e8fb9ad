"""Calibrators: from the values of a tensor to its clip range. Small frozen classes, found by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from qviz.quant.aciq import ACIQ
from qviz.quant.aimet import AimetMinMax, AimetPercentile, AimetTfEnhanced
from qviz.quant.entropy import Entropy
from qviz.quant.histogram import Histogram
from qviz.quant.search import MSE
from qviz.quant.signs import binary_size, ternary_size
from qviz.quant.spec import BinarySpec, CodebookSpec, FloatSpec, Scheme, Spec, TernarySpec, UniformSpec
from qviz.quant.statistics import MinMax, MovingAverage, Percentile, Range, Sigma, rows


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


def range_of(histogram: Histogram, spec: Spec, method: str) -> Range:
    """The range that the calibrator `method` finds for any form: (low, high) as of `Calibrator.range`.

    Of binary and ternary weights it is -a and a, by their own formula whatever the method. What the squared error of
    float8 is least with is searched for; a codebook needs no clipping for that. Every other calibrator takes floats for
    symmetric integers of 8 bits, and a codebook for asymmetric ones of as many bits.
    """
    if isinstance(spec, BinarySpec | TernarySpec):
        size = (binary_size if isinstance(spec, BinarySpec) else ternary_size)(rows(histogram, spec))
        return -size, size
    calibrator = CALIBRATORS[method]
    if isinstance(spec, UniformSpec):
        return calibrator.range(histogram, spec)
    if isinstance(calibrator, MSE):
        scaled = isinstance(spec, FloatSpec) and spec.scaled
        return (calibrator if scaled else MinMax()).range(histogram, spec)
    return calibrator.range(histogram, _as_integers(spec))


def _as_integers(spec: FloatSpec | CodebookSpec) -> UniformSpec:
    if isinstance(spec, CodebookSpec):
        return UniformSpec(spec.bits)
    return UniformSpec(8, Scheme.SYMMETRIC, spec.granularity)
