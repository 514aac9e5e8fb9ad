"""From a rewritten model to the plain graph that panels draw and edits name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from qviz.errors import QvizError
from qviz.graph.batch import Batch
from qviz.graph.draft import Array, Draft, bodies, captured
from qviz.graph.feeds import index_limits
from qviz.graph.graph import Graph, Node, Port, Tensor
from qviz.graph.placement import place
from qviz.graph.shapes import dtype_of, infer, shape_of


def build_graph(draft: Draft, batch: Batch) -> Graph:
    """The plain graph of `draft`, with quantizers placed. Ports keep the types that `batch.model` declares."""
    nodes = tuple(_node(n) for n in draft.nodes)
    tensors = _tensors(draft, nodes, batch.feeds)
    placed = place(nodes, tensors, draft.views, draft.reshaped)
    declared = {i.name: i for i in (*batch.model.proto.graph.input, *batch.model.proto.graph.output)}
    limits = index_limits(draft)
    lost = {root: view for view, root in draft.views.items() if root not in tensors}
    return Graph(
        name=draft.name,
        nodes=nodes,
        tensors=tensors,
        inputs=tuple(_port(declared[i.name], tensors, batch.input_axes, limits) for i in draft.inputs),
        outputs=tuple(_port(declared[o.name], tensors, batch.output_axes, {}) for o in draft.outputs),
        quantizers=placed.quantizers,
        biases=placed.biases,
        aliases={**draft.aliases, **lost},
        batch_free=batch.free,
        notes=tuple(draft.notes),
    )


def _node(node: onnx.NodeProto) -> Node:
    outer = [name for name in captured(node) if name not in node.input]
    return Node(
        name=node.name,
        op=node.op_type,
        domain=node.domain,
        inputs=(*node.input, *outer),
        outputs=tuple(node.output),
        attributes={a.name: _shown(a) for a in node.attribute},
        opaque=bool(bodies(node)),
    )


def _shown(attribute: onnx.AttributeProto) -> str:
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, onnx.GraphProto):
        return f"{len(value.node)} nodes"
    if isinstance(value, onnx.TensorProto):
        return f"{np.dtype(onnx.helper.tensor_dtype_to_np_dtype(value.data_type)).name} {list(value.dims)}"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, int | str):
        return str(value)
    items = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in list(value)[:16]]
    return ", ".join(items) + (", …" if len(value) > len(items) else "")


@dataclass
class _Ends:
    producer: str | None
    consumers: list[str]


def _tensors(draft: Draft, nodes: tuple[Node, ...], feeds: Sequence[Mapping[str, Array]]) -> dict[str, Tensor]:
    known = infer(draft, feeds)
    ends = {name: _Ends(None, []) for name in (*(i.name for i in draft.inputs), *draft.constants)}
    for node in nodes:
        ends.update((o, _Ends(node.name, [])) for o in node.outputs if o)
    for node in nodes:
        for name in dict.fromkeys(i for i in node.inputs if i):
            if name not in ends:
                raise QvizError("{node} reads {name}, which nothing makes: the model is damaged.",
                                node=node.name, name=name)  # fmt: skip
            ends[name].consumers.append(node.name)
    inputs = {i.name for i in draft.inputs}
    return {name: _tensor(name, e, known, inputs, draft) for name, e in ends.items()}


def _tensor(name: str, ends: _Ends, known: Mapping, inputs: set[str], draft: Draft) -> Tensor:
    dtype, shape = known.get(name, ("", None))
    return Tensor(
        name=name,
        kind="input" if name in inputs else "constant" if name in draft.constants else "activation",
        dtype=dtype,
        shape=shape,
        producer=ends.producer,
        consumers=tuple(ends.consumers),
        is_output=name in draft.output_names,
    )


def _port(
    declared: onnx.ValueInfoProto,
    tensors: Mapping[str, Tensor],
    axes: Mapping[str, int | None],
    limits: Mapping[str, int],
) -> Port:
    inferred = tensors[declared.name].shape
    return Port(
        name=declared.name,
        dtype=dtype_of(declared),
        shape=inferred or shape_of(declared) or (),
        batch_axis=axes.get(declared.name),
        index_limit=limits.get(declared.name),
    )
