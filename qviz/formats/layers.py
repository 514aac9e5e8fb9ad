"""Formats that name layers: a layer's input and weight as tensors, and back."""

from collections.abc import Iterable
from dataclasses import dataclass

from qviz.errors import QvizError
from qviz.formats.entries import FileEntry
from qviz.formats.source import Item, Source
from qviz.graph.graph import Graph, Node

WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")


@dataclass(frozen=True, eq=False)
class Layer:
    """A node with a weight, and what quantizes its two sides; None where in float.

    `plain_3x3`: see `Graph.is_plain_3x3`.
    """

    node: Node
    input: Item | None
    weight: Item | None
    plain_3x3: bool = False

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def quantized(self) -> bool:
        return self.input is not None and self.weight is not None


def layers_of(source: Source, operators: Iterable[str] = WEIGHTED) -> tuple[Layer, ...]:
    """The layers of a model with constant weights. Raises QvizError where no model is open."""
    if source.graph is None:
        raise QvizError("This format names layers: open the model first.")
    graph, known = source.graph, set(operators)
    nodes = (n for n in graph.nodes if n.op in known and _has_weight(graph, n))
    items = source.by_tensor
    return tuple(
        Layer(n, items.get(n.inputs[0]), items.get(n.inputs[1]), graph.is_plain_3x3(n, n.inputs[1])) for n in nodes
    )


def tensor_of(entry: FileEntry, graph: Graph) -> str:
    """The tensor that an entry named by layer means; the entry's own name where the model has no such layer."""
    node = graph.node_by_name.get(entry.name) or _producer(entry.name, graph)
    if node is None or (len(node.inputs) < 2 and entry.kind == "param"):
        return entry.name
    return _leader(node.inputs[1 if entry.kind == "param" else 0], graph)


def _leader(tensor: str, graph: Graph) -> str:
    """The quantizer whose grid the tensor is on where it follows one, else the tensor."""
    return next((q.name for q in graph.quantizers.values() if tensor in q.followers), tensor)


def _producer(tensor: str, graph: Graph) -> Node | None:
    """A node without a name goes by its first output in ncnn."""
    name = graph.resolve(tensor)
    producer = graph.tensors[name].producer if name is not None else None
    return graph.node_by_name.get(producer) if producer is not None else None


def _has_weight(graph: Graph, node: Node) -> bool:
    weight = graph.tensors.get(node.inputs[1]) if len(node.inputs) > 1 else None
    return weight is not None and weight.kind == "constant"
