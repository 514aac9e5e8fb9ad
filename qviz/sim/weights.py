"""Histograms of constants: thinned where they are large, and whole where a calibrator asks."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qviz.quant.batches import watch
from qviz.quant.histogram import Histogram
from qviz.quant.thin import ThinHistogram, thinned

Constants = Mapping[str, NDArray[np.generic]]


def weight_histogram(constants: Constants, names: tuple[str, ...], axis: int | None) -> Histogram:
    """Of some constants together, with rows where there is an `axis`: large ones thinned, others whole."""
    values = [constants[n] for n in names]
    histogram = None if axis is None else thinned(values, axis)
    if histogram is None:
        return whole_histogram(values, axis, names[0])
    histogram.weight, histogram.weights = names[0], names
    return readable(histogram, constants)


def whole_histogram(values: Sequence[NDArray[np.generic]], axis: int | None, weight: str) -> Histogram:
    """Of all values as finely as a histogram goes, seen as one batch; `weight` names the first."""
    histogram = Histogram(axis=axis)
    for value in values:
        histogram.add(value)
    histogram.watched, histogram.weight = watch(values, axis), weight
    return histogram


def readable(histogram: Histogram, constants: Constants) -> Histogram:
    """The same, which can count its values again where it is thinned and the constants are at hand."""
    if isinstance(histogram, ThinHistogram) and all(n in constants for n in histogram.weights):
        values = [constants[n] for n in histogram.weights]
        histogram.full = partial(whole_histogram, values, histogram.axis, histogram.weight)
    return histogram
