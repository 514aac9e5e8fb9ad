"""What the target cannot run of a selection, in words: choices that are greyed and settings that are marked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from qviz.errors import Text
from qviz.session import Session
from qviz.targets import Refused
from qviz.ui.text import sentence

K = TypeVar("K")
LOOKED_AT = 200  # quantizers of a selection whose fields are marked


def refused_by_all(session: Session, names: Iterable[str]) -> Refused:
    """What the target can run of none of these quantizers; nothing without a target, or without names."""
    if session.target is None:
        return Refused()
    alike: dict[object, str] = {}  # of many quantizers few differ in what decides
    for name in names:
        quantizer = session.quantizers[name]
        alike.setdefault((quantizer.kind, quantizer.axis is None, quantizer.op, quantizer.node), name)
    each = [session.refused(name) for name in alike.values()]
    if not each:
        return Refused()
    first, rest = each[0], each[1:]
    return Refused(
        on=first.on if all(r.on is not None for r in rest) else None,
        bits=_common(first.bits, [r.bits for r in rest]),
        schemes=_common(first.schemes, [r.schemes for r in rest]),
        granularities=_common(first.granularities, [r.granularities for r in rest]),
        ranges=first.ranges if all(r.ranges is not None for r in rest) else None,
    )


def violated(session: Session, names: Sequence[str]) -> dict[str, bool]:
    """For each field of the form whether it says, of one of these at least, what the target cannot run."""
    found = dict.fromkeys(("bits", "scheme", "granularity"), False)
    for name in (n for n in names[:LOOKED_AT] if session.encodings[n].enabled):
        refused, spec = session.refused(name), session.encodings[name].spec
        found["bits"] |= spec.bits in refused.bits
        found["scheme"] |= spec.scheme in refused.schemes
        found["granularity"] |= spec.granularity in refused.granularities
    return found


def in_words(reasons: Mapping[K, Text]) -> dict[K, str]:
    """Reasons in the user's language."""
    return {value: sentence(text) for value, text in reasons.items()}


def _common(first: Mapping[K, Text], rest: list[Mapping[K, Text]]) -> dict[K, Text]:
    return {value: text for value, text in first.items() if all(value in other for other in rest)}
