"""What a document starts from once its model and data are there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from qviz.document import Document
from qviz.encodings import Encodings
from qviz.errors import QvizError
from qviz.formats.entries import EncodingsFile
from qviz.graph.graph import Graph, Quantizer
from qviz.graph.quantizers import place_any
from qviz.history import History
from qviz.quant.blocks import block_count
from qviz.quant.spec import Spec, UniformSpec
from qviz.spec_change import check_form


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


def fitting(start: Start, graph: Graph, quantizers: Mapping[str, Quantizer], calibrated: Encodings) -> Start:
    """`start` where it fits the model; what does not is as calibrated, or gone where the model has no such place.

    Only a damaged session has such settings.
    """

    def fitted(state: Encodings) -> Encodings:
        bad = [n for n in state.settings if not _fits(state, n, graph, quantizers)]
        if not bad:
            return state
        settings = {n: s for n, s in state.settings.items() if n not in bad}
        groups = {n: g for n, g in state.groups.items() if n not in bad}
        settings |= {n: calibrated[n] for n in bad if n in calibrated}
        groups |= {n: calibrated.groups[n] for n in bad if n in calibrated}
        return replace(state, settings=settings, groups=groups)

    entries = [replace(e, encodings=fitted(e.encodings)) for e in start.history.entries]
    if all(new.encodings is old.encodings for new, old in zip(entries, start.history.entries, strict=True)):
        return replace(start, baseline=fitted(start.baseline))
    return replace(start, history=History.of(entries, start.history.index), baseline=fitted(start.baseline))


def _fits(state: Encodings, name: str, graph: Graph, quantizers: Mapping[str, Quantizer]) -> bool:
    """Whether a setting is one that the quantizer of this name can have, with as many ranges as that has."""
    quantizer, setting = quantizers.get(name), state[name]
    if quantizer is None or not all(t in graph.tensors for t in state.groups[name]):
        return False
    try:
        check_form(setting.spec, quantizer)
    except QvizError:
        return False
    rows = setting.stored.scale if setting.stored else setting.range.low if setting.range else ()
    return len(rows) <= 1 or len(rows) == _row_count(setting.spec, quantizer)


def _row_count(spec: Spec, quantizer: Quantizer) -> int:
    """How many ranges this form has on this quantizer."""
    shape = tuple(d for d in quantizer.shape or () if isinstance(d, int))
    if isinstance(spec, UniformSpec) and spec.per_block and len(shape) > 1:
        return quantizer.channels * block_count(shape, quantizer.axis, spec.block)
    return quantizer.channels if spec.per_channel else 1
