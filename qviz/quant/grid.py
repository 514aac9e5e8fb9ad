"""A grid: the values that a quantized tensor can take, whatever its form."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qviz.quant.bins import Doubles
from qviz.quant.cells import LevelCells


class Grid(Protocol):
    """`Encoding` (integers), `FloatGrid`, `CodebookGrid` and `BinaryGrid` are grids."""

    @property
    def channels(self) -> int:
        """How many rows have levels of their own; 1 for per-tensor."""

    @property
    def min(self) -> Doubles:
        """The lowest level of each row, shape (channels,)."""

    @property
    def max(self) -> Doubles:
        """The highest level of each row, shape (channels,)."""

    @property
    def key(self) -> Hashable:
        """What decides the quantized values: equal keys give equal results for equal inputs."""

    def quantize_dequantize(self, x: NDArray[np.floating], axis: int | None = None) -> NDArray[np.float32]:
        """Each value's level: a new float32 array of the same shape. `axis` is the channel axis.

        Raises ValueError where there are channels and no axis.
        """

    def levels(self, channel: int = 0) -> Doubles:
        """The distinct levels of a row in rising order, at most 65,536; each is exact in float32."""

    def rows(self, part: slice) -> "Grid":
        """The grid of some of the rows; one of a single row stays as it is."""


@runtime_checkable
class ScaledGrid(Grid, Protocol):
    """A grid whose rows differ by their scale alone: the levels of row c are scale[c] * cells.levels."""

    @property
    def scale(self) -> Doubles:
        """Shape (channels,)."""

    @property
    def cells(self) -> LevelCells:
        """Of the levels at scale 1."""


class Keyed(ABC):
    """Equal to another of its class with the same key."""

    @property
    @abstractmethod
    def key(self) -> Hashable:
        """What decides the quantized values."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def along(values: ArrayLike, ndim: int, axis: int | None) -> NDArray[np.float32]:
    """One value a channel, shaped to go with an array of `ndim` axes. Raises ValueError where `axis` is missing."""
    rows = np.asarray(values, np.float32)
    shape = [1] * ndim
    if len(rows) > 1:
        if axis is None:
            raise ValueError("a per-channel grid needs the channel axis")
        shape[axis] = -1
    elif ndim:
        shape = [1]
    return rows.reshape(shape)
