"""Calibrators that try many ranges and keep the one of the smallest error."""

from dataclasses import dataclass

import numpy as np

from qviz.quant.bins import Doubles
from qviz.quant.error import candidate_errors
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Spec
from qviz.quant.statistics import MinMax, Range, rows

_COARSE = 2.0 ** -np.arange(0.0, 16.0, 0.25)  # factors of a range, so that even an outlier 10,000 times the rest fits
_REFINED = 2.0 ** np.linspace(-0.25, 0.25, 17)


@dataclass(frozen=True)
class MSE:
    """The range of the smallest mean squared error, rounding and clipping together.

    Both edges together; where asymmetric, then one after the other, each with the other fixed. With a
    `clipping_weight` of 3 it is the cost of AIMET's tf_enhanced, which weighs SQNR, on the histogram of all values.
    """

    clipping_weight: float = 1.0

    def range(self, histogram: Histogram, spec: Spec) -> Range:
        low, high = MinMax().range(histogram, spec)
        found = rows(histogram, spec)
        factor = self._best_factor(found, spec, low, high, True, True)
        low, high = low * factor, high * factor
        if not spec.symmetric:
            high = high * self._best_factor(found, spec, low, high, False, True)
            low = low * self._best_factor(found, spec, low, high, True, False)
        return low, high

    def _best_factor(
        self, histogram: Histogram, spec: Spec, low: Doubles, high: Doubles, move_low: bool, move_high: bool
    ) -> Doubles:
        """Factor of the moved edges with the smallest error, for each channel, shape (channels,)."""
        best = np.ones(len(low))
        for factors in (_COARSE, _REFINED):
            tried = np.minimum(factors[:, None] * best, 1.0)
            lows, highs = low * (tried if move_low else 1.0), high * (tried if move_high else 1.0)
            lows, highs = np.broadcast_to(lows, tried.shape), np.broadcast_to(highs, tried.shape)
            rounding, clipping = candidate_errors(histogram, lows, highs, spec)
            at = np.argmin(rounding + self.clipping_weight * clipping, axis=0)
            best = np.take_along_axis(tried, at[None, :], axis=0)[0]
        return best
