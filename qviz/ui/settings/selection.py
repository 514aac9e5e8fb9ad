"""What several selected quantizers have in common: a value where they agree, None where they are mixed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qviz.edits import requested_range
from qviz.encodings import Setting
from qviz.graph.graph import Quantizer
from qviz.quant.spec import CodebookSpec, Spec, UniformSpec
from qviz.ui.text import NOTHING, number

T = TypeVar("T")


@dataclass(frozen=True)
class Common:
    """Settings shared by a selection; ranges are the widest over the channels of each quantizer."""

    enabled: bool | None
    locked: bool | None
    form: str | None
    bits: int | None
    scheme: str | None  # of integers
    size: int | None  # of codebooks
    block: int | None  # of integers per-block
    granularity: str | None
    low: float | None
    high: float | None
    source: str | None
    has_range: bool  # at least one has a range


def common(settings: Sequence[Setting]) -> Common:
    """What `settings` (at least one) agree on."""
    edges = [requested(s) for s in settings]
    specs = distinct_specs(settings)
    return Common(
        enabled=_same(s.enabled for s in settings),
        locked=_same(s.locked for s in settings),
        form=_same(s.form for s in specs),
        bits=_same(s.bits for s in specs),
        scheme=_same(None if s.scheme is None else str(s.scheme) for s in specs),
        size=_same(s.size if isinstance(s, CodebookSpec) else None for s in specs),
        block=_same(s.block if isinstance(s, UniformSpec) else None for s in specs),
        granularity=_same(str(s.granularity) for s in specs),
        low=_same(e[0] if e else None for e in edges),
        high=_same(e[1] if e else None for e in edges),
        source=_same(s.source for s in settings),
        has_range=any(edges),
    )


def distinct_specs(settings: Iterable[Setting]) -> list[Spec]:
    """Every spec among them, once: of thousands of quantizers there are a handful."""
    objects = {id(s.spec): s.spec for s in settings}  # most are one object, and hashing each takes long
    return list(dict.fromkeys(objects.values()))


def one_a_spec(settings: Iterable[Setting]) -> list[Setting]:
    """One setting of each spec object among them: what all their forms have in common, without asking thousands."""
    return list({id(s.spec): s for s in settings}.values())


def requested(setting: Setting) -> tuple[float, float] | None:
    """The requested range, the widest over channels; None where there is none yet."""
    edges = setting.range if setting.stored is None else requested_range(setting)
    if edges is None:
        return None
    return (edges.low[0], edges.high[0]) if len(edges.low) == 1 else (min(edges.low), max(edges.high))


def span(values: NDArray[np.generic]) -> str:
    """One number, or the smallest and the largest of a channel's each."""
    low, high = float(values.min()), float(values.max())
    return number(low) if low == high else f"{number(low)} … {number(high)}"


def shape_text(quantizer: Quantizer) -> str:
    """ "1×16×32×32", with a dash for what is unknown."""
    if quantizer.shape is None:
        return NOTHING
    return "×".join(NOTHING if d is None else str(d) for d in quantizer.shape) or "1"


def _same(values: Iterable[T]) -> T | None:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None
