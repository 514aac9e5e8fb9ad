"""Casts between float types, which do nothing once every float is a float32."""

import onnx
from onnx import TensorProto

from qviz.graph.draft import Draft, attribute
from qviz.graph.shapes import infer


def drop_idle_casts(draft: Draft) -> None:
    """Take out every Cast from float32 to float32; an output of the model keeps its name."""
    casts = [n for n in draft.nodes if n.op_type == "Cast" and attribute(n, "to") == TensorProto.FLOAT]
    if not casts:
        return
    types, producers = infer(draft), draft.producers()
    idle = [id(n) for n in casts if types.get(n.input[0], ("",))[0] == "float32" and n.input[0] not in draft.constants]
    left = []
    for node in draft.nodes:
        draft.follow(node)
        if id(node) not in idle or not _drop(draft, node, producers):
            left.append(node)
    draft.nodes = left
    for node in left:  # an output's name may reach readers that stand before its Cast
        draft.follow(node)


def _drop(draft: Draft, cast: onnx.NodeProto, producers: dict[str, onnx.NodeProto]) -> bool:
    source, output = cast.input[0], cast.output[0]
    if output not in draft.output_names:
        draft.aliases[output] = source
        return True
    made = producers.get(source)
    if made is None or source in draft.output_names:
        return False
    made.output[:] = [output if o == source else o for o in made.output]
    draft.aliases[source] = output
    producers[output] = made
    return True
