"""Integer kernels of Conv, Gemm and MatMul: a sum of products of codes, an int32 bias, one requantization."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx
from onnx import helper

from qviz.errors import Text
from qviz.sim import integer_guards as guards
from qviz.sim.fake_quant import scale_and_zero
from qviz.sim.form import Array, codes, largest_code, scale, zero
from qviz.sim.integer_view import TIES, Kernel, View, constant_codes, on_bytes
from qviz.sim.kernels import MICROSOFT

BIAS_FLOAT = Text("Its bias is in float.")
BIAS = ":bias"  # the session's input for int32 codes
CHANNELS = 4  # an input with fewer is filled up with zeros: ONNX Runtime's kernel for few channels takes fours
SMALL = 1 << 15  # values of a weight for which a session of its own input's zero point and bias is the faster one


@dataclass(frozen=True, eq=False)
class Linear:
    """The operands of a sum of products: `fan_in` products an output."""

    x: str
    weight: str
    output: str
    fan_in: int
    bias: str = ""


def lower_conv(nodes: Sequence[onnx.NodeProto], view: View, output: str) -> Kernel | Text:
    conv = nodes[0]
    weight = view.constants.get(conv.input[1])
    if weight is None:
        return Text("Its weight is computed.")
    fan_in = int(np.prod(weight.shape[1:]))
    linear = Linear(conv.input[0], conv.input[1], output, fan_in, conv.input[2] if len(conv.input) > 2 else "")

    def build(operands: list[str], bias: list[str]) -> list[onnx.NodeProto]:
        node = helper.make_node("QLinearConv", [*operands, *bias], [codes(output)])
        node.attribute.extend(conv.attribute)
        return [node]

    kernel = _lower(linear, view, build, fixed=weight.size <= SMALL)
    grouped = any(a.name == "group" and a.i != 1 for a in conv.attribute)
    if isinstance(kernel, Text) or not kernel.fixed or grouped or weight.shape[1] >= CHANNELS:
        return kernel
    return _filled_up(kernel, linear, weight.ndim, CHANNELS - weight.shape[1])


def _filled_up(kernel: Kernel, linear: Linear, rank: int, lacking: int) -> Kernel:
    """The same convolution with so many channels more, whose weights are zero."""
    x, filled = codes(linear.x), f"{codes(linear.x)}:filled"
    pad = helper.make_node("Pad", [x, f"{filled}:pads", kernel.nodes[0].input[2]], [filled])
    conv = onnx.NodeProto()
    conv.CopyFrom(kernel.nodes[0])
    conv.input[0] = filled

    def initializers() -> dict[str, Array]:
        made = dict(kernel.initializers())
        weights = made[codes(linear.weight)]
        made[codes(linear.weight)] = np.pad(weights, [(0, lacking if axis == 1 else 0) for axis in range(rank)])
        return made | {f"{filled}:pads": np.eye(1, 2 * rank, rank + 1, dtype=np.int64)[0] * lacking}

    return replace(kernel, nodes=(pad, conv), initializers=initializers, variant="filled")


def lower_gemm(nodes: Sequence[onnx.NodeProto], view: View, output: str) -> Kernel | Text:
    gemm = nodes[0]
    settings = {a.name: helper.get_attribute_value(a) for a in gemm.attribute}
    weight = view.constants.get(gemm.input[1])
    if weight is None or weight.ndim != 2:
        return Text("Its weight is computed.")
    if settings.get("alpha", 1.0) != 1 or settings.get("beta", 1.0) != 1 or settings.get("transA", 0):
        return Text("It scales or transposes its operands.")
    trans = int(settings.get("transB", 0))
    bias = gemm.input[2] if len(gemm.input) > 2 else ""
    linear = Linear(gemm.input[0], gemm.input[1], output, weight.shape[1 if trans else 0], bias)
    return _lower(linear, view, lambda operands, bias: [_qgemm(operands, bias, codes(output), trans)])


def lower_matmul(nodes: Sequence[onnx.NodeProto], view: View, output: str) -> Kernel | Text:
    """MatMul, and MatMul whose reader adds a bias."""
    matmul, *others = nodes
    x, w = matmul.input
    added = next((n for n in others if n.op_type == "Add"), None)
    weight = view.constants.get(w)
    if added is None and weight is None:
        return _lower_product(matmul, view, output)
    if weight is None or weight.ndim != 2:
        return Text("Its weight is computed, or has more than two axes.")
    bias = next((i for i in added.input if i != matmul.output[0]), "") if added is not None else ""
    linear = Linear(x, w, output, weight.shape[0], bias)
    if added is None:
        return _lower(linear, view, lambda operands, _: [_product(operands, output)])
    shape = view.graph.tensors[x].shape if x in view.graph.tensors else None
    if shape is None or len(shape) != 2:
        return Text("Its bias is added to more than two axes.")
    return _lower(linear, view, lambda operands, bias: [_qgemm(operands, bias, codes(output), 0)])


def _lower_product(matmul: onnx.NodeProto, view: View, output: str) -> Kernel | Text:
    """A product of two computed tensors."""
    a, b = matmul.input
    if (reason := on_bytes(view, a, b)) is not None:
        return reason
    shape = view.graph.tensors[a].shape
    if not shape or not isinstance(shape[-1], int):
        return Text("The length of its sums is not known.")
    tops = [largest_code(e) for e in (view.grid(a), view.grid(b)) if e is not None]
    if guards.overflows(shape[-1], tops[0], tops[1], None):
        return Text("Its sums may leave 32 bits.")
    if _ties(view, a, b, output, shape[-1]):
        return TIES
    return Kernel((_product([*view.grid_names(a), *view.grid_names(b), scale(output), zero(output)], output),))


def _lower(
    linear: Linear,
    view: View,
    build: Callable[[list[str], list[str]], list[onnx.NodeProto]],
    fixed: bool = False,
) -> Kernel | Text:
    """The kernel of `linear` where all guards hold; `build` makes its nodes of operand names and bias name.

    `fixed`: the input's zero point and the bias as constants. ONNX Runtime then has a kernel for signed weights that
    takes a third to nine tenths of the time where channels are few.
    """
    if (reason := on_bytes(view, linear.x, linear.weight)) is not None:
        return reason
    x, w = view.grid(linear.x), view.grid(linear.weight)
    assert x is not None
    assert w is not None
    if linear.bias and linear.bias not in view.local.biases:
        return BIAS_FLOAT
    if len(set(w.offset.tolist())) > 1:
        return Text("The zero points of its weight's channels differ.")
    bias = view.local.biases[linear.bias].quantized(view.constants[linear.bias])[0] if linear.bias else None
    if guards.overflows(linear.fan_in, largest_code(x), largest_code(w), bias):
        return Text("Its sums may leave 32 bits.")
    if _ties(view, linear.x, linear.weight, linear.output, linear.fan_in):
        return TIES
    offset = int(w.offset[0])
    signed = offset >= -128 and w.steps + offset <= 127 and guards.signed_weights_fit(x.steps, largest_code(w))

    def initializers() -> dict[str, Array]:
        points = np.full(w.channels, 0 if signed else -offset, np.int8 if signed else np.uint8)
        weights = constant_codes(view, linear.weight, signed)
        of_weight: dict[str, Array] = {scale(linear.weight): w.scale.astype(np.float32), zero(linear.weight): points}
        one = w.channels == 1  # scalars, where the weight is quantized per tensor
        return {codes(linear.weight): weights} | {n: v.reshape(()) if one else v for n, v in of_weight.items()}

    operands = [*view.grid_names(linear.x), *view.grid_names(linear.weight), scale(linear.output), zero(linear.output)]
    nodes = tuple(build(operands, [linear.bias + BIAS] if linear.bias else []))
    biases = {} if bias is None else {linear.bias + BIAS: bias}
    if not fixed or not signed:
        return Kernel(nodes, biases, initializers=initializers, variant="signed" if signed else "unsigned")
    zero_of_x = {view.grid_names(linear.x)[2]: scale_and_zero(x)[1]}
    return Kernel(nodes, fixed=biases | zero_of_x, initializers=initializers, variant="signed")


def _ties(view: View, x: str, weight: str, output: str, fan_in: int) -> bool:
    a, b, y = view.grid(x), view.grid(weight), view.output_grid(output)
    assert a is not None
    assert b is not None
    if guards.is_exact_in_float(fan_in, largest_code(a), largest_code(b), a.scale, b.scale, y.scale):
        return False
    scales = [e.scale.astype(np.float32).astype(np.float64) for e in (a, b, y)]
    return guards.ties_too_often(scales[0] * scales[1] / scales[2], y.steps)


def _qgemm(operands: list[str], bias: list[str], output: str, trans: int) -> onnx.NodeProto:
    inputs = [*operands[:6], *(bias or [""]), *operands[6:]]
    return helper.make_node("QGemm", inputs, [output], domain=MICROSOFT, transB=trans)


def _product(operands: list[str], output: str) -> onnx.NodeProto:
    return helper.make_node("QLinearMatMul", operands, [codes(output)])
