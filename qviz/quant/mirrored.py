"""What grids have in common whose levels lie alike on both sides of zero, such as floats and binary weights."""

from abc import abstractmethod
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from qviz.quant.bins import Doubles
from qviz.quant.cells import LevelCells
from qviz.quant.encoding import LARGEST
from qviz.quant.grid import Keyed


class MirroredGrid(Keyed):
    """A `ScaledGrid`; who inherits it is a frozen dataclass with the field `scale`, of shape (channels,)."""

    scale: Doubles

    @property
    @abstractmethod
    def cells(self) -> LevelCells:
        """Of the levels at scale 1."""

    @property
    def channels(self) -> int:
        return len(self.scale)

    @property
    def min(self) -> Doubles:
        return -self.max

    @property
    def max(self) -> Doubles:
        return self.scale * self.cells.levels[-1]

    def levels(self, channel: int = 0) -> Doubles:
        size = np.float32(self.scale[channel if self.channels > 1 else 0])
        return (self.cells.levels.astype(np.float32) * size).astype(np.float64)

    def rows(self, part: slice) -> Self:
        return self if self.channels == 1 else replace(self, scale=self.scale[part])  # type: ignore[type-var]


def reach(low: ArrayLike, high: ArrayLike) -> Doubles:
    """The larger edge of the range [low, high], each a number or of shape (channels,); infinity counts as LARGEST."""
    found = np.nan_to_num(np.maximum(np.abs(low), np.abs(high)), nan=0.0, posinf=LARGEST)
    return np.atleast_1d(found)
