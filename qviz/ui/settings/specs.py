"""Giving quantizers another form, of those selected such as can take it; and what a form saves."""

from collections.abc import Iterable
from math import prod

from qviz.errors import QvizError
from qviz.graph.graph import Quantizer
from qviz.quant.spec import WEIGHT_FORMS, CodebookSpec, Scheme
from qviz.session import Session
from qviz.sim.events import Failed
from qviz.ui.bridge import Bridge
from qviz.ui.text import number


def set_spec(session: Session, bridge: Bridge, names: Iterable[str], **chosen: int | str | None) -> None:
    """Change what is `chosen`, see `Session.set_spec`, of those that can take it: one history entry or one sentence."""
    fits = [n for n in names if _takes(session.quantizers[n], chosen)]
    try:
        if fits:
            session.set_spec(fits, **chosen)  # type: ignore[arg-type]
    except QvizError as error:
        bridge.failed.emit(Failed("calibrate", error.text))
        bridge.encodings.emit(None)  # controls show again what is


def choose_scheme_or_form(session: Session, bridge: Bridge, names: Iterable[str], value: str | None) -> None:
    """Integers of a scheme, or another form: what a box that offers both was given."""
    if value is not None:
        set_spec(session, bridge, names, **({"scheme": value} if value in set(Scheme) else {"form": value}))


def stored_bytes(session: Session, names: Iterable[str]) -> tuple[int, int]:
    """What these weights take as float32, and as they are set, tables of codebooks included."""
    before = after = 0
    for name in names:
        shape, spec = session.quantizers[name].shape or (), session.settled[name].spec
        count = prod(d for d in shape if isinstance(d, int))
        table = 4 * spec.size if isinstance(spec, CodebookSpec) else 0
        before, after = before + 4 * count, after + (count * spec.bits + 7) // 8 + table
    return before, after


def byte_text(count: int) -> str:
    """Such as 1.2 kB."""
    for size, unit in ((1_000_000, "MB"), (1000, "kB")):
        if count >= size:
            return f"{number(count / size, 3)} {unit}"
    return f"{count} B"


def _takes(quantizer: Quantizer, chosen: dict[str, int | str | None]) -> bool:
    if ("granularity" in chosen or "block" in chosen) and quantizer.axis is None:
        return False
    return quantizer.kind == "param" or not (chosen.get("form") in WEIGHT_FORMS or "size" in chosen)
