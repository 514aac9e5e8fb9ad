"""What the operators of a graph multiply, by the shapes of their tensors."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from qviz.graph.graph import Dim, Graph, Node, Tensor

Shape = tuple[int, ...]
Shapes = list[Shape | None]  # of the inputs, then of the first output
Counted = list[tuple[int, tuple[str, str]]] | None  # products by pair of operands; None: a shape is not known


@dataclass(frozen=True)
class Multiplications:
    """What one node multiplies for one sample: `count` products of values of the two tensors `operands`."""

    node: str
    count: int
    operands: tuple[str, str]


def multiplications(graph: Graph) -> tuple[tuple[Multiplications, ...], int]:
    """The products of every node whose shapes are known, and how many nodes multiply without that being known."""
    found, unknown = [], 0
    samples = batch_symbols(graph)
    for node in graph.nodes:
        if node.op not in COUNTS or node.domain not in ("", "ai.onnx"):
            unknown += node.opaque
            continue
        count = _counted(node, graph.tensors, samples)
        unknown += count is None
        found += [Multiplications(node.name, n, operands) for n, operands in count or ()]
    return tuple(found), unknown


def batch_symbols(graph: Graph) -> set[Dim]:
    """Dimensions that count samples."""
    ports = (*graph.inputs, *graph.outputs)
    dims = {p.shape[p.batch_axis] for p in ports if p.batch_axis is not None}
    return {d for d in dims if isinstance(d, str)}


def _counted(node: Node, tensors: Mapping[str, Tensor], samples: set[Dim]) -> Counted:
    shapes = [_one_sample(tensors.get(name), samples) for name in (*node.inputs, node.outputs[0])]
    return COUNTS[node.op](node, shapes)


def _one_sample(tensor: Tensor | None, samples: set[Dim]) -> Shape | None:
    """The tensor's shape for one sample; None where it is not known."""
    if tensor is None or tensor.shape is None:
        return None
    shape = tuple(1 if d in samples else d for d in tensor.shape)
    return shape if all(isinstance(d, int) for d in shape) else None  # type: ignore[return-value]


def _conv(node: Node, shapes: Shapes) -> Counted:
    """Each output is a sum over the kernel and the input channels of its group."""
    weight, out = shapes[1], shapes[-1]
    return None if weight is None or out is None else [(prod(out) * prod(weight[1:]), _pair(node, 0, 1))]


def _conv_transpose(node: Node, shapes: Shapes) -> Counted:
    """Each input is spread over the kernel and the output channels of its group."""
    data, weight = shapes[0], shapes[1]
    return None if data is None or weight is None else [(prod(data) * prod(weight[1:]), _pair(node, 0, 1))]


def _matmul(node: Node, shapes: Shapes) -> Counted:
    """Each output is a sum over the last axis of the first operand."""
    left, out = shapes[0], shapes[-1]
    return None if not left or out is None else [(prod(out) * left[-1], _pair(node, 0, 1))]


def _gemm(node: Node, shapes: Shapes) -> Counted:
    left, out = shapes[0], shapes[-1]
    if left is None or out is None:
        return None
    inner = left[0] if node.attributes.get("transA", "0") == "1" else left[-1]
    return [(prod(out) * inner, _pair(node, 0, 1))]


def _recurrent(node: Node, shapes: Shapes) -> Counted:
    """Per step and sample, every weight once: those of the input, and those of the state, which stays in float."""
    data, weight, state = shapes[:3]
    if data is None or weight is None or state is None:
        return None
    runs = data[0] * data[1]
    return [(runs * prod(weight), _pair(node, 0, 1)), (runs * prod(state), ("", node.inputs[2]))]


def _pair(node: Node, a: int, b: int) -> tuple[str, str]:
    return node.inputs[a], node.inputs[b]


COUNTS = {
    "Conv": _conv, "ConvTranspose": _conv_transpose, "MatMul": _matmul, "Gemm": _gemm, "LSTM": _recurrent,
    "GRU": _recurrent, "RNN": _recurrent, "Einsum": lambda _node, _shapes: None,
}  # fmt: skip
