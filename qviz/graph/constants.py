"""Folding constants: what is known before running is a constant under its own name, or under its weight's."""

import numpy as np
import onnx
from onnx import numpy_helper

from qviz.graph.draft import Array, Draft, bodies, reads
from qviz.graph.runtime import RuntimeErrors, run
from qviz.graph.weights import weighted

RESHAPES = frozenset(("Reshape", "Flatten", "Squeeze", "Unsqueeze"))
VIEWS = RESHAPES | {"Identity", "Cast", "CastLike", "Transpose"}
ABOUT_SHAPE = frozenset(("Shape", "Size"))
UNREPEATABLE = frozenset(("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli"))
SPARE = frozenset(("Dropout", "MaxPool"))  # what yields a mask or indices besides, for those who ask
LARGEST = 1 << 24  # elements; what is larger is cheaper to compute than to keep


def fold_constants(draft: Draft) -> None:
    """Fold Constant nodes, views of constants, and whatever is computed from integers alone.

    A view of a weight that nobody else reads takes the weight's place under its name. Arithmetic on float constants
    stays in the graph, so that each of them can be quantized.
    """
    readers = {name: len(nodes) for name, nodes in draft.readers().items()}
    left = []
    for node in draft.nodes:
        draft.follow(node)
        value = _value(node, draft)
        if value is None:
            left.append(node)
        else:
            _keep(draft, node, value, readers)
    draft.nodes = left


def lift_constants(draft: Draft) -> None:
    """Constant nodes become constants; nothing else is folded."""
    values = {id(n): _constant(n) for n in draft.nodes if n.op_type == "Constant" and not n.domain}
    draft.constants.update((n.output[0], v) for n in draft.nodes if (v := values.get(id(n))) is not None)
    draft.nodes = [n for n in draft.nodes if values.get(id(n)) is None]


def drop_unread(draft: Draft) -> None:
    """Take out nodes and spare outputs that nobody uses, and constants that nothing reads any more."""
    needed = set(draft.output_names)
    kept = []
    for node in reversed(draft.nodes):
        if needed.intersection(node.output):
            if node.op_type in SPARE and not needed.intersection(node.output[1:]):
                del node.output[1:]
            kept.append(node)
            needed.update(reads(node))
    draft.nodes = kept[::-1]
    draft.constants = {name: a for name, a in draft.constants.items() if name in needed}
    draft.views = {name: root for name, root in draft.views.items() if name in draft.constants}
    made = {o for n in draft.nodes for o in n.output} | draft.constants.keys() | {i.name for i in draft.inputs}
    draft.aliases = {old: draft.resolve(old) for old in draft.aliases if draft.resolve(old) in made}


def _value(node: onnx.NodeProto, draft: Draft) -> Array | None:
    """What `node` yields, where that is known now and worth keeping."""
    if node.op_type == "Constant" and not node.domain:
        return _constant(node)
    inputs = [i for i in node.input if i]
    if bodies(node) or len([o for o in node.output if o]) != 1 or node.op_type in UNREPEATABLE:
        return None
    if not inputs or not all(i in draft.constants for i in inputs):
        return None
    of_floats = any(draft.constants[i].dtype.kind not in "iub" for i in inputs)
    if of_floats and node.op_type not in VIEWS | ABOUT_SHAPE:
        return None
    return _evaluate(node, draft)


def _constant(node: onnx.NodeProto) -> Array | None:
    kind = node.attribute[0]
    value = onnx.helper.get_attribute_value(kind)
    if kind.name == "value":
        return numpy_helper.to_array(value)
    if kind.name in ("value_float", "value_floats"):
        return np.array(value, np.float32)
    if kind.name in ("value_int", "value_ints"):
        return np.array(value, np.int64)
    return None  # strings and sparse tensors stay nodes


def _evaluate(node: onnx.NodeProto, draft: Draft) -> Array | None:
    output = next(o for o in node.output if o)
    info = onnx.helper.make_empty_tensor_value_info(output)
    alone = Draft("constant", [node], {}, [], [info], draft.opsets, draft.ir_version)
    try:
        value = run(weighted(alone, {i: draft.constants[i] for i in node.input if i}).session, {})[output]
    except RuntimeErrors:  # no kernel for this type: it stays a node
        return None
    return value if value.size <= LARGEST else None


def _keep(draft: Draft, node: onnx.NodeProto, value: Array, readers: dict[str, int]) -> None:
    output = next(o for o in node.output if o)
    root = draft.views.get(node.input[0], node.input[0]) if node.input else ""
    is_view = node.op_type in VIEWS and value.dtype.kind == "f" and draft.constants[node.input[0]].dtype.kind == "f"
    if not is_view or output in draft.output_names:
        draft.constants[output] = value
        return
    if node.op_type in RESHAPES:
        draft.reshaped.add(root)
    if node.op_type in ("Identity", "Cast", "CastLike") or (readers[node.input[0]] == 1 and node.input[0] == root):
        draft.constants[node.input[0]] = value
        draft.aliases[output] = node.input[0]
        readers[node.input[0]] += readers.pop(output, 0) - 1
    else:
        draft.constants[output] = value
        draft.views[output] = root
