"""What a quantized model costs: bytes of its weights and bit operations. Pure functions of graph and encodings."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from qviz.encodings import Encodings, Setting, Stored
from qviz.graph.graph import Graph, Tensor
from qviz.graph.multiplications import Multiplications
from qviz.quant.spec import CodebookSpec, UniformSpec

FLOAT_BITS = 32


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


def cost(
    graph: Graph,
    encodings: Encodings,
    products: tuple[Multiplications, ...],
    unknown: int = 0,
    sizes: Mapping[str, int] | None = None,
) -> Cost:
    """The cost of `graph` under `encodings`; `products` and `unknown` are its `multiplications`.

    `sizes` are its `weight_sizes`, where somebody has counted them before.
    """
    bits = tensor_bits(graph, encodings)
    sizes = weight_sizes(graph) if sizes is None else sizes
    stored = sum(n * bits.get(t, FLOAT_BITS) for t, n in sizes.items())  # a bias of int32 takes what a float takes
    stored += _beside_codes(encodings)
    spent = sum(m.count * bits.get(m.operands[0], FLOAT_BITS) * bits.get(m.operands[1], FLOAT_BITS) for m in products)
    return Cost(
        weight_bytes=-(-stored // 8),
        float_bytes=sum(sizes.values()) * FLOAT_BITS // 8,
        bit_operations=spent,
        float_bit_operations=sum(m.count for m in products) * FLOAT_BITS**2,
        unknown=unknown,
    )


def weight_sizes(graph: Graph) -> dict[str, int]:
    """Elements of each floating-point constant, by its name."""
    return {t.name: _elements(t) for t in graph.tensors.values() if t.kind == "constant" and t.is_float}


def tensor_bits(graph: Graph, encodings: Encodings) -> dict[str, int]:
    """Bit-width of every tensor that is quantized, or that data movement keeps on a quantized one's grid."""
    bits: dict[str, int] = {}
    groups, quantizers = encodings.groups, graph.quantizers
    for name, setting in encodings.settings.items():
        if setting.is_active:
            width = setting.spec.bits
            for tensor in groups.get(name, (name,)):
                bits[tensor] = width
            for tensor in quantizers[name].followers if name in quantizers else ():
                bits[tensor] = width
    return bits


def _beside_codes(encodings: Encodings) -> int:
    """Bits that are kept beside the codes of all; of most forms none, which is told by their few specs."""
    specs = {id(s.spec): s.spec for s in encodings.settings.values()}.values()
    if not any(isinstance(s, CodebookSpec) or (isinstance(s, UniformSpec) and s.per_block) for s in specs):
        return 0
    return sum(_beside(setting) for setting in encodings.settings.values() if setting.is_active)


def _beside(setting: Setting) -> int:
    """Bits that are kept beside the codes: float32 centroids, and a float32 scale a block."""
    spec = setting.spec
    if isinstance(spec, CodebookSpec):
        return spec.size * FLOAT_BITS
    if isinstance(spec, UniformSpec) and spec.per_block and (kept := setting.stored or setting.range) is not None:
        return len(kept.scale if isinstance(kept, Stored) else kept.low) * FLOAT_BITS
    return 0


def _elements(tensor: Tensor) -> int:
    return prod(d for d in tensor.shape or () if isinstance(d, int))
