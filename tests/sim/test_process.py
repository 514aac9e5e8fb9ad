"""The engine in its own process, as the window uses it."""

import os
import queue
import signal
import sys
from collections.abc import Iterator

import pytest

from qviz.data.options import DataOptions
from qviz.encodings import Encodings
from qviz.paths import sample
from qviz.sim.client import ProcessClient
from qviz.sim.events import DataLoaded, EngineBack, EngineGone, Event, Failed, ModelLoaded, Progress, Simulated
from qviz.sim.mailbox import difference
from qviz.sim.requests import Calibrate, Cancel, LoadData, LoadModel, Simulate

PATIENCE = 60  # seconds until a test gives up on an engine that says nothing


class Engine:
    """A process client whose events are taken one by one."""

    def __init__(self) -> None:
        self.client = ProcessClient()
        self.events: queue.Queue[Event] = queue.Queue()
        self.client.start(self.events.put)

    def until(self, kind: type) -> Event:
        while not isinstance(event := self.events.get(timeout=PATIENCE), kind):
            pass
        return event


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.client.close()


def test_a_drag_ends_in_the_newest_answer_and_never_goes_backwards(engine: Engine) -> None:
    encodings = open_sample(engine)
    for generation in range(1, 30):
        engine.client.send(Simulate(generation))
    seen = []
    while not seen or not (seen[-1].result.generation == 29 and seen[-1].result.complete):
        seen.append(engine.until(Simulated))
    generations = [s.result.generation for s in seen]
    assert generations == sorted(generations)
    assert encodings.settings


def test_a_killed_engine_comes_back_with_model_and_data(engine: Engine) -> None:
    encodings = open_sample(engine)
    assert engine.client.process_id is not None
    os.kill(engine.client.process_id, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    assert engine.until(EngineGone).restarting
    engine.until(EngineBack)
    engine.client.send(difference(Encodings(), encodings))
    engine.client.send(Simulate(7))
    assert engine.until(Simulated).result.generation == 7


def test_a_model_that_cannot_be_opened_leaves_the_engine_working(engine: Engine) -> None:
    encodings = open_sample(engine)
    engine.client.send(LoadModel("nowhere.onnx"))
    failed = engine.until(Failed)
    assert failed.task == "model"
    assert "nowhere.onnx" in str(failed.text)
    engine.client.send(difference(Encodings(), encodings))
    engine.client.send(Simulate(3))
    assert engine.until(Simulated).result.generation == 3


def test_calibration_can_be_cancelled(engine: Engine) -> None:
    open_sample(engine)
    engine.client.send(Calibrate())
    engine.until(Progress)
    engine.client.send(Cancel("calibrate"))
    assert engine.until(Failed).cancelled


def test_closing_ends_the_process() -> None:
    engine = Engine()
    open_sample(engine)
    engine.client.close()
    assert engine.client._process is not None
    assert engine.client._process.returncode == 0


def open_sample(engine: Engine) -> Encodings:
    engine.client.send(LoadModel(str(sample("digits_mobile.onnx"))))
    encodings = engine.until(ModelLoaded).encodings
    engine.client.send(LoadData(DataOptions(source=str(sample("digits_eval.npz")))))
    engine.until(DataLoaded)
    engine.client.send(difference(Encodings(), encodings))
    return encodings
