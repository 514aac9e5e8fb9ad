"""Quantizers that a target wants on one encoding: of the inputs and outputs of operators that only move codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qviz.encodings import Encodings, Setting
from qviz.quant.encoding import Encoding

if TYPE_CHECKING:
    from qviz.graph.graph import Graph, Quantizer

READS_ALL = frozenset(("Concat", "Max", "Min"))  # every input holds values; of others the first alone


@dataclass(frozen=True)
class SharingRule:
    """`operators` have one encoding for inputs and outputs. `splits`: whether a shared quantizer may be split."""

    operators: frozenset[str] = frozenset()
    splits: bool = True
    source: str = ""


@dataclass(frozen=True)
class Join:
    """An operator between two quantizers, by name: of one of its inputs and of one of its outputs."""

    operator: str
    input: str
    output: str


def joins(graph: "Graph", quantizers: Mapping[str, "Quantizer"], rule: SharingRule) -> tuple[Join, ...]:
    """Where an operator of the rule stands between two quantizers; tensors of one and the same share already."""
    if not rule.operators:
        return ()
    owner = {t: q.name for q in quantizers.values() for t in q.followers}
    owner |= {t: q.name for q in quantizers.values() for t in q.tensors}
    found: dict[Join, None] = {}
    for node in graph.nodes:
        if node.op in rule.operators and not node.domain:
            read = node.inputs if node.op in READS_ALL else node.inputs[:1]
            pairs = ((owner.get(i), owner.get(o)) for i in read for o in node.outputs)
            found |= {Join(node.op, i, o): None for i, o in pairs if i is not None and o is not None and i != o}
    return tuple(found)


def broken(encodings: Encodings, joined: Iterable[Join]) -> tuple[Join, ...]:
    """Joins whose two quantizers are on and differ."""
    return tuple(
        j for j in joined
        if j.input in encodings and j.output in encodings and not _agree(encodings[j.input], encodings[j.output])
    )  # fmt: skip


def together(joined: Iterable[Join]) -> tuple[frozenset[str], ...]:
    """The sets of quantizers that joins connect."""
    sets: dict[str, set[str]] = {}
    for join in joined:
        merged = sets.get(join.input, {join.input}) | sets.get(join.output, {join.output})
        sets |= dict.fromkeys(merged, merged)
    return tuple({id(s): frozenset(s) for s in sets.values()}.values())


def _agree(a: Setting, b: Setting) -> bool:
    """Whether both have the same grid, scales as float32; one in float, or without a range, is no matter."""
    x, y = a.active, b.active
    if x is None or y is None:
        return True
    if not (isinstance(x, Encoding) and isinstance(y, Encoding)):
        return x.key == y.key
    same = a.spec == b.spec and x.scale.shape == y.scale.shape
    return same and bool(np.allclose(x.scale, y.scale, 1e-6, 0.0)) and np.array_equal(x.offset, y.offset)
