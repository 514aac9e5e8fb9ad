"""Scales of blocks in files: which of them belongs to which block of a weight, and whether they fit it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qviz.encodings import IMPORTED, Setting, Stored
from qviz.errors import QvizError, Text
from qviz.formats.values import positive_scale, whole
from qviz.graph.graph import Quantizer
from qviz.quant.blocks import block_count, input_axis
from qviz.quant.spec import UniformSpec

LARGEST_RANK = 6


def block_setting(spec: UniformSpec, scale: Sequence[object], offset: Sequence[object]) -> Setting:
    """The setting of blocks in the order of the file. Raises QvizError for what cannot be a scale or an offset."""
    scales, offsets = tuple(map(positive_scale, scale)), tuple(map(whole, offset))
    if not scales or len(scales) != len(offsets):
        raise QvizError(
            "The entry has {scales} scales and {offsets} offsets.", scales=len(scales), offsets=len(offsets)
        )
    if not all(-spec.steps <= o <= 0 for o in offsets):
        raise QvizError("The offset of {bits} bits must lie from {low} to 0.", bits=spec.bits, low=-spec.steps)
    return Setting(spec=spec, stored=Stored(scales, offsets), source=IMPORTED)


def nested(values: object) -> NDArray[Any]:
    """Lists in lists as an array. Raises QvizError where they are ragged."""
    try:
        table = np.array(values, dtype=object)
    except ValueError:
        table = np.zeros(0, object)
    if not 2 <= table.ndim <= LARGEST_RANK or any(isinstance(v, list) for v in table.reshape(-1)[:1]):
        raise QvizError("The scales of the blocks are no table.")
    return table


def block_scales(numbers: NDArray[Any], channels: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers of blocks times scales of their channels. Raises QvizError where they are none or do not fit."""
    try:
        shape = np.broadcast_shapes(numbers.shape, channels.shape)
    except ValueError:
        shape = ()
    if shape != numbers.shape:
        raise QvizError("The scales of blocks and channels do not fit each other.")
    wholes, scales = (np.frompyfunc(f, 1, 1)(a) for f, a in ((whole, numbers), (positive_scale, channels)))
    product: NDArray[Any] = wholes * scales
    return product


def fitted_blocks(setting: Setting, axis: int | None, quantizer: Quantizer) -> Setting | Text:
    """Blocks as `quantizer` has them, or why they are not its own; `axis` None: in the order of AIMET's 1.0.0.

    That is the weight's own order, but for matrices: their scales come row by row of output channels.
    """
    spec, stored, shape = setting.spec, setting.stored, quantizer.shape or ()
    assert isinstance(spec, UniformSpec)
    assert stored is not None
    whole_shape = tuple(d for d in shape if isinstance(d, int))
    if quantizer.axis is None or len(whole_shape) != len(shape) or len(shape) < 2:
        return Text("Only weights of layers have blocks.")
    blocks = block_count(whole_shape, quantizer.axis, spec.block)
    if axis is not None and axis != quantizer.axis:
        values = {"axis": axis, "expected": quantizer.axis}
        return Text("Its channels are on axis {axis}, but the operator's are on axis {expected}.", values)
    if len(stored.scale) != blocks * quantizer.channels:
        values = {"scales": len(stored.scale), "blocks": blocks * quantizer.channels, "size": spec.block}
        return Text("It has {scales} scales, but the tensor has {blocks} blocks of {size}.", values)
    if axis is not None or input_axis(quantizer.axis) > quantizer.axis or len(shape) == 2:
        return setting
    rows = [np.array(v, object).reshape(blocks, -1).T.reshape(-1) for v in (stored.scale, stored.offset)]
    return replace(setting, stored=Stored(tuple(rows[0]), tuple(rows[1])))
