"""How each form is said in ONNX: integers and float8 by QuantizeLinear and DequantizeLinear, the others by plain nodes.

Floats of 16 bits are a pair of Casts, behind a Clip because a Cast does not saturate. A codebook is a Gather from its
centroids. Binary weights are the integers -1 and 1. Blocks are a DequantizeLinear with `block_size`.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from qviz.formats.qdq_codes import NO_CLIP, PLAIN_OPSET, WIDE_OPSET, Container, container_of, zero_points
from qviz.formats.qdq_nodes import Nodes
from qviz.quant.blocks import BlockGrid, block_count, input_axis
from qviz.quant.encoding import Encoding, quantize
from qviz.quant.floats import DTYPES, FloatGrid, largest
from qviz.quant.grid import Grid, along
from qviz.quant.levels import BinaryGrid, CodebookGrid
from qviz.quant.spec import FloatFormat

FLOATS = {
    FloatFormat.FLOAT16: TensorProto.FLOAT16,
    FloatFormat.BFLOAT16: TensorProto.BFLOAT16,
    FloatFormat.FLOAT8_E4M3FN: TensorProto.FLOAT8E4M3FN,
    FloatFormat.FLOAT8_E5M2: TensorProto.FLOAT8E5M2,
}
FLOAT8 = (FloatFormat.FLOAT8_E4M3FN, FloatFormat.FLOAT8_E5M2)
FLOAT8_OPSET = 19
Floats = NDArray[np.float32]


def opset_of(grid: Grid, constant: bool, signed: bool) -> int:
    """The first opset that can say this grid."""
    if isinstance(grid, Encoding):
        return container_of(grid, constant, signed).opset
    if isinstance(grid, BlockGrid):
        return WIDE_OPSET
    return FLOAT8_OPSET if isinstance(grid, FloatGrid) and grid.format in FLOAT8 else PLAIN_OPSET


def constant(nodes: Nodes, name: str, value: Floats, grid: Grid, axis: int | None, signed: bool) -> None:
    """Store `value` on `grid`; the last node makes `name`. `axis` is the channel axis."""
    if isinstance(grid, Encoding):
        _integers(nodes, name, quantize(value, grid, axis), grid, axis, signed)
    elif isinstance(grid, BlockGrid):
        _blocks(nodes, name, value, grid, axis)
    elif isinstance(grid, CodebookGrid):
        _codebook(nodes, name, value, grid)
    elif isinstance(grid, BinaryGrid):
        signs = np.where(value >= 0, 1, -1)
        _dequantize(nodes, nodes.codes(f"{name}_quantized", signs, TensorProto.INT8), grid.scale, 0, name, axis)
    elif isinstance(grid, FloatGrid):
        _float_constant(nodes, name, value, grid, axis)
    else:
        raise TypeError(type(grid).__name__)


def pair(nodes: Nodes, source: str, grid: Grid, result: str, signed: bool) -> None:
    """The nodes that bring the activation `source` to `grid`; the last one makes `result`."""
    if isinstance(grid, FloatGrid) and grid.format not in FLOAT8:
        _casts(nodes, source, grid.format, result)
    elif isinstance(grid, FloatGrid):
        scale = _scale(nodes, source, grid)
        stored = nodes.append("QuantizeLinear", [source, *scale], f"{source}_quantized")
        nodes.make("DequantizeLinear", [stored, *scale], result)
    elif isinstance(grid, Encoding):
        container = container_of(grid, signed=signed)
        scale = _grid(nodes, source, grid, container)
        stored = nodes.append("QuantizeLinear", [source, *scale], f"{source}_quantized")
        nodes.make("DequantizeLinear", [_clipped(nodes, source, stored, grid, container), *scale], result)
    else:
        raise TypeError(type(grid).__name__)


# --- integers -----------------------------------------------------------------------------------------------------


def _integers(
    nodes: Nodes, name: str, codes: NDArray[np.uint16], grid: Encoding, axis: int | None, signed: bool
) -> None:
    container = container_of(grid, constant=True, signed=signed)
    stored = nodes.codes(f"{name}_quantized", codes.astype(np.int32) - container.zero, container.type)
    clipped = _clipped(nodes, name, stored, grid, container)
    nodes.make("DequantizeLinear", [clipped, *_grid(nodes, name, grid, container)], name, **_along(grid.channels, axis))


def _clipped(nodes: Nodes, tensor: str, codes: str, grid: Encoding, container: Container) -> str:
    """The codes kept in 0..steps, where their type has more."""
    if not container.clipped:
        return codes
    kind = TensorProto.INT32 if container.type == NO_CLIP else container.type
    limits = [nodes.codes(f"{tensor}_{w}", np.array(v), kind) for w, v in (("low", 0), ("high", grid.steps))]
    if kind != container.type:
        codes = nodes.append("Cast", [codes], f"{tensor}_wide", to=kind)
    codes = nodes.append("Clip", [codes, *limits], f"{tensor}_clipped")
    if kind != container.type:
        codes = nodes.append("Cast", [codes], f"{tensor}_narrow", to=container.type)
    return codes


def _grid(nodes: Nodes, tensor: str, grid: Encoding, container: Container) -> list[str]:
    """Names of scale and zero point: scalars where per tensor."""
    form = (-1,) if grid.channels > 1 else ()
    zeros = zero_points(tensor, grid) - container.zero
    return [
        nodes.floats(f"{tensor}_scale", grid.scale.astype(np.float32).reshape(form)),
        nodes.codes(f"{tensor}_zero_point", zeros.reshape(form), container.type),
    ]


def _blocks(nodes: Nodes, name: str, value: Floats, grid: BlockGrid, axis: int | None) -> None:
    """Scale and zero point of a block are repeated over what else the tensor has, such as the places of a kernel."""
    container = container_of(grid.encoding, constant=True)
    stored = nodes.codes(f"{name}_quantized", grid.codes(value, axis), container.type)
    clipped = _clipped(nodes, name, stored, grid.encoding, container)
    along_axis, out = input_axis(axis), axis or 0
    blocks = block_count(value.shape, axis, grid.block)
    shape = [blocks if at == along_axis else n for at, n in enumerate(value.shape)]

    def spread(rows: NDArray[np.generic]) -> NDArray[np.generic]:
        table = rows.reshape(-1, blocks)
        table = table if out < along_axis else table.T
        ones = [n if at in (out, along_axis) else 1 for at, n in enumerate(shape)]
        return np.broadcast_to(table.reshape(ones), shape)

    scale = nodes.floats(f"{name}_scale", np.ascontiguousarray(spread(grid.encoding.scale.astype(np.float32))))
    zero = nodes.codes(f"{name}_zero_point", spread(zero_points(name, grid.encoding)), container.type)
    nodes.make("DequantizeLinear", [clipped, scale, zero], name, axis=along_axis, block_size=grid.block)


# --- other forms --------------------------------------------------------------------------------------------------


def _codebook(nodes: Nodes, name: str, value: Floats, grid: CodebookGrid) -> None:
    stored = nodes.codes(f"{name}_quantized", grid.indices(value), TensorProto.UINT8)
    wide = nodes.append("Cast", [stored], f"{name}_indices", to=TensorProto.INT32)
    nodes.make("Gather", [nodes.floats(f"{name}_centroids", grid.centroids), wide], name, axis=0)


def _float_constant(nodes: Nodes, name: str, value: Floats, grid: FloatGrid, axis: int | None) -> None:
    values = grid.quantize_dequantize(value, axis) / along(grid.scale, value.ndim, axis)
    stored = nodes.codes(f"{name}_quantized", values, FLOATS[grid.format])
    if grid.format not in FLOAT8:
        nodes.make("Cast", [stored], name, to=TensorProto.FLOAT)
        return
    nodes.make("DequantizeLinear", [stored, *_scale(nodes, name, grid)], name, **_along(grid.channels, axis))


def _casts(nodes: Nodes, source: str, format: FloatFormat, result: str) -> None:
    top = np.float32(largest(format))
    limits = [nodes.floats(f"{source}_{w}", np.array(v)) for w, v in (("low", -top), ("high", top))]
    clipped = nodes.append("Clip", [source, *limits], f"{source}_clipped")
    stored = nodes.append("Cast", [clipped], f"{source}_{format.value}", to=FLOATS[format])
    nodes.make("Cast", [stored], result, to=TensorProto.FLOAT)


def _scale(nodes: Nodes, tensor: str, grid: FloatGrid) -> list[str]:
    """Names of the scale and of a zero point that says the type."""
    form = (-1,) if grid.channels > 1 else ()
    scale = grid.scale.astype(np.float32).reshape(form)
    zero = np.zeros(scale.shape, DTYPES[grid.format])
    return [
        nodes.floats(f"{tensor}_scale", scale),
        nodes.codes(f"{tensor}_zero_point", zero, FLOATS[grid.format]),
    ]


def _dequantize(nodes: Nodes, stored: str, scale: NDArray[np.float64], zero: int, name: str, axis: int | None) -> None:
    form = (-1,) if len(scale) > 1 else ()
    size = nodes.floats(f"{name}_scale", scale.astype(np.float32).reshape(form))
    point = nodes.codes(f"{name}_zero_point", np.full(len(scale), zero).reshape(form), TensorProto.INT8)
    nodes.make(
        "DequantizeLinear", [stored, size, point], name, **({} if axis is None or len(scale) == 1 else {"axis": axis})
    )


def _along(channels: int, axis: int | None) -> dict[str, int]:
    """The attribute that says the channel axis, where there are channels."""
    return {} if axis is None or channels == 1 else {"axis": axis}
