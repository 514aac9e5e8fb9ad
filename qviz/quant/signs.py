"""The size `a` of binary and ternary weights."""

import numpy as np

from qviz.quant.bins import Doubles
from qviz.quant.histogram import Histogram

_THRESHOLD = 0.7  # of the mean magnitude: Ternary Weight Networks' start
_ROUNDS = 100


def binary_size(histogram: Histogram) -> Doubles:
    """Mean magnitude of each row, shape (channels,): of all sizes the one of the least squared error.

    XNOR-Net (Rastegari et al. 2016), equation 6. Exact: bins hold values of one sign.
    """
    return _mean(np.ones(len(histogram.bins)), histogram)


def ternary_size(histogram: Histogram) -> Doubles:
    """Mean magnitude of what lies nearer to a than to zero, for each row, shape (channels,).

    Ternary Weight Networks (Li et al. 2016) take the mean beyond 0.7 times the mean magnitude; from there Lloyd's steps
    (beyond a / 2) until nothing changes, which makes it an optimum for rounding to the nearest. Each bin counts whole.
    """
    bins = histogram.bins
    size = np.abs(bins.sum) / np.maximum(bins.count, 1)
    threshold = _THRESHOLD * binary_size(histogram)
    inside = size > threshold[bins.channel]
    for _ in range(_ROUNDS):
        found = _mean(inside.astype(np.float64), histogram)
        before, inside = inside, size > found[bins.channel] / 2.0
        if np.array_equal(before, inside):
            break
    return found


def _mean(share: Doubles, histogram: Histogram) -> Doubles:
    bins = histogram.bins
    total = np.bincount(bins.channel, share * np.abs(bins.sum), minlength=histogram.channels)
    return total / np.maximum(np.bincount(bins.channel, share * bins.count, minlength=histogram.channels), 1)
