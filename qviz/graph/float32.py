"""float16, bfloat16 and float64 models become float32 ones, for simulation."""

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from qviz.graph.draft import Array, Draft, bodies

HALF = (TensorProto.FLOAT16, TensorProto.BFLOAT16)
TYPE_ATTRIBUTES = ("to", "dtype", "output_datatype")


def to_float32(draft: Draft) -> None:
    """Every float tensor becomes float32: constants, inputs, outputs, casts, and the same inside bodies.

    float64 stays where a constant does not fit into float32.
    """
    kinds = {*HALF, TensorProto.DOUBLE} if _doubles_fit(draft) else set(HALF)
    draft.constants = {name: _converted(a, kinds) for name, a in draft.constants.items()}
    for info in (*draft.inputs, *draft.outputs):
        _convert_type(info, kinds)
    for node in draft.nodes:
        _convert_node(node, kinds)


def _doubles_fit(draft: Draft) -> bool:
    arrays = [*draft.constants.values(), *(numpy_helper.to_array(t) for n in draft.nodes for t in _tensors(n))]
    limit = np.finfo(np.float32).max
    return all(not (np.abs(a[np.isfinite(a)]) > limit).any() for a in arrays if a.dtype == np.float64)


def _tensors(node: onnx.NodeProto) -> list[TensorProto]:
    found = [a.t for a in node.attribute if a.type == onnx.AttributeProto.TENSOR]
    for body in bodies(node):
        found += [*body.initializer, *(t for n in body.node for t in _tensors(n))]
    return found


def _converted(array: Array, kinds: set[int]) -> Array:
    kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    return array.astype(np.float32) if kind in kinds else array


def _convert_tensor(tensor: TensorProto, kinds: set[int]) -> None:
    if tensor.data_type in kinds:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))


def _convert_type(info: onnx.ValueInfoProto, kinds: set[int]) -> None:
    if info.type.HasField("tensor_type") and info.type.tensor_type.elem_type in kinds:
        info.type.tensor_type.elem_type = TensorProto.FLOAT


def _convert_node(node: onnx.NodeProto, kinds: set[int]) -> None:
    for item in node.attribute:
        if item.name in TYPE_ATTRIBUTES and item.type == onnx.AttributeProto.INT and item.i in kinds:
            item.i = TensorProto.FLOAT
        if item.type == onnx.AttributeProto.TENSOR:
            _convert_tensor(item.t, kinds)
    for body in bodies(node):
        for tensor in body.initializer:
            _convert_tensor(tensor, kinds)
        for info in (*body.input, *body.output, *body.value_info):
            _convert_type(info, kinds)
        for inner in body.node:
            _convert_node(inner, kinds)
