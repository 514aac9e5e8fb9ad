"""ACIQ: the clip that is best for a Gauss or a Laplace distribution, in closed form, whichever fits better.

Banner, Nahshan, Hoffer, Soudry: "ACIQ: Analytical Clipping for Integer Quantization of neural networks" (2018).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from qviz.quant.bins import Doubles
from qviz.quant.histogram import Histogram
from qviz.quant.spec import UniformSpec
from qviz.quant.statistics import Range, rows, within


@lru_cache
def laplace_clip(bits: int) -> float:
    """Best clip in units of b. The error 2 exp(-a) + a^2 / (3 * 4^bits) is least where a exp(a) = 3 * 4^bits."""
    return _root(lambda a: a * math.exp(a) - 3.0 * 4.0**bits)


@lru_cache
def gauss_clip(bits: int) -> float:
    """Best clip in standard deviations.

    With density f and upper tail Q the clipping error has the derivative -4 (f(a) - a Q(a)), the rounding error
    a^2 / (3 * 4^bits) has 2 a / (3 * 4^bits).
    """

    def slope(a: float) -> float:
        density, tail = math.exp(-a * a / 2) / math.sqrt(2 * math.pi), math.erfc(a / math.sqrt(2)) / 2
        return a / (3.0 * 4.0**bits) - 2.0 * (density - a * tail)

    return _root(slope)


def _root(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class ACIQ:
    """The closed-form clip about the mean; about zero where symmetric.

    Where no value is negative, or none positive, the values other than zero are taken for one half of a distribution,
    as a Relu leaves it, and all codes serve that half: the clip of one bit more. The fit is the distribution of the
    larger likelihood: Laplace has log(2 b) + 1, Gauss log(2 pi s^2) / 2 + 1/2 of negative log likelihood a value.
    """

    def range(self, histogram: Histogram, spec: UniformSpec) -> Range:
        found = rows(histogram, spec)
        one_sided = (found.channel_min >= 0) | (found.channel_max <= 0)
        count = np.maximum(found.channel_total - np.where(one_sided, found.channel_zeros, 0), 1)
        mean = np.where(one_sided | spec.symmetric, 0.0, found.channel_sum / count)
        b = found.channel_deviation(mean) / count
        s = np.sqrt(np.maximum(found.channel_energy / count - mean * mean, 0.0))
        half = one_sided & (not spec.signed_steps)
        bits = np.where(half, spec.bits + 1, spec.bits)
        clip = np.where(_laplace_fits(b, s), b * _clips(laplace_clip, bits), s * _clips(gauss_clip, bits))
        return within(found, mean - clip, mean + clip)


def _clips(clip: Callable[[int], float], bits: np.ndarray) -> Doubles:
    return np.array([clip(int(n)) for n in bits])


def _laplace_fits(b: Doubles, s: Doubles) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(2 * b) + 1 < np.log(2 * np.pi * s * s) / 2 + 0.5
