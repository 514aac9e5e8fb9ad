"""A weight as an image small enough to travel: output channel by the rest, in blocks of a pixel each.

A block shows one of its weights as it is: the one of largest magnitude, or of largest error. So an outlier is seen at
every zoom, where a mean would drown it; and what is shown is always a weight that exists, with its place.
"""

import numpy as np
from numpy.typing import NDArray

from qviz.graph.model import Model
from qviz.quant.blocks import BlockGrid
from qviz.quant.grid import Grid
from qviz.sim.detail import Kind, WeightImage, WeightPixels

_STRIP = 1 << 18  # weights looked at together

Floats = NDArray[np.float32]


def weight_image(model: Model, request: WeightImage) -> WeightPixels:
    """The image asked for; without pixels where the model has no such weight."""
    quantizer = model.graph.quantizers.get(request.name)
    tensors = () if quantizer is None else quantizer.tensors
    weight = model.constants.get(tensors[request.tensor]) if request.tensor < len(tensors) else None
    if quantizer is None or weight is None or weight.ndim == 0:
        return WeightPixels(request)
    grid, blocks = request.setting.grid, None
    if isinstance(grid, BlockGrid):  # rows of a grid of blocks are no rows of the image
        blocks = as_rows(grid.quantize_dequantize(np.asarray(weight, np.float32), quantizer.axis), quantizer.axis)
    return image_of(as_rows(weight, quantizer.axis), request, blocks)


def as_rows(weight: NDArray[np.generic], axis: int | None) -> NDArray[np.generic]:
    """The weight as (channels, rest), where the rest keeps the order of the other axes. No axis: the first one."""
    return np.moveaxis(weight, axis or 0, 0).reshape(weight.shape[axis or 0], -1)


def image_of(
    weight: NDArray[np.generic], request: WeightImage, quantized: NDArray[np.generic] | None = None
) -> WeightPixels:
    """The part of `weight` (channels, rest) that is asked for, in equal blocks (the last ones may be cut off).

    `quantized` is the whole of it, of the same shape, where the grid cannot be applied row by row.
    """
    top, bottom, left, right = request.part
    tall, wide = -(-(bottom - top) // request.rows), -(-(right - left) // request.columns)
    grid = request.setting.grid
    step = max(1, _STRIP // (tall * (right - left))) * tall
    strips = []
    for first in range(top, bottom, step):
        last = min(first + step, bottom)
        values = np.array(weight[first:last, left:right], np.float32)
        known = None if quantized is None else np.array(quantized[first:last, left:right], np.float32)
        shown = _quantized(values, grid, first, last) if known is None else known
        strips.append(_blocks(values, shown, request.kind, tall, wide))
    return WeightPixels(request, (tall, wide), *(np.concatenate(arrays) for arrays in zip(*strips, strict=True)))


def _quantized(values: Floats, grid: Grid | None, first: int, last: int) -> Floats:
    return values if grid is None else grid.rows(slice(first, last)).quantize_dequantize(values, 0)


def _blocks(
    values: Floats, quantized: Floats, kind: Kind, tall: int, wide: int
) -> tuple[Floats, Floats, NDArray[np.int32]]:
    """(weight, quantized, place within the block) of the weight that stands for each block."""
    rows, columns = -(-values.shape[0] // tall), -(-values.shape[1] // wide)
    size = np.full((rows * tall, columns * wide), -1.0, np.float32)  # what lies beyond the edge is never chosen
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = np.abs(values if kind == "weights" else quantized - values)
    size[: values.shape[0], : values.shape[1]] = np.nan_to_num(sizes, nan=np.inf, posinf=np.inf)
    blocks = size.reshape(rows, tall, columns, wide).transpose(0, 2, 1, 3).reshape(rows, columns, tall * wide)
    place = blocks.argmax(axis=2).astype(np.int32)
    row = np.arange(rows)[:, None] * tall + place // wide
    column = np.arange(columns)[None, :] * wide + place % wide
    return values[row, column], quantized[row, column], place
