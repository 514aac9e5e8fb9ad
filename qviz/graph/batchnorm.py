"""Folding BatchNormalization into the Conv, ConvTranspose or Gemm before it, output unchanged."""

import numpy as np
import onnx
from numpy.typing import NDArray

from qviz.graph.draft import Array, Draft, attribute, unique

Readers = dict[str, list[onnx.NodeProto]]  # tensor -> the nodes that read it
FOLDABLE = ("Conv", "ConvTranspose", "Gemm")


def fold_batchnorms(draft: Draft) -> None:
    """Fold every BatchNormalization that alone reads such an operator's output; others stay operators.

    The operator keeps its output's name and the normalized tensor becomes an alias of it. A bias made here is
    `<node>.bias`. A weight that others read too is copied first, as `<node>.weight`.
    """
    producers, readers = draft.producers(), draft.readers()
    left, taken = [], draft.names()
    for node in draft.nodes:
        draft.follow(node)
        layer = producers.get(node.input[0]) if node.op_type == "BatchNormalization" else None
        if layer is not None and _foldable(layer, node, draft, readers):
            _fold(layer, node, draft, readers, taken)
            producers[layer.output[0]] = layer
        else:
            left.append(node)
    draft.nodes = left


def scale_gemm_biases(draft: Draft) -> None:
    """Fold a constant Gemm bias's factor `beta` into the bias."""
    readers, taken = draft.readers(), draft.names()
    for node in draft.nodes:
        beta = attribute(node, "beta", 1.0)
        if node.op_type != "Gemm" or beta == 1.0 or len(node.input) < 3 or node.input[2] not in draft.constants:
            continue
        scaled = draft.constants[node.input[2]] * np.float32(beta)
        _set_constant(draft, node, 2, "bias", scaled, readers, taken)
        kept = [a for a in node.attribute if a.name != "beta"]
        del node.attribute[:]
        node.attribute.extend(kept)


def _foldable(layer: onnx.NodeProto, norm: onnx.NodeProto, draft: Draft, readers: Readers) -> bool:
    parameters = [*layer.input[1:], *norm.input[1:]]
    return (
        layer.op_type in FOLDABLE
        and layer.output[0] not in draft.output_names
        and len(readers[layer.output[0]]) == 1
        and attribute(norm, "training_mode", 0) == 0
        and not any(norm.output[1:])
        and all(name in draft.constants for name in parameters if name)
        and attribute(layer, "beta", 1.0) == 1.0
    )


def _fold(layer: onnx.NodeProto, norm: onnx.NodeProto, draft: Draft, readers: Readers, taken: set[str]) -> None:
    gamma, beta, mean, variance = (draft.constants[name].astype(np.float64) for name in norm.input[1:5])
    factor = gamma / np.sqrt(variance + float(attribute(norm, "epsilon", 1e-5)))
    old = draft.constants[layer.input[2]] if len(layer.input) > 2 and layer.input[2] else np.zeros(1)
    bias = (np.broadcast_to(old.reshape(-1), factor.shape) - mean) * factor + beta
    weight = _scaled(layer, draft.constants[layer.input[1]], factor)
    _set_constant(draft, layer, 1, "weight", weight.astype(np.float32), readers, taken)
    _set_constant(draft, layer, 2, "bias", bias.astype(np.float32), readers, taken)
    if norm.output[0] in draft.output_names:  # an output of the model keeps its name
        before, layer.output[0] = layer.output[0], norm.output[0]
        draft.aliases[before] = norm.output[0]
    else:
        draft.aliases[norm.output[0]] = layer.output[0]
        readers[layer.output[0]] = readers.pop(norm.output[0], [])


def _scaled(layer: onnx.NodeProto, weight: Array, factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """`weight` with each output channel multiplied by its factor."""
    if layer.op_type == "Gemm":
        return weight * (factor[:, None] if attribute(layer, "transB", 0) else factor[None, :])
    ones = (1,) * (weight.ndim - 2)
    if layer.op_type == "Conv":
        return weight * factor.reshape(-1, 1, *ones)
    groups = int(attribute(layer, "group", 1))
    grouped = weight.reshape(groups, -1, *weight.shape[1:])  # group, input channel in group, output channel in group
    return (grouped * factor.reshape(groups, 1, -1, *ones)).reshape(weight.shape)


def _set_constant(
    draft: Draft, node: onnx.NodeProto, at: int, word: str, value: Array, readers: Readers, taken: set[str]
) -> None:
    """Give input `at` of `node` a new value, under its old name unless others read that too."""
    while len(node.input) <= at:
        node.input.append("")
    name = node.input[at]
    if not name or len(readers.get(name, [])) > 1 or name in draft.output_names or name in draft.views:
        name = unique(f"{node.name}.{word}", taken)
        node.input[at] = name
        readers[name] = [node]
    draft.constants[name] = value
