"""What one QuantizeLinear or DequantizeLinear says of a tensor: the setting that it stands for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from qviz.encodings import IMPORTED, Setting, Stored
from qviz.graph.draft import Array, attribute
from qviz.quant.blocks import input_axis
from qviz.quant.encoding import MIN_SCALE
from qviz.quant.floats import DTYPES
from qviz.quant.spec import MAX_BITS, MIN_BITS, BinarySpec, FloatSpec, Granularity, Scheme, Spec, UniformSpec

DEQUANTIZE = "DequantizeLinear"
Limits = tuple[int, int]  # lowest and highest code
FLOATS = {np.dtype(kind).name: format for format, kind in DTYPES.items()}


@dataclass(frozen=True)
class Grid:
    """What one Q or DQ says. `axis` None: one scale for the tensor. `setting` None: a form that no Setting holds."""

    setting: Setting | None
    axis: int | None


def zero_point(node: onnx.NodeProto, constants: Mapping[str, Array]) -> Array | None:
    return constants.get(node.input[2]) if len(node.input) > 2 and node.input[2] else None


def axis_of(node: onnx.NodeProto) -> int:
    return int(attribute(node, "axis", 1))


def grid_of(node: onnx.NodeProto, constants: Mapping[str, Array], limits: Limits | None = None) -> Grid:
    """What a Q or DQ says of codes within `limits`, by default all that their type has."""
    scale, zero = constants.get(node.input[1]), zero_point(node, constants)
    kind = zero.dtype if zero is not None else _stored_type(node, constants)
    if scale is None:
        return Grid(None, None)  # made at run time
    if kind.name in FLOATS:
        return _floats(node, kind, scale, zero)
    bits, low, strict = _width(kind, limits)
    if not MIN_BITS <= bits <= MAX_BITS:
        return Grid(None, None)  # limits of no bit-width
    block = int(attribute(node, "block_size", 0))
    if scale.ndim > 1 and not block:
        return Grid(None, None)
    points = np.zeros(scale.shape, np.int64) if zero is None else zero.astype(np.int64)
    offset = low - points
    scheme = _scheme(bits, offset, strict)
    if block:
        return _blocks(node, constants, UniformSpec(bits, scheme, Granularity.PER_BLOCK, block), scale, offset)
    per_channel = scale.ndim == 1 and scale.size > 1
    spec = UniformSpec(bits, scheme, Granularity.PER_CHANNEL if per_channel else Granularity.PER_TENSOR)
    return Grid(_imported(spec, scale, offset), axis_of(node) if per_channel else None)


def _imported(spec: Spec, scale: Array, offset: Array) -> Setting:
    """The setting of these scales and offsets. Raises ValueError where they are none that can be."""
    scale = np.where(scale == 0, MIN_SCALE, scale.astype(np.float64))  # some write 0 for a channel of zeros
    if not (np.isfinite(scale) & (scale > 0)).all() or scale.size != offset.size or not scale.size:
        raise ValueError("scale")
    stored = Stored(tuple(map(float, scale.reshape(-1))), tuple(map(int, offset.reshape(-1))))
    return Setting(spec=spec, stored=stored, source=IMPORTED)


def _scheme(bits: int, offset: Array, strict: bool) -> Scheme:
    if strict:
        return Scheme.SYMMETRIC_STRICT
    symmetric = bits > 1 and (offset == -(2 ** (bits - 1))).all()
    return Scheme.SYMMETRIC if symmetric else Scheme.ASYMMETRIC


def _floats(node: onnx.NodeProto, kind: np.dtype, scale: Array, zero: Array | None) -> Grid:
    """float8 with a scale; a zero point other than 0 is a form that no Setting holds."""
    if scale.ndim > 1 or (zero is not None and zero.astype(np.float32).any()):
        return Grid(None, None)
    per_channel = scale.size > 1
    spec = FloatSpec(Granularity.PER_CHANNEL if per_channel else Granularity.PER_TENSOR, FLOATS[kind.name])
    return Grid(_imported(spec, scale, np.zeros(scale.size, np.int64)), axis_of(node) if per_channel else None)


def _blocks(
    node: onnx.NodeProto, constants: Mapping[str, Array], spec: UniformSpec, scale: Array, offset: Array
) -> Grid:
    """Blocks along the axis of input channels, alike over whatever else the weight has, such as a kernel."""
    codes, along = constants.get(node.input[0]), axis_of(node)
    out = 0 if along == 1 else along + 1
    if codes is None or out >= codes.ndim or input_axis(out) != along:
        return Grid(None, None)
    tables = [np.moveaxis(a, (out, along), (0, 1)).reshape(a.shape[out], a.shape[along], -1) for a in (scale, offset)]
    if any((t != t[:, :, :1]).any() for t in tables):
        return Grid(None, None)
    return Grid(_imported(spec, tables[0][:, :, 0], tables[1][:, :, 0]), out)


def binary_grid(codes: Array, grid: Grid) -> Grid:
    """The same grid as binary weights where all codes are -1 and 1, around zero point 0."""
    setting = grid.setting
    if setting is None or setting.stored is None or codes.dtype != np.int8 or not (np.abs(codes) == 1).all():
        return grid
    stored = Stored(setting.stored.scale, (0,) * len(setting.stored.scale))
    return Grid(Setting(spec=BinarySpec(setting.spec.granularity), stored=stored, source=IMPORTED), grid.axis)


def _stored_type(node: onnx.NodeProto, constants: Mapping[str, Array]) -> np.dtype:
    value = constants.get(node.input[0])
    return value.dtype if node.op_type == DEQUANTIZE and value is not None else np.dtype(np.uint8)


def _width(kind: np.dtype, limits: Limits | None) -> tuple[int, int, bool]:
    """Bits (0 where no bit-width has that many codes), lowest code, and whether one code is left out."""
    if limits is None:
        name = kind.name
        if not name.startswith(("int", "uint")):
            return 0, 0, False
        bits = int(name.removeprefix("u").removeprefix("int"))
        return bits, 0 if name.startswith("u") else -(2 ** (bits - 1)), False
    low, high = limits
    bits = (high - low).bit_length()
    missing = 2**bits - 1 - (high - low)
    return bits if missing in (0, 1) else 0, low, missing == 1


def strict_limits(node: onnx.NodeProto, codes: Array, constants: Mapping[str, Array]) -> Limits | None:
    """The codes of a strict symmetric grid in a type with one code more, told by the codes that a constant uses.

    Unsigned codes around their middle that never use the last, or signed ones around 0 that never use the lowest.
    """
    points = zero_point(node, constants)
    if codes.dtype.name.startswith("int") and (points is None or not points.astype(np.int64).any()):
        half = 2 ** (int(codes.dtype.name.removeprefix("int")) - 1)
        return (1 - half, half - 1) if codes.astype(np.int64).min(initial=0) > -half and half > 2 else None
    if points is None or not points.dtype.name.startswith("uint"):
        return None
    last = 2 ** int(points.dtype.name.removeprefix("uint")) - 1
    strict = (points.astype(np.int64) == last // 2).all() and codes.astype(np.int64).max(initial=0) < last
    return (0, last - 1) if strict and last > 1 else None


def dequantized(node: onnx.NodeProto, codes: Array, constants: Mapping[str, Array]) -> NDArray[np.float32]:
    scale, zero = constants[node.input[1]].astype(np.float32), zero_point(node, constants)
    points = np.zeros_like(scale) if zero is None else zero.astype(np.float32).reshape(scale.shape)
    axis, block = axis_of(node), int(attribute(node, "block_size", 0))
    if block:
        scale, points = (np.repeat(a, block, axis).take(range(codes.shape[axis]), axis) for a in (scale, points))
    elif scale.size > 1:
        form = [1] * codes.ndim
        form[axis] = -1
        scale, points = scale.reshape(form), points.reshape(form)
    else:
        scale, points = scale.reshape(()), points.reshape(())
    return ((codes.astype(np.float32) - points) * scale).astype(np.float32)
