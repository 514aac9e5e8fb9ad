"""Data movement on codes: operators that only move values do so without leaving the integers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import onnx
from onnx import helper

from qviz.quant.encoding import Encoding
from qviz.sim.channels_last import POOL
from qviz.sim.form import codes, zero
from qviz.sim.kernels import MICROSOFT

MOVES = frozenset(("Reshape", "Flatten", "Transpose", "Identity", "Dropout", "Concat"))  # same up to opset 13, any type
STEADY = MOVES | {"MaxPool"}  # what runs on bytes in a session of any opset
RAISED = STEADY | {"Relu"}  # what an older model's session may hold where it is raised to opset 13
ANY_TYPE = MOVES | {"Squeeze", "Unsqueeze", "Slice", "Split", "Gather", "Tile", "Expand"}
BYTES = ANY_TYPE | {"MaxPool", "Pad", "DepthToSpace", "SpaceToDepth", "Relu"}
MODERN = 13  # from this opset on, all of them take uint8


@dataclass(frozen=True, eq=False)
class Movement:
    """The leading nodes of a segment that run on codes, what is left, and on whose grid each tensor lies."""

    nodes: tuple[onnx.NodeProto, ...]
    rest: tuple[onnx.NodeProto, ...]
    roots: Mapping[str, str]  # tensor on codes -> the segment's input whose grid it shares


def movable(opset: int, raised: bool = False) -> frozenset[str]:
    """Operators that run on bytes in a session of a model of this opset, or one `raised` to opset 13."""
    return BYTES if opset >= MODERN else RAISED if raised else STEADY


def split_movement(nodes: Sequence[onnx.NodeProto], inputs: Mapping[str, Encoding], known: frozenset[str]) -> Movement:
    """Take as many leading `nodes` as can run on the codes of `inputs`; `known` are the operators that can on bytes."""
    roots = {name: name for name in inputs}
    moved: list[onnx.NodeProto] = []
    rest: list[onnx.NodeProto] = []
    for node in nodes:
        root = _root(node, roots, inputs, known)
        if root is None or any(set(n.output) & set(node.input) for n in rest):
            rest.append(node)
            continue
        roots |= {o: root for o in node.output if o}
        moved += _on_codes(node, roots, root)
    return Movement(tuple(moved), tuple(rest), roots)


def _root(
    node: onnx.NodeProto, roots: Mapping[str, str], inputs: Mapping[str, Encoding], known: frozenset[str]
) -> str | None:
    """The input on whose grid `node` can run; None where it cannot run on codes."""
    data = list(node.input) if node.op_type == "Concat" else list(node.input[:1])
    if node.domain not in ("", "ai.onnx") or not data or any(d not in roots for d in data):
        return None
    found = [inputs[roots[d]] for d in data]
    if any(e != found[0] for e in found[1:]) or not _has_kernel(
        node, known if found[0].steps <= 255 else known & ANY_TYPE
    ):
        return None
    return roots[data[0]]


def _has_kernel(node: onnx.NodeProto, known: frozenset[str]) -> bool:
    if node.op_type in ("MaxPool", "Dropout") and len([o for o in node.output if o]) > 1:
        return False
    if node.op_type == "Dropout" and any(node.input[2:]):  # whether it trains is computed
        return False
    return node.op_type in known and not (node.op_type == "Pad" and _fills_with(node))


def _fills_with(pad: onnx.NodeProto) -> bool:
    """Whether it fills with a value of its own, or only along axes that are given."""
    return len(pad.input) > 2 and any(pad.input[2:])


def _on_codes(node: onnx.NodeProto, roots: Mapping[str, str], root: str) -> list[onnx.NodeProto]:
    inputs = [codes(i) if i in roots else i for i in node.input]
    outputs = [codes(o) if o else o for o in node.output]
    if node.op_type == "Relu":
        return [helper.make_node("Max", [*inputs, zero(root)], outputs)]
    if node.op_type == "Dropout":
        return [helper.make_node("Identity", inputs[:1], outputs[:1])]
    if node.op_type == "Pad":
        return [_copy(node, [*inputs[:2], zero(root)], outputs)]
    if node.op_type == "MaxPool":
        return [_pool_channels_last(node, inputs[0], outputs[0])]
    return [_copy(node, inputs, outputs)]


def _pool_channels_last(node: onnx.NodeProto, x: str, y: str) -> onnx.NodeProto:
    """MaxPool with the channels last: the same bytes, 8 to 35 times sooner than ONNX's own kernel."""
    settings = {a.name: helper.get_attribute_value(a) for a in node.attribute if a.name != "storage_order"}
    return helper.make_node(POOL, [x], [y], domain=MICROSOFT, **settings)


def _copy(node: onnx.NodeProto, inputs: Sequence[str], outputs: Sequence[str]) -> onnx.NodeProto:
    result = onnx.NodeProto()
    result.CopyFrom(node)
    del result.input[:], result.output[:]
    result.input.extend(inputs)
    result.output.extend(outputs)
    return result
