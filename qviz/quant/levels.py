"""Grids that are a short list of levels: the centroids of a codebook, and the two values of binary weights."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qviz.quant.bins import Doubles
from qviz.quant.cells import LevelCells
from qviz.quant.encoding import MIN_SCALE
from qviz.quant.grid import Keyed, along
from qviz.quant.mirrored import MirroredGrid, reach

_SIGNS = LevelCells(np.array([-1.0, 1.0]))


@dataclass(frozen=True, eq=False)
class CodebookGrid(Keyed):
    """x^ = the nearest centroid, the upper one of two at the same distance; a NaN becomes the lowest."""

    centroids: NDArray[np.float32]  # distinct and rising

    @property
    def channels(self) -> int:
        return 1

    @property
    def min(self) -> Doubles:
        return self.cells.levels[:1]

    @property
    def max(self) -> Doubles:
        return self.cells.levels[-1:]

    @cached_property
    def key(self) -> Hashable:
        return "codebook", self.centroids.tobytes()

    @property
    def scale(self) -> Doubles:
        return np.ones(1)

    @cached_property
    def cells(self) -> LevelCells:
        return LevelCells(self.centroids.astype(np.float64))

    def levels(self, channel: int = 0) -> Doubles:
        return self.cells.levels

    def rows(self, part: slice) -> "CodebookGrid":
        return self

    def indices(self, x: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Which centroid each value takes: what is stored of a weight, shape of `x`."""
        found = np.searchsorted(self.cells.borders, np.asarray(x, np.float32), side="right")
        return np.where(np.isnan(x), 0, found).astype(np.uint8)

    def quantize_dequantize(self, x: NDArray[np.floating], axis: int | None = None) -> NDArray[np.float32]:
        return self.centroids[self.indices(x)]


@dataclass(frozen=True, eq=False)
class BinaryGrid(MirroredGrid):
    """x^ = -scale below zero, else scale, of shape (channels,); a NaN becomes the lower one."""

    scale: Doubles

    @cached_property
    def key(self) -> Hashable:
        return "binary", self.scale.astype(np.float32).tobytes()

    @property
    def cells(self) -> LevelCells:
        return _SIGNS

    def quantize_dequantize(self, x: NDArray[np.floating], axis: int | None = None) -> NDArray[np.float32]:
        size = along(self.scale, np.ndim(x), axis)
        return np.where(np.asarray(x) >= 0, size, -size)


def codebook_grid(centroids: ArrayLike) -> CodebookGrid:
    """The grid of centroids in any order; equal ones are one."""
    return CodebookGrid(np.unique(np.asarray(centroids, np.float32)))


def binary_grid(low: ArrayLike, high: ArrayLike) -> BinaryGrid:
    """a is the larger edge of the range [low, high], each a number or of shape (channels,), and at least 2**-23."""
    return BinaryGrid(np.maximum(reach(low, high), MIN_SCALE))
