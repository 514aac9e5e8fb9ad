"""What a file leaves to the model: which tensors its layers mean, and the form of ranges that come alone."""

from collections.abc import Mapping
from dataclasses import replace

from qviz.encodings import Encodings, Setting
from qviz.formats.entries import EncodingsFile, FileEntry
from qviz.formats.layers import by_tensor
from qviz.graph.graph import Graph
from qviz.quant.spec import Granularity


def fit_to_model(file: EncodingsFile, encodings: Encodings, graph: Graph) -> EncodingsFile:
    """The file with every entry by tensor and complete."""
    entries, refused = by_tensor(file.entries, graph) if file.by_layer else (list(file.entries), [])
    owner = {t: s for n, s in encodings.settings.items() for t in (n, *encodings.groups.get(n, ()))}
    completed = tuple(_completed(e, graph, owner) for e in entries)
    return replace(file, entries=completed, refused=(*file.refused, *refused), by_layer=False)


def _completed(entry: FileEntry, graph: Graph, owner: Mapping[str, Setting]) -> FileEntry:
    tensor = graph.resolve(entry.name)
    if tensor is None:
        return entry
    if entry.of_weight is not None and graph.tensors[tensor].kind == "constant":
        return replace(entry, setting=entry.of_weight)
    standing = owner.get(tensor)
    if not entry.range_only or standing is None:
        return entry
    spec = replace(standing.spec, granularity=Granularity.PER_TENSOR)
    return replace(entry, setting=replace(entry.setting, spec=spec))
