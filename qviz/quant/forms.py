"""From a clip range, or what a file stored, to the grid of any form."""

import numpy as np
from numpy.typing import ArrayLike

from qviz.quant.encoding import Encoding, encoding_from_range
from qviz.quant.floats import FloatGrid, float_grid
from qviz.quant.levels import BinaryGrid, binary_grid
from qviz.quant.spec import BinarySpec, FloatSpec, IntegerSpec

ScaledSpec = IntegerSpec | FloatSpec | BinarySpec  # forms whose grid a range alone decides


def grid_from_range(low: ArrayLike, high: ArrayLike, spec: ScaledSpec) -> Encoding | FloatGrid | BinaryGrid:
    """The grid of the range [low, high], each a number or of shape (channels,); floats of 16 bits disregard it."""
    if isinstance(spec, FloatSpec):
        return float_grid(spec.format, low, high) if spec.scaled else FloatGrid(spec.format, np.ones(1))
    return binary_grid(low, high) if isinstance(spec, BinarySpec) else encoding_from_range(low, high, spec)


def grid_from_scale(scale: ArrayLike, offset: ArrayLike, spec: ScaledSpec) -> Encoding | FloatGrid | BinaryGrid:
    """The grid of scales and, of integers, offsets, both of shape (channels,), exactly as they are."""
    sizes = np.asarray(scale, np.float64)
    if isinstance(spec, FloatSpec):
        return FloatGrid(spec.format, sizes if spec.scaled else np.ones(1))
    if isinstance(spec, BinarySpec):
        return BinaryGrid(sizes)
    return Encoding(sizes, np.asarray(offset, np.int64), spec.steps)
