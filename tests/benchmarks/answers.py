"""A drag as the window makes it: 60 edits a second to an engine in its own process."""

import queue
import time

from qviz.data.options import DataOptions
from qviz.encodings import Encodings
from qviz.sim.client import ProcessClient
from qviz.sim.events import Calibrated, DataLoaded, Event, ModelLoaded, Simulated
from qviz.sim.mailbox import difference
from qviz.sim.requests import Calibrate, LoadData, LoadModel, Simulate

SECONDS, RATE, PATIENCE = 3.0, 60, 600


def answers_a_second(model: str, data: DataOptions, encodings: Encodings, name: str) -> float:
    """Answers that arrive while the range of `name` is dragged, a second."""
    events: queue.Queue[Event] = queue.Queue()
    client = ProcessClient()
    client.start(events.put)
    try:
        _open(client, events, model, data)
        client.send(difference(Encodings(), encodings))
        client.send(Simulate(1))
        _until(events, lambda e: isinstance(e, Simulated) and e.result.complete)
        return _drag(client, events, encodings, name)
    finally:
        client.close()


def _open(client: ProcessClient, events: "queue.Queue[Event]", model: str, data: DataOptions) -> None:
    client.send(LoadModel(model))
    _until(events, lambda e: isinstance(e, ModelLoaded))
    client.send(LoadData(data))
    _until(events, lambda e: isinstance(e, DataLoaded))
    client.send(Calibrate())
    _until(events, lambda e: isinstance(e, Calibrated) and e.kind == "activation")


def _drag(client: ProcessClient, events: "queue.Queue[Event]", encodings: Encodings, name: str) -> float:
    before, start, generation = encodings, time.perf_counter(), 2
    encoding = encodings[name].encoding
    assert encoding is not None
    while (now := time.perf_counter() - start) < SECONDS:
        high = encoding.max * (1 - 0.1 * now / SECONDS)
        after = encodings.with_settings({name: encodings[name].with_range(encoding.min, high, "manual")})
        client.send(difference(before, after))
        client.send(Simulate(generation))
        before, generation = after, generation + 1
        time.sleep(1 / RATE)
    return sum(isinstance(events.get(), Simulated) for _ in range(events.qsize())) / SECONDS


def _until(events: "queue.Queue[Event]", fits) -> None:  # type: ignore[no-untyped-def]
    while not fits(events.get(timeout=PATIENCE)):
        pass
