"""A loaded model, as the engine holds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import onnx
from numpy.typing import NDArray

from qviz.encodings import Encodings
from qviz.errors import Cancelled
from qviz.graph.batch import find_batch
from qviz.graph.build import build_graph
from qviz.graph.constants import drop_unread, lift_constants
from qviz.graph.draft import proto_of
from qviz.graph.feeds import index_limits
from qviz.graph.given import fix_dimensions
from qviz.graph.graph import Graph
from qviz.graph.imported import qdq_encodings, rule_encodings
from qviz.graph.normalize import inline, normalize
from qviz.graph.qdq import Pairs, is_qdq, take_out_pairs
from qviz.graph.read import read_model
from qviz.graph.shapes import declared_shapes
from qviz.graph.weights import Weighted, weighted

STEPS = 3
LARGE_MODEL = 1 << 28  # bytes of weights


@dataclass(frozen=True)
class Model:
    """A model ready to be simulated. `nodes` and `constants` together are the whole of it.

    `proto` is what is simulated, in float32, without initializers (they are in `constants`); `reference` is the float
    model as given, with its weights, its batch freed. `declared` are the shapes that it gives to inputs and outputs.
    """

    path: str
    graph: Graph
    proto: onnx.ModelProto
    nodes: Mapping[str, onnx.NodeProto]
    constants: Mapping[str, NDArray[np.generic]]
    reference: Weighted
    encodings: Encodings
    declared: Mapping[str, onnx.TensorShapeProto]

    @cached_property
    def is_large(self) -> bool:
        """Whether sessions share its weights; else each kernel may pack a copy of its own, which is faster."""
        return sum(a.nbytes for a in self.constants.values()) > LARGE_MODEL


def load_model(
    path: str,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Model:
    """Open an ONNX model for simulation.

    `shapes` gives inputs with free dimensions their shape. Raises QvizError with one clear sentence for whatever is
    wrong with the file, and Cancelled as soon as `cancelled()` is true between two steps.
    """

    def step(done: int) -> None:
        if cancelled():
            raise Cancelled
        progress(done, STEPS)

    step(0)
    given, pairs, known = _as_float(read_model(path))
    step(1)
    given = replace(given, proto=fix_dimensions(given.proto, shapes)) if shapes else given
    batch = find_batch(given, _limits(given), cancelled)
    step(2)
    draft = normalize(batch.model, fold=pairs is None)
    draft.aliases |= {old: draft.resolve(new) for old, new in known.items()}
    graph = build_graph(draft, batch)
    encodings, notes = (rule_encodings(graph), ()) if pairs is None else qdq_encodings(graph, pairs)
    step(STEPS)
    return Model(
        path=path,
        graph=replace(graph, notes=graph.notes + notes),
        proto=proto_of(draft),
        nodes={n.name: n for n in draft.nodes},
        constants=draft.constants,
        reference=replace(batch.model),  # without the session of the checks
        encodings=encodings,
        declared=declared_shapes(given.proto),
    )


def _as_float(model: Weighted) -> tuple[Weighted, Pairs | None, dict[str, str]]:
    """The float model behind `model`, the pairs taken out of it (None where it had none), and aliases so made."""
    inlined = inline(model)
    if not is_qdq(inlined.proto):
        return model, None, {}
    draft, pairs = take_out_pairs(inlined)
    drop_unread(draft)
    return weighted(draft), pairs, draft.aliases


def _limits(model: Weighted) -> dict[str, int]:
    draft = model.draft()
    lift_constants(draft)
    return index_limits(draft)
