"""The graph that panels draw and edits name: plain values, no onnx, no weights; it travels between processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from qviz.errors import Text

Dim = int | str | None  # a number, a symbol, or unknown
TensorKind = Literal["input", "activation", "constant"]  # constant: an initializer or a folded constant
QuantizerKind = Literal["activation", "param"]


@dataclass(frozen=True)
class Tensor:
    """One value of the graph. `shape` is None where inference could not tell its rank."""

    name: str
    kind: TensorKind
    dtype: str  # numpy's name, such as "float32"; "" where unknown
    shape: tuple[Dim, ...] | None
    producer: str | None  # name of the node that makes it
    consumers: tuple[str, ...]  # names of the nodes that read it
    is_output: bool = False

    @property
    def is_float(self) -> bool:
        return self.dtype in ("float32", "float16", "float64", "bfloat16")


@dataclass(frozen=True)
class Node:
    """One operator as simulated (batch norms folded, functions inlined)."""

    name: str
    op: str  # "Conv"
    domain: str
    inputs: tuple[str, ...]  # "" for an input left out
    outputs: tuple[str, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)  # as shown to the user
    opaque: bool = False  # Loop, Scan, If: its body runs in float and holds no quantizer


@dataclass(frozen=True)
class Quantizer:
    """A place where a tensor is quantized. `name` is the key in `Encodings`."""

    name: str
    kind: QuantizerKind
    tensors: tuple[str, ...]  # quantized with this setting where they are produced
    node: str | None  # the node that produces it (activation) or first reads it (param, input)
    op: str  # that node's operator, "Input" for a graph input
    shape: tuple[Dim, ...] | None
    axis: int | None  # output-channel axis; None: per-tensor only
    channels: int  # length of that axis, 1 without one
    constant: bool  # its value is known before running: a weight, or a float constant
    followers: tuple[str, ...] = ()  # tensors that data movement or pooling keeps on this grid


@dataclass(frozen=True)
class Bias:
    """A bias that the bias rule decides about: int32 with scale s_x * s_w, or left in float."""

    name: str
    node: str
    input: str  # the tensor whose scale counts
    weight: str


@dataclass(frozen=True)
class Port:
    """An input or output of the model as a feed sees it."""

    name: str
    dtype: str
    shape: tuple[Dim, ...]  # as run, after a fixed batch has been freed
    batch_axis: int | None  # the axis that counts samples; None: the same for all samples, or the batch is not free
    index_limit: int | None = None  # integers that index a table stay below this


@dataclass(frozen=True)
class Graph:
    """A model: nodes in topological order, tensors by name, quantizers in the order of what they quantize."""

    name: str
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    quantizers: Mapping[str, Quantizer]  # where the rules place one; encodings may add others
    biases: tuple[Bias, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)  # original tensor name -> tensor that carries its value
    batch_free: bool = True  # False: each sample is one run of the declared shape
    notes: tuple[Text, ...] = ()  # what the user should know, such as "nothing inside Loop is quantized"

    @cached_property
    def node_by_name(self) -> dict[str, Node]:
        return {n.name: n for n in self.nodes}

    def is_plain_3x3(self, node: Node, weight: str) -> bool:
        """Whether a node is a convolution by this 3x3 weight, of stride and dilation 1, not grouped."""
        if node.op != "Conv" or node.inputs[1] != weight or tuple((self.tensors[weight].shape or ())[2:]) != (3, 3):
            return False
        steps = {node.attributes.get(k, "1, 1") for k in ("strides", "dilations")}
        return steps == {"1, 1"} and node.attributes.get("group", "1") == "1"

    def resolve(self, tensor: str) -> str | None:
        """The tensor that carries the value of an original tensor name; None where the model has no such name."""
        name = self.aliases.get(tensor, tensor)
        return name if name in self.tensors else None
