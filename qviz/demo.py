"""The bundled demo: a model and data with two faults that are repaired by a drag and by a switch."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.edits import respec
from qviz.encodings import Encodings
from qviz.paths import sample
from qviz.quant.spec import Granularity
from qviz.session import Session


@dataclass(frozen=True)
class Demo:
    """What the demo opens: the sample as a document, and the quantizer whose range is many times too wide."""

    document: Document
    wide: str
    low: float
    high: float

    def faults(self, session: Session) -> Callable[[Encodings], Encodings]:
        """What makes the calibrated encodings faulty: one wide range, and weights per-tensor."""

        def spoil(encodings: Encodings) -> Encodings:
            weights = [n for n, q in session.quantizers.items() if q.kind == "param"]
            fields: Mapping[str, Any] = {"granularity": Granularity.PER_TENSOR}
            spoiled = respec(encodings, session.quantizers, session.histograms, weights, fields)
            wide = spoiled[self.wide].with_range([self.low], [self.high], "stray sample")
            return spoiled.with_settings({self.wide: wide})

        return spoil


def read_demo() -> Demo:
    """The demo as sample_data/demo.json describes it."""
    content = json.loads(sample("demo.json").read_text(encoding="utf-8"))
    document = Document(
        model=str(sample(content["model"])),
        data=DataOptions(source=str(sample(content["data"]))),
        calibration=DataOptions(source=str(sample(content["calibration"]))),
    )
    wide = content["wide"]
    return Demo(document, wide["tensor"], wide["low"], wide["high"])


def open_demo(session: Session) -> Demo:
    """Open the demo in `session`; its answers arrive as changes."""
    demo = read_demo()
    session.open_document(demo.document, prepare=demo.faults(session))
    return demo
