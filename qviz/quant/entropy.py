"""The entropy calibrator: the clip whose quantized distribution tells most of the original one."""

from dataclasses import dataclass

import numpy as np

from qviz.quant.bins import Doubles, Ints
from qviz.quant.histogram import Histogram
from qviz.quant.spec import UniformSpec
from qviz.quant.statistics import Range, rows, within

BINS = 2048
_STRIDE_OF_ROWS = 16  # per-channel, every 16th clip is tried, so that hundreds of channels take a fraction of a second


@dataclass(frozen=True)
class Entropy:
    """The clip of the smallest Kullback-Leibler divergence between the values and what quantization leaves of them.

    TensorRT's way (Migacz, "8-bit Inference with TensorRT", 2017): 2,048 bins of the magnitude; for every clip at an
    edge of a bin, P is what lies below it with the rest put into the last bin, Q the same merged into as many levels
    as the grid has on one side and spread again over the bins that are not empty. The bin at zero counts as its
    neighbour, as in NVIDIA's pytorch-quantization, else a Relu's zeros decide. Where the grid has 2,048 levels or more
    there is nothing to decide, and the range is that of all values.
    """

    def range(self, histogram: Histogram, spec: UniformSpec) -> Range:
        found = rows(histogram, spec)
        clip = np.array([self._clip(found.of_channel(i), spec) for i in range(found.channels)])
        return within(found, -clip, clip)

    def _clip(self, row: Histogram, spec: UniformSpec) -> float:
        top = max(-row.min, row.max)
        one_sided = row.min >= 0 or row.max <= 0
        levels = 2 ** (spec.bits if one_sided and not spec.signed_steps else spec.bits - 1)
        if not top or levels >= BINS:
            return top
        both = row.resample(np.linspace(-top, top, 2 * BINS + 1))
        counts = both[BINS:] + both[BINS - 1 :: -1]
        counts[0] = counts[1]
        clips = np.arange(levels, BINS + 1, _STRIDE_OF_ROWS if spec.per_channel else 1)
        return float(top * clips[np.argmin(divergence(counts, clips, levels))] / BINS)


def divergence(counts: Doubles, clips: Ints, levels: int) -> Doubles:
    """Kullback-Leibler divergence for each clip (a number of bins), shape (clips,); infinite where P has what Q lacks.

    `counts` has shape (bins,). Written with running sums, since Q is the same throughout a level.
    """
    running, filled = _running(counts), _running(counts > 0)
    own = _running(counts * np.log(np.where(counts > 0, counts, 1.0)))
    last, beyond, total = counts[clips - 1], running[-1] - running[clips], running[-1]
    entropy = own[clips] - _x_log_x(last) + _x_log_x(last + beyond)
    edges = -(-clips[:, None] * np.arange(levels + 1) // levels)
    mass, width = np.diff(running[edges], axis=1), np.diff(filled[edges], axis=1)
    height = np.log(np.where(mass > 0, mass, 1.0) / np.where(mass > 0, width, 1.0))
    cross = (mass * height).sum(axis=1) + beyond * height[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        result = (entropy - cross) / total - np.log(total) + np.log(running[clips])
    return np.where((last > 0) | (beyond <= 0), result, np.inf)


def _running(values: np.ndarray) -> Doubles:
    return np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))


def _x_log_x(x: Doubles) -> Doubles:
    return x * np.log(np.where(x > 0, x, 1.0))
