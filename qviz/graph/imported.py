"""Encodings of a freshly opened model: the rules' quantizers, or those that a QDQ model brings."""

from dataclasses import replace

from qviz.encodings import Encodings, Setting
from qviz.errors import Text
from qviz.graph.graph import Graph, Quantizer
from qviz.graph.qdq import Grid, Pairs
from qviz.graph.quantizers import default_setting, place_any

LOST = "The model quantizes {tensors} in a form that is not supported; there it stays in float."


def rule_encodings(graph: Graph) -> Encodings:
    """Every quantizer of the rules, enabled, without a range."""
    return Encodings(
        settings={name: default_setting(q) for name, q in graph.quantizers.items()},
        groups={name: q.tensors for name, q in graph.quantizers.items()},
    )


def qdq_encodings(graph: Graph, pairs: Pairs) -> tuple[Encodings, tuple[Text, ...]]:
    """The quantizers of a QDQ model, exactly as stored; those that it lacks are disabled.

    Also notes on what could not be taken over: tensors whose form no setting holds.
    """
    grids = {name: grid for tensor, grid in pairs.grids.items() if (name := graph.resolve(tensor)) is not None}
    rules = rule_encodings(graph)
    settings = {name: replace(s, enabled=False) for name, s in rules.settings.items()}
    groups = dict(rules.groups)
    lost = []
    for quantizer in graph.quantizers.values():
        _take_group(quantizer, grids, settings)
    for tensor, grid in grids.items():
        owner = next((n for n, members in groups.items() if tensor in members and settings[n].enabled), None)
        if owner is not None or _repeats(graph, tensor, grid, settings):
            continue
        if not _fits(place_any(graph, tensor), grid):
            lost.append(tensor)
            continue
        settings[tensor] = _setting(grid)
        groups = {n: tuple(m for m in members if m != tensor) for n, members in groups.items()}
        groups[tensor] = (tensor,)
    groups = {n: members for n, members in groups.items() if members}
    settings = {n: s for n, s in settings.items() if n in groups}
    encodings = Encodings(settings, groups, "int32" if pairs.int32_biases else "float")
    return encodings, (Text(LOST, {"tensors": ", ".join(lost)}),) if lost else ()


def _take_group(quantizer: Quantizer, grids: dict[str, Grid], settings: dict[str, Setting]) -> None:
    """Set a quantizer whose tensors all have one and the same grid."""
    found = [grids.get(t) for t in quantizer.tensors]
    first = found[0]
    if first is not None and all(g == first for g in found) and _fits(quantizer, first):
        settings[quantizer.name] = _setting(first)


def _fits(quantizer: Quantizer, grid: Grid) -> bool:
    if grid.setting is None or grid.axis is None:
        return grid.setting is not None
    rank = len(quantizer.shape or ())
    return quantizer.axis is not None and grid.axis % max(rank, 1) == quantizer.axis


def _repeats(graph: Graph, tensor: str, grid: Grid, settings: dict[str, Setting]) -> bool:
    """Whether `tensor` lies on this very grid already, behind data movement."""
    owner = next((q for q in graph.quantizers.values() if tensor in q.followers), None)
    return owner is not None and settings[owner.name] == grid.setting


def _setting(grid: Grid) -> Setting:
    assert grid.setting is not None
    return grid.setting
