"""What choosing a hardware target makes of encodings, and what brings single quantizers back to what it can run."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from qviz.edits import Histograms, calibrate, requested_range, with_spec
from qviz.encodings import FIXED, IMPORTED, MANUAL, Encodings, Setting
from qviz.graph.graph import Graph, Quantizer
from qviz.quant.calibrators import CALIBRATORS
from qviz.quant.histogram import Histogram
from qviz.sharing import Join, joins, together
from qviz.targets import Target


def with_target(
    encodings: Encodings, graph: Graph, quantizers: Mapping[str, Quantizer], histograms: Histograms, target: Target
) -> Encodings:
    """What choosing a target makes of the encodings: what is quantized and in which form, bias, calibrated ranges.

    Locked settings stay as they are; ranges set by hand or imported keep their numbers.
    """
    result = replace(encodings, bias=target.bias, target=target.name)
    names = list(encodings.settings)
    return as_target_wants(result, graph, quantizers, histograms, target, names, keep_hand_made=True)


def without_target(encodings: Encodings) -> Encodings:
    """No target: every setting keeps its numbers, and ranges that the target prescribed are as if set by hand."""
    freed = {n: replace(s, source=MANUAL) for n, s in encodings.settings.items() if s.source == FIXED}
    return replace(encodings.with_settings(freed), target=None)


def as_target_wants(
    encodings: Encodings,
    graph: Graph,
    quantizers: Mapping[str, Quantizer],
    histograms: Histograms,
    target: Target,
    names: Collection[str],
    keep_hand_made: bool,
) -> Encodings:
    """`names` in the form, and with the ranges, that the target's own tools give them; locked ones stay."""
    chosen = [n for n in names if n in quantizers and not encodings[n].locked]
    kept = {n for n in chosen if keep_hand_made and encodings[n].source in (MANUAL, IMPORTED)}
    result = encodings.with_settings(  # what is calibrated below needs no range of its form before that
        {n: _targeted(encodings[n], graph, quantizers[n], histograms.get(n) if n in kept else None, target)
         for n in chosen}
    )  # fmt: skip
    for rule, kind in ((target.weights, "param"), (target.activations, "activation")):
        own = [n for n in chosen if quantizers[n].kind == kind]
        result = calibrate(result, histograms, own, rule.calibrator, keep_hand_made)
    return shared(result, joins(graph, quantizers, target.sharing), chosen)


def shared(encodings: Encodings, joined: Iterable[Join], names: Collection[str]) -> Encodings:
    """Where `names` are joined to others, all calibrated ranges of a set become the widest of them.

    Ranges set by hand, imported, locked, or of another form stay: what then differs is a violation, told as such.
    """
    wanted = set(names)
    changes: dict[str, Setting] = {}
    for members in together(joined):
        if members & wanted:
            changes |= _widest({n: encodings[n] for n in members if n in encodings})
    return encodings.with_settings(changes) if changes else encodings


def _widest(members: Mapping[str, Setting]) -> dict[str, Setting]:
    free = {n: s for n, s in members.items() if s.enabled and not s.locked and s.source in CALIBRATORS and s.range}
    if len(free) < 2 or len({s.spec for s in free.values()}) > 1:
        return {}
    ranges = [r for s in free.values() if (r := requested_range(s)) is not None]
    low, high = min(min(r.low) for r in ranges), max(max(r.high) for r in ranges)
    return {n: s.with_range([low], [high], s.source) for n, s in free.items()}


def _targeted(
    setting: Setting, graph: Graph, quantizer: Quantizer, histogram: Histogram | None, target: Target
) -> Setting:
    fixed = target.fixed_range(quantizer)
    if setting.source == FIXED and fixed is None:  # of the target before: found from the data again
        setting = replace(setting, range=None, stored=None, source="")
    setting = replace(setting, enabled=target.quantizes(quantizer, graph))
    setting = with_spec(setting, target.spec(quantizer, setting.spec, graph), histogram)
    return setting if fixed is None else setting.with_range(fixed.low, fixed.high, FIXED)
