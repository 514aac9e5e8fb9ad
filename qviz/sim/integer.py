"""Choosing the integer kernel of a segment from its settings, or saying why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import onnx

from qviz.errors import Text
from qviz.quant.encoding import Encoding, quantize
from qviz.sim.fake_quant import has_codes
from qviz.sim.integer_linear import lower_conv, lower_gemm, lower_matmul
from qviz.sim.integer_pointwise import lower_concat, lower_mean, lower_pair
from qviz.sim.integer_view import Kernel, Lower, View, without_integers

LOWER: Mapping[str, Lower] = {
    "Conv": lower_conv,
    "Gemm": lower_gemm,
    "MatMul": lower_matmul,
    "Add": lower_pair,
    "Mul": lower_pair,
    "Concat": lower_concat,
    "GlobalAveragePool": lower_mean,
}
SWITCHED_OFF = Text("Integer kernels are switched off.")


@dataclass(frozen=True, eq=False)
class Choice:
    """A kernel, and the codes that its output is clamped to."""

    kernel: Kernel
    limits: tuple[int, int]


def choose_kernel(nodes: Sequence[onnx.NodeProto], outputs: Sequence[str], view: View) -> Choice | Text:
    """The integer kernel of `nodes`, what is left of a segment behind its data movement; a reason where none is exact.

    A Relu or Clip at the end is a clamp of codes.
    """
    if not view.local.integer:
        return SWITCHED_OFF
    if len(outputs) != 1 or outputs[0] not in view.local.outputs:
        return Text("Its output is not quantized.")
    output, grid = outputs[0], view.local.outputs[outputs[0]]
    if not isinstance(grid, Encoding):
        return without_integers(output, grid)
    if grid.steps > 255:
        return Text("{tensor} has more than 8 bits.", {"tensor": output})
    if not has_codes(grid) or not all(has_codes(e) for e in view.local.inputs.values()):
        return Text("Its range lies beside zero.")
    head = nodes[0]
    lower = LOWER.get(head.op_type) if head.domain in ("", "ai.onnx") else None
    if lower is None:
        return Text("There is no integer kernel for {op}.", {"op": head.op_type})
    limits = _limits(nodes, view, grid)
    if isinstance(limits, Text):
        return limits
    kernel = lower(nodes, view, output)
    return kernel if isinstance(kernel, Text) else Choice(kernel, limits)


def _limits(nodes: Sequence[onnx.NodeProto], view: View, grid: Encoding) -> tuple[int, int] | Text:
    """What the nodes behind the first leave of the codes: they must follow each other, and clamp."""
    low, high = 0, grid.steps
    for before, node in pairwise(nodes):
        if before.output[0] not in node.input:
            return Text("Its operators do not follow each other.")
        if node.op_type == "Relu":
            low = max(low, int(-grid.offset[0]))
        elif node.op_type == "Clip" and node.input[0] == before.output[0]:
            edges = _clip_edges(node, view, grid)
            if edges is None:
                return Text("The limits of its Clip are computed.")
            low, high = max(low, edges[0]), min(max(high, low), edges[1])
        elif not (node.op_type == "Add" and before is nodes[0] and before.op_type == "MatMul"):
            return Text("There is no integer kernel for {op}.", {"op": f"{nodes[0].op_type} + {node.op_type}"})
    return min(low, grid.steps), max(min(high, grid.steps), min(low, grid.steps))


def _clip_edges(node: onnx.NodeProto, view: View, grid: Encoding) -> tuple[int, int] | None:
    """Codes of the limits of a Clip; clamping and rounding may change places, as both are monotone."""
    given = {a.name: np.array(a.f, np.float32) for a in node.attribute}
    for name, tensor in zip(("min", "max"), node.input[1:], strict=False):
        if tensor and tensor not in view.constants:
            return None
        if tensor:
            value = np.asarray(view.constants[tensor], np.float32)
            on = view.local.constants.get(tensor)
            given[name] = value if on is None else on.quantize_dequantize(value)
    edges = [np.asarray(given.get(n, d), np.float32).reshape(1) for n, d in (("min", -np.inf), ("max", np.inf))]
    low, high = (int(quantize(e, grid)[0]) for e in edges)
    return low, high
