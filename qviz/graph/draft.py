"""A model while it is being rewritten: nodes and constants apart, so that a rewrite is a few lines."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from qviz.errors import Text

Array = NDArray[Any]


@dataclass
class Draft:
    """Nodes in topological order, constants by name, and what original names have become."""

    name: str
    nodes: list[onnx.NodeProto]
    constants: dict[str, Array]
    inputs: list[onnx.ValueInfoProto]
    outputs: list[onnx.ValueInfoProto]
    opsets: dict[str, int]
    ir_version: int
    aliases: dict[str, str] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)  # constant -> the weight that it is a view of
    reshaped: set[str] = field(default_factory=set)  # weights that are read through a Reshape
    notes: list[Text] = field(default_factory=list)

    @property
    def output_names(self) -> set[str]:
        return {o.name for o in self.outputs}

    def producers(self) -> dict[str, onnx.NodeProto]:
        """Tensor name -> the node that makes it."""
        return {o: n for n in self.nodes for o in n.output if o}

    def readers(self) -> dict[str, list[onnx.NodeProto]]:
        """Tensor name -> the nodes that read it, captured tensors included."""
        readers: dict[str, list[onnx.NodeProto]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(reads(node)):
                readers.setdefault(name, []).append(node)
        return readers

    def names(self) -> set[str]:
        """Every tensor name in use, bodies included."""
        taken = {*self.constants, *self.aliases, *(i.name for i in self.inputs)}
        for node in every_node(self.nodes):
            taken.update(node.input, node.output)
        return taken

    def resolve(self, name: str) -> str:
        """The tensor that carries the value of `name` now."""
        while name in self.aliases:
            name = self.aliases[name]
        return name

    def follow(self, node: onnx.NodeProto) -> None:
        """Let `node` read what its inputs have become."""
        moved = {name: self.resolve(name) for name in reads(node) if name in self.aliases}
        if moved:
            rename(node, moved)


def draft_of(proto: onnx.ModelProto, weights: Mapping[str, Array] | None = None) -> Draft:
    """A draft of `proto`, which stays as it is. Initializers that are also listed as inputs are constants.

    `weights` are those that `proto` only names.
    """
    graph, known = proto.graph, weights or {}
    constants = {t.name: known[t.name] if t.name in known else numpy_helper.to_array(t) for t in graph.initializer}
    nodes = [copy.deepcopy(n) for n in graph.node]
    for node in every_node(nodes):
        node.domain = _plain_domain(node.domain)
    return Draft(
        name=graph.name,
        nodes=nodes,
        constants=constants,
        inputs=[copy.deepcopy(i) for i in graph.input if i.name not in constants],
        outputs=[copy.deepcopy(o) for o in graph.output],
        opsets={_plain_domain(o.domain): o.version for o in proto.opset_import},
        ir_version=proto.ir_version,
    )


def _plain_domain(domain: str) -> str:
    """The standard operators have two spellings of their domain."""
    return "" if domain == "ai.onnx" else domain


def proto_of(draft: Draft, constants: Mapping[str, Array] | None = None) -> onnx.ModelProto:
    """`draft` as a model, with `constants` as its initializers (none by default)."""
    graph = onnx.helper.make_graph(
        draft.nodes,
        draft.name or "model",
        draft.inputs,
        draft.outputs,
        [numpy_helper.from_array(a, n) for n, a in (constants or {}).items()],
    )
    opsets = [onnx.helper.make_opsetid(d, v) for d, v in draft.opsets.items()]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=max(draft.ir_version, 4))


def bodies(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    """The graphs inside an If, Loop or Scan; empty for every other operator."""
    found = [a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
    return found + [g for a in node.attribute if a.type == onnx.AttributeProto.GRAPHS for g in a.graphs]


def every_node(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """These nodes and all those in their bodies."""
    for node in nodes:
        yield node
        for body in bodies(node):
            yield from every_node(body.node)


def captured(node: onnx.NodeProto) -> list[str]:
    """Tensors from outside that the bodies of `node` read."""
    found: dict[str, None] = {}
    for body in bodies(node):
        own = {*(i.name for i in body.input), *(t.name for t in body.initializer)}
        own.update(o for n in body.node for o in n.output)
        wanted = [name for n in body.node for name in reads(n)] + [o.name for o in body.output]
        found.update((name, None) for name in wanted if name not in own)
    return list(found)


def reads(node: onnx.NodeProto) -> list[str]:
    """Everything that `node` reads: its inputs and what its bodies capture."""
    return [i for i in node.input if i] + captured(node)


def rename(node: onnx.NodeProto, names: Mapping[str, str]) -> None:
    """Let `node` and its bodies read under other names; what a body defines itself shadows them."""
    for i, name in enumerate(node.input):
        if name in names:
            node.input[i] = names[name]
    for body in bodies(node):
        own = {*(i.name for i in body.input), *(t.name for t in body.initializer)}
        own.update(o for n in body.node for o in n.output)
        outer = {old: new for old, new in names.items() if old not in own}
        for inner in body.node:
            rename(inner, outer)
        for output in body.output:
            output.name = outer.get(output.name, output.name)


def attribute(node: onnx.NodeProto, name: str, default: Any = None) -> Any:
    """Value of an attribute, or `default` where it is not set."""
    return next((onnx.helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


def unique(name: str, taken: set[str]) -> str:
    """`name`, or with a number behind it where that is taken; the answer is added to `taken`."""
    chosen, n = name, 1
    while chosen in taken:
        chosen, n = f"{name}_{n}", n + 1
    taken.add(chosen)
    return chosen
