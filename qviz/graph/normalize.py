"""From a model as read to the draft that is simulated."""

from dataclasses import replace

import onnx
import onnx.inliner

from qviz.graph.batchnorm import fold_batchnorms, scale_gemm_biases
from qviz.graph.branches import take_known_branches
from qviz.graph.constants import drop_unread
from qviz.graph.draft import Draft, unique
from qviz.graph.float32 import to_float32
from qviz.graph.idle_casts import drop_idle_casts
from qviz.graph.weights import Weighted


def inline(model: Weighted) -> Weighted:
    """`model` with calls of its own functions replaced by what they do."""
    functions = model.proto.functions
    return replace(model, proto=onnx.inliner.inline_local_functions(model.proto)) if functions else model


def normalize(model: Weighted, fold: bool = True) -> Draft:
    """`model` in float32, functions inlined, known branches taken, constants folded, nodes named.

    Batch norms are folded too, unless not `fold`: a model that is quantized already keeps the weights it has codes for.
    """
    draft = inline(model).draft()
    to_float32(draft)
    drop_idle_casts(draft)
    take_known_branches(draft)
    name_nodes(draft)
    if fold:
        scale_gemm_biases(draft)
        fold_batchnorms(draft)
    drop_unread(draft)
    return draft


def name_nodes(draft: Draft) -> None:
    """Give every node a name of its own: the first to carry a name keeps it."""
    taken: set[str] = set()
    for i, node in enumerate(draft.nodes):
        node.name = unique(node.name or f"{node.op_type}_{i}", taken)
