"""What a file leaves to the model: which tensors its names mean, and the form of ranges that come alone."""

from collections.abc import Mapping
from dataclasses import replace

from qviz.encodings import Encodings, Setting
from qviz.errors import Text
from qviz.formats.entries import EncodingsFile, FileEntry, Named
from qviz.formats.layers import tensor_of
from qviz.graph.graph import Graph
from qviz.quant.spec import Granularity, UniformSpec

CONTRADICTS = "It sets {tensor} otherwise than {other} does."


def fit_to_model(file: EncodingsFile, encodings: Encodings, graph: Graph) -> EncodingsFile:
    """The file with at most one entry a tensor, complete. The first counts; those that contradict it are refused."""
    owner = {t: s for n, s in encodings.settings.items() for t in (n, *encodings.groups.get(n, ()))}
    found: dict[str, tuple[str, FileEntry]] = {}  # tensor -> name in the file, entry
    refused: list[Named] = []
    for entry in file.entries:
        named = replace(entry, name=tensor_of(entry, graph)) if file.by_layer else entry
        tensor = graph.resolve(named.name)
        key = tensor or named.name
        other, known = found.setdefault(key, (entry.name, _completed(named, graph, owner)))
        if tensor is not None and not _agree(known, _completed(named, graph, owner)):
            refused.append((entry.name, Text(CONTRADICTS, {"tensor": tensor, "other": other})))
    entries = tuple(entry for _, entry in found.values())
    return replace(file, entries=entries, refused=(*file.refused, *refused), by_layer=False)


def _completed(entry: FileEntry, graph: Graph, owner: Mapping[str, Setting]) -> FileEntry:
    tensor = graph.resolve(entry.name)
    if tensor is None:
        return entry
    if entry.of_weight is not None and graph.tensors[tensor].kind == "constant":
        return replace(entry, setting=entry.of_weight)
    standing = owner.get(tensor)
    if not entry.range_only or standing is None or not isinstance(standing.spec, UniformSpec):
        return entry
    spec = replace(standing.spec, granularity=Granularity.PER_TENSOR, block=0)
    return replace(entry, setting=replace(entry.setting, spec=spec))


def _agree(a: FileEntry, b: FileEntry) -> bool:
    return (a.kind, a.setting) == (b.kind, b.setting)
