"""Control flow: an If whose condition is known becomes its branch; other bodies stay closed."""

import copy

import onnx
from onnx import numpy_helper

from qviz.errors import Text
from qviz.graph.constants import fold_constants
from qviz.graph.draft import Draft, attribute, bodies, rename, unique


def take_known_branches(draft: Draft) -> None:
    """Replace every If with a constant condition by the branch that it takes, branches inside branches too.

    Other If, Loop and Scan stay as they are, and a note says that nothing inside them is quantized.
    """
    known: list[onnx.NodeProto] | None = None
    while known is None or known:
        fold_constants(draft)
        known = [n for n in draft.nodes if n.op_type == "If" and n.input[0] in draft.constants]
        for node in known:
            taken = "then_branch" if draft.constants[node.input[0]].item() else "else_branch"
            _replace(draft, node, copy.deepcopy(attribute(node, taken)))
    closed = sorted({n.op_type for n in draft.nodes if bodies(n)})
    if closed:
        draft.notes.append(Text("Nothing inside {operators} is quantized.", {"operators": ", ".join(closed)}))


def _replace(draft: Draft, node: onnx.NodeProto, branch: onnx.GraphProto) -> None:
    inside = {*(t.name for t in branch.initializer), *(o for n in branch.node for o in n.output if o)}
    taken = draft.names()
    names = {name: unique(name, taken) for name in sorted(inside)}
    for tensor in branch.initializer:
        draft.constants[names[tensor.name]] = numpy_helper.to_array(tensor)
    nodes = list(branch.node)
    for inner in nodes:
        rename(inner, names)
        inner.output[:] = [names.get(o, o) for o in inner.output]
    for result, output in zip(branch.output, node.output, strict=True):
        source = names.get(result.name, result.name)
        nodes.append(onnx.helper.make_node("Identity", [source], [output], name=f"{node.name}/{output}"))
    at = next(i for i, n in enumerate(draft.nodes) if n is node)
    draft.nodes[at : at + 1] = nodes
