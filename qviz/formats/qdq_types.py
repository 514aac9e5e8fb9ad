"""The types and shapes that the given model declares at its inputs and outputs, around a body in float32."""

from collections.abc import Iterable, Mapping

import onnx
from onnx import TensorProto, helper

from qviz.graph.draft import Draft, rename, unique
from qviz.graph.graph import Port

FLOATS = {
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
}


def restore_types(draft: Draft, inputs: Iterable[Port], outputs: Iterable[Port]) -> None:
    """A Cast behind every float input and before every float output whose type was another one."""
    taken = draft.names()
    given = {p.name: FLOATS[p.dtype] for p in inputs if p.dtype in FLOATS}
    wanted = {p.name: FLOATS[p.dtype] for p in outputs if p.dtype in FLOATS}
    changed = [i for i in draft.inputs if _retype(i, given)]
    moved = {i.name: unique(f"{i.name}_float32", taken) for i in changed}
    moved |= {o.name: unique(f"{o.name}_float32", taken) for o in draft.outputs if _retype(o, wanted)}
    for node in draft.nodes:
        rename(node, moved)
        node.output[:] = [moved.get(o, o) for o in node.output]
    draft.constants = {moved.get(n, n): a for n, a in draft.constants.items()}
    inward = {i.name for i in changed}
    head = [_cast(name, new, TensorProto.FLOAT) for name, new in moved.items() if name in inward]
    tail = [_cast(new, name, wanted[name]) for name, new in moved.items() if name not in inward]
    draft.nodes = head + draft.nodes + tail


def restore_shapes(draft: Draft, declared: Mapping[str, onnx.TensorShapeProto]) -> None:
    """The declared shape of every input and output that had one: a batch that was fixed is fixed again."""
    for info in (*draft.inputs, *draft.outputs):
        if info.name in declared and info.type.HasField("tensor_type"):
            info.type.tensor_type.shape.CopyFrom(declared[info.name])


def _retype(info: onnx.ValueInfoProto, types: dict[str, int]) -> bool:
    """Give an input or output the type that it had; whether that is another one."""
    kind = types.get(info.name, info.type.tensor_type.elem_type)
    changed = bool(info.type.tensor_type.elem_type != kind)
    if changed:
        info.type.tensor_type.elem_type = kind
    return changed


def _cast(source: str, result: str, kind: int) -> onnx.NodeProto:
    return helper.make_node("Cast", [source], [result], name=f"{result}/Cast", to=kind)
