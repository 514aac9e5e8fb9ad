"""What a document starts from once its model and data are there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from qviz.document import Document
from qviz.encodings import Encodings
from qviz.formats.entries import EncodingsFile
from qviz.graph.graph import Graph, Quantizer
from qviz.graph.quantizers import place_any
from qviz.history import History


@dataclass(frozen=True, eq=False)
class Start:
    """The state that counts as opened, with what can be undone, and baseline B. `unsaved`: no file holds it yet."""

    history: History
    baseline: Encodings
    unsaved: bool = False

    @property
    def encodings(self) -> Encodings:
        return self.history.current


StartFrom = Callable[[Encodings], Start]  # from the calibrated encodings


def start_at(encodings: Encodings) -> Start:
    """Nothing to undo, nothing unsaved."""
    return Start(History(encodings, "Open"), encodings)


@dataclass(frozen=True)
class Opening:
    """A model that was asked for and has not arrived yet, and the .qviz file that it comes from, if any."""

    document: Document
    file: EncodingsFile | None = None
    start: StartFrom | None = None
    saved_path: str | None = None


def placed(graph: Graph, quantizers: Mapping[str, Quantizer], encodings: Encodings) -> Mapping[str, Quantizer]:
    """`quantizers` with those that `encodings` have besides, and with the tensors that each has there."""
    found = dict(quantizers)
    for name, group in encodings.groups.items():
        if name in found and set(group) < set(found[name].tensors):  # a member was split off
            found[name] = replace(found[name], tensors=group)
        elif name not in found and graph.resolve(name) is not None:
            found[name] = replace(place_any(graph, name), name=name, tensors=group, followers=())
    return found
