"""What the target cannot run of a selection, in words: choices that are greyed and settings that are marked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QCoreApplication

from qviz.errors import Text
from qviz.quant.spec import WEIGHT_FORMS, CodebookSpec, Granularity, Scheme, Spec, UniformSpec
from qviz.session import Session
from qviz.targets import Refused
from qviz.ui.settings.selection import distinct_specs
from qviz.ui.text import sentence

K = TypeVar("K")
LOOKED_AT = 200  # quantizers of a selection whose fields are marked


@dataclass(frozen=True)
class Greyed:
    """Choices that none of some quantizers can take, each with the reason in words."""

    form: Mapping[str, str]
    bits: Mapping[int, str]
    scheme: Mapping[Scheme, str]
    granularity: Mapping[str, str]


def greyed(session: Session, names: Sequence[str]) -> Greyed:
    """What the target refuses to all of `names`, and what does not go together with their form or kind."""
    refused = refused_by_all(session, names)
    settings = session.settled.settings
    specs = distinct_specs(settings[n] for n in names if n in settings)
    weights = any(session.quantizers[n].kind == "param" for n in names)
    return Greyed(
        form=in_words(refused.forms) | ({} if weights else dict.fromkeys(WEIGHT_FORMS, _weights_only())),
        bits=in_words(refused.bits) | _no_single_bit(specs, weights),
        scheme=in_words(refused.schemes),
        granularity=in_words(refused.granularities) | _granularities(specs),
    )


def _weights_only() -> str:
    return QCoreApplication.translate("refusals", "Only weights take this form: it is found for values known before.")


def _no_single_bit(specs: Sequence[Spec], weights: bool) -> dict[int, str]:
    """Why one bit cannot be chosen; empty where it can."""
    if not weights:
        return {1: QCoreApplication.translate("refusals", "Activations take 2 to 16 bits.")}
    if all(spec.symmetric for spec in specs):
        text = "One bit has no integers around zero: choose the scheme asymmetric, or the form binary."
        return {1: QCoreApplication.translate("refusals", text)}
    return {}


def _granularities(specs: Sequence[Spec]) -> dict[str, str]:
    """Why some granularities cannot be chosen for these forms."""
    found: dict[str, str] = {}
    if not any(isinstance(spec, UniformSpec) for spec in specs):
        found[Granularity.PER_BLOCK] = QCoreApplication.translate("refusals", "Only integers are quantized per-block.")
    if specs and all(isinstance(spec, CodebookSpec) for spec in specs):
        text = QCoreApplication.translate("refusals", "A codebook is one for the whole tensor.")
        found |= {Granularity.PER_CHANNEL: text, Granularity.PER_BLOCK: text}
    return found


def refused_by_all(session: Session, names: Iterable[str]) -> Refused:
    """What the target can run of none of these quantizers; nothing without a target, or without names."""
    if session.target is None:
        return Refused()
    names = list(names)
    alike: dict[object, str] = {}  # of many quantizers few differ in what decides
    for name in names:
        quantizer = session.quantizers[name]
        alike.setdefault((quantizer.kind, quantizer.axis is None, quantizer.op, quantizer.constant), name)
    each = [session.refused(name) for name in alike.values()]
    if not each:
        return Refused()
    first, rest = each[0], each[1:]
    kept = first.on is not None and all(session.refused(name).on is not None for name in names)
    return Refused(
        on=first.on if kept else None,
        forms=_common(first.forms, [r.forms for r in rest]),
        bits=_common(first.bits, [r.bits for r in rest]),
        schemes=_common(first.schemes, [r.schemes for r in rest]),
        granularities=_common(first.granularities, [r.granularities for r in rest]),
        ranges=first.ranges if all(r.ranges is not None for r in rest) else None,
    )


def violated(session: Session, names: Sequence[str]) -> dict[str, bool]:
    """For each field of the form whether it says, of one of these at least, what the target cannot run."""
    found = dict.fromkeys(("form", "bits", "scheme", "granularity"), False)
    for name in (n for n in names[:LOOKED_AT] if session.encodings[n].enabled):
        refused, spec = session.refused(name), session.encodings[name].spec
        found["form"] |= spec.form in refused.forms
        if not isinstance(spec, UniformSpec):
            continue
        found["bits"] |= spec.bits in refused.bits
        found["scheme"] |= spec.scheme in refused.schemes
        found["granularity"] |= spec.granularity in refused.granularities
    return found


def in_words(reasons: Mapping[K, Text]) -> dict[K, str]:
    """Reasons in the user's language."""
    return {value: sentence(text) for value, text in reasons.items()}


def _common(first: Mapping[K, Text], rest: list[Mapping[K, Text]]) -> dict[K, Text]:
    return {value: text for value, text in first.items() if all(value in other for other in rest)}
