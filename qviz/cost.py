"""What a quantized model costs: bytes of its weights and bit operations. Pure functions of graph and encodings."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from qviz.encodings import Encodings, Setting, Stored
from qviz.graph.graph import Dim, Graph, Node, Tensor
from qviz.quant.spec import CodebookSpec, UniformSpec

FLOAT_BITS = 32
Shape = tuple[int, ...]
Shapes = list[Shape | None]  # of the inputs, then of the first output
Counted = list[tuple[int, tuple[str, str]]] | None  # products by pair of operands; None: a shape is not known


@dataclass(frozen=True)
class Multiplications:
    """What one node multiplies for one sample: `count` products of values of the two tensors `operands`."""

    node: str
    count: int
    operands: tuple[str, str]


@dataclass(frozen=True)
class Cost:
    """Of one sample. Bytes are those of the codes, with the table of a codebook and, per-block, the scales.

    Scales and zero points of a tensor or its channels are left out: a few bytes, and each format keeps others.
    """

    weight_bytes: int
    float_bytes: int  # the same weights in float32
    bit_operations: int  # products x bits of the one operand x bits of the other
    float_bit_operations: int  # all operands in float32
    unknown: int  # nodes that multiply, but by how much is not known


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


def cost(graph: Graph, encodings: Encodings, products: tuple[Multiplications, ...], unknown: int = 0) -> Cost:
    """The cost of `graph` under `encodings`; `products` and `unknown` are its `multiplications`."""
    bits = tensor_bits(graph, encodings)
    weights = [t for t in graph.tensors.values() if t.kind == "constant" and t.is_float]
    sizes = {t.name: _elements(t) for t in weights}
    stored = sum(n * bits.get(t, FLOAT_BITS) for t, n in sizes.items())  # a bias of int32 takes what a float takes
    stored += sum(_beside(setting) for setting in encodings.settings.values() if setting.is_active)
    spent = sum(m.count * bits.get(m.operands[0], FLOAT_BITS) * bits.get(m.operands[1], FLOAT_BITS) for m in products)
    return Cost(
        weight_bytes=-(-stored // 8),
        float_bytes=sum(sizes.values()) * FLOAT_BITS // 8,
        bit_operations=spent,
        float_bit_operations=sum(m.count for m in products) * FLOAT_BITS**2,
        unknown=unknown,
    )


def tensor_bits(graph: Graph, encodings: Encodings) -> dict[str, int]:
    """Bit-width of every tensor that is quantized, or that data movement keeps on a quantized one's grid."""
    bits = {}
    for name, setting in encodings.settings.items():
        if setting.is_active:
            quantizer = graph.quantizers.get(name)
            tensors = encodings.groups.get(name, (name,)) + (quantizer.followers if quantizer else ())
            bits.update(dict.fromkeys(tensors, setting.spec.bits))
    return bits


def _beside(setting: Setting) -> int:
    """Bits that are kept beside the codes: float32 centroids, and a float32 scale a block."""
    spec = setting.spec
    if isinstance(spec, CodebookSpec):
        return spec.size * FLOAT_BITS
    if isinstance(spec, UniformSpec) and spec.per_block and (kept := setting.stored or setting.range) is not None:
        return len(kept.scale if isinstance(kept, Stored) else kept.low) * FLOAT_BITS
    return 0


def batch_symbols(graph: Graph) -> set[Dim]:
    """Dimensions that count samples."""
    ports = (*graph.inputs, *graph.outputs)
    dims = {p.shape[p.batch_axis] for p in ports if p.batch_axis is not None}
    return {d for d in dims if isinstance(d, str)}


def _elements(tensor: Tensor) -> int:
    return prod(d for d in tensor.shape or () if isinstance(d, int))


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
