"""Descriptors of quantizers: what one on a given tensor looks like, and how it is set before anyone touches it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from qviz.encodings import Setting
from qviz.errors import QvizError
from qviz.graph import operators
from qviz.graph.graph import Graph, Node, Quantizer, QuantizerKind, Tensor
from qviz.quant.spec import Granularity, Scheme, UniformSpec


def default_setting(quantizer: Quantizer) -> Setting:
    """8 bits, enabled, no range: weights symmetric and per channel where they have an axis, others asymmetric."""
    weight = quantizer.kind == "param" or (quantizer.constant and quantizer.op in operators.WEIGHTS)
    return _default(
        Scheme.SYMMETRIC if weight else Scheme.ASYMMETRIC,
        Granularity.PER_TENSOR if quantizer.axis is None else Granularity.PER_CHANNEL,
    )


@cache
def _default(scheme: Scheme, granularity: Granularity) -> Setting:
    """One object for all alike: thousands of equal ones would be carried to the window and compared one by one."""
    return Setting(spec=UniformSpec(scheme=scheme, granularity=granularity))


def place_any(graph: Graph, name: str) -> Quantizer:
    """A quantizer for any float tensor of `graph`; the rules' own where they place one under this name.

    Raises QvizError where the model has no such tensor, or where it holds no floats.
    """
    tensor = graph.tensors.get(graph.resolve(name) or "")
    if tensor is None:
        raise QvizError("The model has no tensor {name}.", name=name)
    if not tensor.is_float:
        raise QvizError("Tensor {name} holds no floats, so it cannot be quantized.", name=name)
    if tensor.name in graph.quantizers:
        return graph.quantizers[tensor.name]
    if tensor.kind == "constant":
        return weight_quantizer(tensor.name, (tensor.name,), roles(tensor, graph.node_by_name), tensor)
    return activation_quantizer(tensor, graph.node_by_name)


@dataclass(frozen=True)
class Role:
    """How one operator reads a constant."""

    node: Node
    kind: QuantizerKind
    axis: int | None


def roles(constant: Tensor, nodes: Mapping[str, Node]) -> list[Role]:
    """How each operator reads `constant`, without the readings that no quantizer stands on."""
    found = []
    for node in (nodes[c] for c in constant.consumers):
        for at, name in enumerate(node.inputs):
            if name != constant.name or node.opaque:
                continue
            role = _role(node, at, constant)
            if role is not None:
                found.append(role)
    return found


def _role(node: Node, at: int, constant: Tensor) -> Role | None:
    if operators.is_bias(node, at) or (at > 0 and operators.moves_data(node)):
        return None
    if not node.domain and at in operators.UNQUANTIZED.get(node.op, ()):
        return None
    if not node.domain and at in operators.WEIGHTS.get(node.op, ()):
        return Role(node, "param", operators.channel_axis(node, at, constant))
    return Role(node, "activation", None)


def weight_quantizer(name: str, tensors: tuple[str, ...], roles: list[Role], constant: Tensor) -> Quantizer:
    """A quantizer for a constant; per tensor where its readers' channel axes differ."""
    axes = {r.axis for r in roles}
    axis = axes.pop() if len(axes) == 1 else None
    shape = constant.shape or ()
    length = shape[axis] if axis is not None else 1
    return Quantizer(
        name=name,
        kind="param" if any(r.kind == "param" for r in roles) else "activation",
        tensors=tensors,
        node=roles[0].node.name if roles else None,
        op=roles[0].node.op if roles else "",
        shape=constant.shape,
        axis=axis,
        channels=length if isinstance(length, int) else 1,
        constant=True,
    )


def activation_quantizer(tensor: Tensor, nodes: Mapping[str, Node]) -> Quantizer:
    first = tensor.producer or next(iter(tensor.consumers), None)
    return Quantizer(
        name=tensor.name,
        kind="activation",
        tensors=(tensor.name,),
        node=first,
        op=nodes[tensor.producer].op if tensor.producer else "Input",
        shape=tensor.shape,
        axis=None,
        channels=1,
        constant=False,
    )
