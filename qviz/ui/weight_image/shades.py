"""How strongly each pixel is coloured: against the largest weight of the tensor, or of the pixel's own channel."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qviz.quant.blocks import BlockGrid
from qviz.quant.encoding import Encoding
from qviz.quant.grid import Grid, ScaledGrid
from qviz.quant.histogram import Histogram
from qviz.sim.detail import WeightPixels

Side = Literal["float", "quantized", "difference"]
SIDES: tuple[Side, ...] = ("float", "quantized", "difference")
Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Limits:
    """Values at the ends of the colour bars, for weights and for differences; `channels`: what a row is divided by."""

    weights: float
    difference: float
    channels: Doubles | None = None  # None: all by 1

    def of(self, side: Side) -> float:
        return self.difference if side == "difference" else self.weights


def limits_of(histogram: Histogram, grid: Grid | None, by_channel: bool) -> Limits:
    """Largest magnitude, and the largest error that rounding or clipping can make of a channel's values."""
    low, high = histogram.channel_min, histogram.channel_max
    size = np.maximum(np.maximum(-low, high), 0.0)
    error = np.zeros_like(size)
    if grid is not None:
        gap, lowest, highest = (_by_channel(edge, len(size)) for edge in (-widest_gap(grid), grid.min, -grid.max))
        rounding = -gap / 2
        error = np.maximum(np.maximum(rounding, high + highest), lowest - low)
        error = np.where(size > 0, np.minimum(error, np.maximum(size, rounding)), 0.0)
    if not by_channel:
        return Limits(float(size.max()) or 1.0, float(error.max()) or 1.0)
    size = np.where(size > 0, size, 1.0)
    return Limits(1.0, min(float((error / size).max()), 1.0) or 1.0, size)


def widest_gap(grid: Grid) -> Doubles:
    """The largest distance between neighbouring levels, shape (channels,)."""
    if isinstance(grid, Encoding | BlockGrid):
        return (grid if isinstance(grid, Encoding) else grid.encoding).scale
    if isinstance(grid, ScaledGrid):
        return np.asarray(grid.scale * np.diff(grid.cells.levels).max(initial=0.0))
    return np.array([np.diff(grid.levels(i)).max(initial=0.0) for i in range(grid.channels)])


def _by_channel(edges: Doubles, channels: int) -> Doubles:
    """The smallest of each channel's rows, shape (channels,) or (1,): of blocks there are several in each."""
    return edges if len(edges) in (1, channels) else edges.reshape(channels, -1).min(axis=1)


def shares(pixels: WeightPixels, side: Side, limits: Limits) -> NDArray[np.floating]:
    """Values −1…1 of the pixels of one side."""
    assert pixels.weight is not None
    assert pixels.quantized is not None
    with np.errstate(invalid="ignore", over="ignore"):
        sides = {"float": pixels.weight, "quantized": pixels.quantized, "difference": pixels.quantized - pixels.weight}
        values: NDArray[np.floating] = sides[side]
        if limits.channels is not None:
            values = values / limits.channels[rows_of(pixels)]
        return np.asarray(values / limits.of(side))


def rows_of(pixels: WeightPixels) -> NDArray[np.int64]:
    """The output channel of the weight that each pixel shows."""
    assert pixels.place is not None
    tall, wide = pixels.block
    first = pixels.request.part[0] + tall * np.arange(pixels.place.shape[0])[:, None]
    return np.asarray(first + pixels.place // wide, np.int64)


@dataclass(frozen=True)
class Found:
    """The weight that a pixel shows: where it is, and what becomes of it."""

    channel: int
    index: int  # within the channel
    value: float
    quantized: float
    block: tuple[int, int]


def found_at(pixels: WeightPixels, row: float, column: float) -> Found | None:
    """What the pixel at a place (in rows and columns of the weight) shows."""
    if pixels.weight is None or pixels.quantized is None or pixels.place is None:
        return None
    top, bottom, left, right = pixels.request.part
    if not (top <= row < bottom and left <= column < right):
        return None
    tall, wide = pixels.block
    i, j = int((row - top) // tall), int((column - left) // wide)
    place = int(pixels.place[i, j])
    channel, index = top + i * tall + place // wide, left + j * wide + place % wide
    return Found(channel, index, float(pixels.weight[i, j]), float(pixels.quantized[i, j]), pixels.block)
