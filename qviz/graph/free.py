"""Rewriting a model of fixed batch: the input's dimension a symbol, constant shapes that repeat it made to follow."""

import copy
from collections.abc import Mapping

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.external_data_helper import uses_external_data

from qviz.graph.draft import Array, attribute, bodies
from qviz.graph.shapes import BATCH


def free_batch(
    proto: onnx.ModelProto, axes: Mapping[str, int | None], sizes: Mapping[str, tuple[int, ...]]
) -> onnx.ModelProto:
    """A copy of `proto` whose inputs have a free dimension on `axes`; output shapes and value_info are dropped.

    Constant targets of Reshape and Expand whose first entry equals the batch follow it.
    """
    freed = copy.deepcopy(proto)
    for info in freed.graph.input:
        axis = axes.get(info.name)
        if axis is not None:
            info.type.tensor_type.shape.dim[axis].dim_param = BATCH
    _drop_shapes(freed.graph)
    batch = {sizes[name][axis] for name, axis in axes.items() if axis is not None}
    _free_targets(freed.graph, batch)
    return freed


def _drop_shapes(graph: onnx.GraphProto) -> None:
    """Forget what shapes inner tensors and outputs were declared to have, inside bodies too."""
    del graph.value_info[:]
    for info in graph.output:
        info.type.tensor_type.ClearField("shape")
    for body in (b for n in graph.node for b in bodies(n)):
        for dim in (d for info in body.input for d in info.type.tensor_type.shape.dim):
            dim.Clear()  # the rank has to stay
        _drop_shapes(body)


def _free_targets(graph: onnx.GraphProto, batch: set[int]) -> None:
    known = _known(graph)
    for i, node in enumerate(graph.node):
        if node.op_type not in ("Reshape", "Expand") or node.domain or node.input[1] not in known:
            continue
        if node.input[0] in known:
            continue
        target = known[node.input[1]].copy()
        if target.size and int(target[0]) in batch:
            target[0] = _following(node, target)
            name = f"{node.output[0]}/free_batch_{i}"
            graph.initializer.append(numpy_helper.from_array(target, name))
            node.input[1] = name


def _following(node: onnx.NodeProto, target: Array) -> int:
    if node.op_type == "Expand":
        return 1  # keeps the length that the input has
    zero_copies = attribute(node, "allowzero", 0) == 0
    return 0 if (target == -1).any() and zero_copies else -1


def _known(graph: onnx.GraphProto) -> dict[str, Array]:
    """Constants that may be shapes, by name: initializers, Constant nodes, and what Identity passes on."""
    integers = [t for t in graph.initializer if t.data_type == onnx.TensorProto.INT64 and not uses_external_data(t)]
    known = {t.name: numpy_helper.to_array(t) for t in integers}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            known[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        elif node.op_type == "Constant" and node.attribute[0].name == "value_ints":
            known[node.output[0]] = np.array(node.attribute[0].ints, np.int64)
        elif node.op_type == "Identity" and node.input[0] in known:
            known[node.output[0]] = known[node.input[0]]
    return known
