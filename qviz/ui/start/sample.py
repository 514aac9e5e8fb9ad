"""The sample that comes with qviz: a model and data with two faults to repair, as sample_data/demo.json names them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from qviz import edits
from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.encodings import Encodings
from qviz.paths import sample
from qviz.quant.spec import Granularity
from qviz.session import Session


@dataclass(frozen=True)
class Sample:
    """`wide` is the tensor whose clip range is far too wide, `low` and `high` that range."""

    document: Document
    wide: str
    low: float
    high: float


@cache
def the_sample() -> Sample:
    """The sample as shipped."""
    told = json.loads(sample("demo.json").read_text(encoding="utf-8"))
    document = Document(
        str(sample(told["model"])),
        data=DataOptions(source=str(sample(told["data"]))),
        calibration=DataOptions(source=str(sample(told["calibration"]))),
    )
    return Sample(document, told["wide"]["tensor"], told["wide"]["low"], told["wide"]["high"])


def faults(session: Session) -> Callable[[Encodings], Encodings]:
    """What turns calibrated encodings into those of the demo: one range too wide, weights per-tensor."""

    def spoil(encodings: Encodings) -> Encodings:
        told = the_sample()
        weights = [n for n, q in session.quantizers.items() if q.kind == "param" and n in encodings]
        coarse = edits.respec(
            encodings, session.quantizers, session.histograms, weights, {"granularity": Granularity.PER_TENSOR}
        )
        name = wide_quantizer(encodings)
        if name is None:
            return coarse
        wide = edits.with_manual_range(coarse[name], session.histograms.get(name), told.low, told.high)
        return coarse.with_settings({name: wide})

    return spoil


def wide_quantizer(encodings: Encodings) -> str | None:
    """The quantizer of the tensor whose range is too wide."""
    tensor = the_sample().wide
    return next((name for name, group in encodings.groups.items() if tensor in group or name == tensor), None)
