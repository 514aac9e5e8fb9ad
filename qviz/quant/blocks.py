"""Per-block integers: so many values along the input-channel axis of one output channel share scale and offset.

A weight is seen as rows: block by block of the first output channel, then of the second. The last block may be short.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qviz.quant.bins import Doubles
from qviz.quant.encoding import Encoding, dequantize, quantize, quantize_dequantize
from qviz.quant.grid import Keyed


@dataclass(frozen=True, eq=False)
class BlockGrid(Keyed):
    """The grids of all blocks, rows of `encoding`; `block` values along the input-channel axis share one."""

    encoding: Encoding
    block: int

    @property
    def channels(self) -> int:
        """The number of blocks."""
        return self.encoding.channels

    @property
    def min(self) -> Doubles:
        return self.encoding.min

    @property
    def max(self) -> Doubles:
        return self.encoding.max

    @cached_property
    def key(self) -> Hashable:
        return "block", self.block, self.encoding.key

    def levels(self, channel: int = 0) -> Doubles:
        return self.encoding.levels(channel)

    def rows(self, part: slice) -> Encoding:
        return self.encoding.rows(part)

    def quantize_dequantize(self, x: NDArray[np.floating], axis: int | None = None) -> NDArray[np.float32]:
        """`x` on the grid; `axis` is that of output channels. Raises ValueError where the blocks do not fit `x`."""
        rows = self._rows_of(x, axis)
        return from_rows(quantize_dequantize(rows, self.encoding, 0), x.shape, axis, self.block)

    def codes(self, x: NDArray[np.floating], axis: int | None = None) -> NDArray[np.uint16]:
        """Codes 0..steps, shape of `x`."""
        return from_rows(quantize(self._rows_of(x, axis), self.encoding, 0), x.shape, axis, self.block)

    def of_codes(self, codes: NDArray[np.integer], axis: int | None = None) -> NDArray[np.float32]:
        """The values of codes 0..steps."""
        return from_rows(dequantize(self._rows_of(codes, axis), self.encoding, 0), codes.shape, axis, self.block)

    def _rows_of(self, x: NDArray[Any], axis: int | None) -> NDArray[Any]:
        rows = to_rows(x, axis, self.block)
        if len(rows) != self.channels:
            raise ValueError(f"{self.channels} blocks do not fit a tensor of {len(rows)}")
        return rows


def input_axis(axis: int | None) -> int:
    """The axis along which blocks lie: that of input channels, beside the `axis` of output channels."""
    return axis - 1 if axis else 1


def block_count(shape: tuple[int, ...], axis: int | None, block: int) -> int:
    """Number of blocks in each output channel of a weight of this shape."""
    return -(-shape[input_axis(axis)] // block)


def block_extremes(x: NDArray[np.generic], axis: int | None, block: int) -> tuple[Doubles, Doubles]:
    """(lowest, highest) of zero and the values of each block, shape (output channels * blocks,)."""
    rows = to_rows(np.asarray(x, np.float32), axis, block)
    low, high = np.fmin(rows.min(axis=1), 0), np.fmax(rows.max(axis=1), 0)
    return low.astype(np.float64), high.astype(np.float64)


def to_rows(x: NDArray[Any], axis: int | None, block: int) -> NDArray[Any]:
    """A weight of two axes or more as (output channels * blocks, values), a short last block filled up with zeros."""
    moved = np.moveaxis(x, (axis or 0, input_axis(axis)), (0, 1))
    outputs, inputs = moved.shape[:2]
    if missing := -inputs % block:
        moved = np.pad(moved, [(0, 0), (0, missing), *[(0, 0)] * (x.ndim - 2)])
    return moved.reshape(outputs * ((inputs + missing) // block), -1)


def from_rows(rows: NDArray[Any], shape: tuple[int, ...], axis: int | None, block: int) -> NDArray[Any]:
    """The inverse of `to_rows`: a weight of this shape, in C order."""
    first, second = axis or 0, input_axis(axis)
    rest = [n for at, n in enumerate(shape) if at not in (first, second)]
    blocks = block_count(shape, axis, block)
    full = rows.reshape(shape[first], blocks * block, *rest)[:, : shape[second]]
    return np.ascontiguousarray(np.moveaxis(full, (0, 1), (first, second)))
