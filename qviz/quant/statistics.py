"""Calibrators that read a range off the data: extremes, percentiles, averages, standard deviations."""

from dataclasses import dataclass

import numpy as np

from qviz.errors import QvizError
from qviz.quant.bins import Doubles
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Spec

Range = tuple[Doubles, Doubles]  # (low, high), each of shape (channels,) where per-channel, else (1,)


def rows(histogram: Histogram, spec: Spec) -> Histogram:
    """What a calibrator looks at: each channel on its own where `spec` is per-channel, else all values together."""
    return histogram if spec.per_channel else histogram.collapsed()


def within(histogram: Histogram, low: Doubles, high: Doubles) -> Range:
    """[low, high] of each row, cut to the values that there are."""
    return np.maximum(low, histogram.channel_min), np.minimum(high, histogram.channel_max)


@dataclass(frozen=True)
class MinMax:
    """All values, nothing clipped."""

    def range(self, histogram: Histogram, spec: Spec) -> Range:
        found = rows(histogram, spec)
        return found.channel_min, found.channel_max


@dataclass(frozen=True)
class Percentile:
    """The outermost values are left out: on each side the share beyond `percent`."""

    percent: float = 99.99

    def range(self, histogram: Histogram, spec: Spec) -> Range:
        each = [histogram.of_channel(i) for i in range(histogram.channels)] if spec.per_channel else [histogram]
        share = self.percent / 100
        low, high = np.array([row.quantile((1 - share, share)) for row in each]).T
        return low, high


@dataclass(frozen=True)
class MovingAverage:
    """The mean of the batches' ranges, so that one unusual batch counts little.

    ONNX Runtime's MinMax calibrator with `moving_average`, all batches weighted alike. Where there is one batch, as of
    a weight, it is min-max.
    """

    def range(self, histogram: Histogram, spec: Spec) -> Range:
        if histogram.watched is None:
            raise QvizError("This calibrator needs the batches themselves: calibrate on data first.")
        stats = histogram.watched.by_channel if spec.per_channel else histogram.watched.whole
        count = max(stats.batches, 1)
        return stats.low_sum / count, stats.high_sum / count


@dataclass(frozen=True)
class Sigma:
    """`n` standard deviations on each side of the mean, as far as there are values.

    4 lies next to the optimum of a Gauss distribution at 8 bits, see `aciq.gauss_clip`.
    """

    n: float = 4.0

    def range(self, histogram: Histogram, spec: Spec) -> Range:
        found = rows(histogram, spec)
        count = np.maximum(found.channel_total, 1)
        mean = found.channel_sum / count
        deviation = np.sqrt(np.maximum(found.channel_energy / count - mean * mean, 0.0))
        return within(found, mean - self.n * deviation, mean + self.n * deviation)
