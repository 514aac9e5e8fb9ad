"""A loaded model, as the engine holds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from qviz.encodings import Encodings
from qviz.errors import Cancelled
from qviz.graph.batch import find_batch
from qviz.graph.build import build_graph
from qviz.graph.draft import draft_of, proto_of
from qviz.graph.feeds import index_limits
from qviz.graph.graph import Graph
from qviz.graph.normalize import normalize
from qviz.graph.quantizers import default_setting
from qviz.graph.read import read_model

STEPS = 3


@dataclass(frozen=True)
class Model:
    """A model ready to be simulated. `nodes` and `constants` together are the whole of it.

    `proto` is what is simulated, in float32, without initializers (they are in `constants`); `reference` is the float
    model as given, with its weights, its batch freed.
    """

    path: str
    graph: Graph
    proto: onnx.ModelProto
    nodes: Mapping[str, onnx.NodeProto]
    constants: Mapping[str, NDArray[np.generic]]
    reference: onnx.ModelProto
    encodings: Encodings


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
    proto = read_model(path)
    step(1)
    batch = find_batch(proto, index_limits(draft_of(proto)), cancelled)
    step(2)
    draft = normalize(batch.proto)
    graph = build_graph(draft, batch)
    encodings = Encodings(
        settings={name: default_setting(q) for name, q in graph.quantizers.items()},
        groups={name: q.tensors for name, q in graph.quantizers.items()},
    )
    step(STEPS)
    return Model(
        path=path,
        graph=graph,
        proto=proto_of(draft),
        nodes={n.name: n for n in draft.nodes},
        constants=draft.constants,
        reference=batch.proto,
        encodings=encodings,
    )
