"""Engines on the bundled sample."""

from collections.abc import Callable, Iterator

import pytest

from qviz import edits
from qviz.data.options import DataOptions
from qviz.encodings import Encodings
from qviz.paths import sample
from qviz.sim.engine import Engine
from qviz.sim.events import Calibrated, Event
from qviz.sim.requests import LoadData, LoadModel

MakeEngine = Callable[..., tuple[Engine, Encodings]]


@pytest.fixture
def make_engine() -> Iterator[MakeEngine]:
    """Opens a sample network with its data, calibrated by min-max, with a memo budget and a number of threads."""
    engines: list[Engine] = []

    def make(model: str = "digits_mobile.onnx", samples: int = 200, **options: int) -> tuple[Engine, Encodings]:
        events: list[Event] = []
        engine = Engine(events.append, **options)
        engines.append(engine)
        engine.load_model(LoadModel(str(sample(model))))
        engine.load_data(LoadData(DataOptions(source=str(sample("digits_eval.npz")), limit=samples)))
        engine.calibrate(engine.model.encodings)
        histograms = [e for e in events if isinstance(e, Calibrated)][-1].histograms
        encodings = engine.model.encodings
        return engine, edits.calibrate(encodings, histograms, encodings.settings, "minmax", keep_hand_made=False)

    yield make
    for engine in engines:
        engine.close()
