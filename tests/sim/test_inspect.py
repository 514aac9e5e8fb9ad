"""What each sample was taken for, samples as pictures, and baseline B."""

import queue
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qviz.data.options import DataOptions, Preprocess
from qviz.encodings import Encodings, Setting
from qviz.paths import sample
from qviz.session import Session
from qviz.sim.client import ProcessClient
from qviz.sim.events import DataLoaded, Event, ModelLoaded, Simulated
from qviz.sim.inspect import PictureRequest, Pictures
from qviz.sim.inspect_answers import score_shares
from qviz.sim.inspect_pictures import as_picture
from qviz.sim.mailbox import difference
from qviz.sim.requests import LoadData, LoadModel, Pin, Simulate
from qviz.sim.result import Result
from tests.sim.conftest import MakeEngine

Engine = tuple[ProcessClient, Callable[[type], Event]]
MODEL, DATA = str(sample("digits_mobile.onnx")), str(sample("digits_eval.npz"))


@pytest.fixture
def session() -> Iterator[Session]:
    with Session.open(MODEL, DataOptions(source=DATA, limit=200)) as opened:
        yield opened


def test_answers_are_those_of_the_outputs_in_the_datas_own_order(session: Session) -> None:
    result = session.simulate()
    told = result.predictions
    assert told is not None
    assert result.outputs is not None
    scores = next(iter(result.outputs.values()))
    assert (told.now.label == scores.argmax(axis=1)).all()
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    assert np.allclose(told.now.share, powers.max(axis=1) / powers.sum(axis=1), atol=1e-5)
    with np.load(DATA) as file:
        assert (told.labels == file["labels"][:200]).all()
    assert told.classes == 10


def test_answers_agree_with_the_figures(session: Session) -> None:
    session.set_spec([n for n, q in session.quantizers.items() if q.constant], bits=3)
    result = session.simulate()
    told = result.predictions
    assert told is not None
    assert told.labels is not None
    assert (told.now.label != told.float.label).sum() == result.flips > 0
    assert 100 * np.mean(told.now.label == told.labels) == pytest.approx(result.metric)
    assert 100 * np.mean(told.float.label == told.labels) == pytest.approx(result.float_metric)


def test_no_classes_no_answers(tmp_path: Path) -> None:
    with Session.open(MODEL, DataOptions(source=DATA, limit=20), metric="sqnr") as session:
        assert session.simulate().predictions is not None  # the output still is one of classes
    odd = tmp_path / "odd.npz"
    with np.load(DATA) as file:
        np.savez(odd, images=file["images"][:20], labels=np.full(20, 0.5))
    with Session.open(MODEL, str(odd)) as session:
        assert session.simulate().predictions is None


@given(arrays(np.float32, (4, 6), elements=st.floats(-50, 50, width=32)))
def test_shares_add_up_and_keep_the_order(scores: np.ndarray) -> None:
    shares = score_shares(scores)
    assert np.allclose(shares.sum(axis=1), 1, atol=0.011)  # quantized probabilities stay as they are
    assert (np.take_along_axis(shares, scores.argmax(axis=1)[:, None], 1)[:, 0] == shares.max(axis=1)).all()
    assert score_shares(shares) == pytest.approx(shares)  # what is a share already stays


# --- baseline B ---------------------------------------------------------------------------------------------------


def test_changes_are_against_what_is_pinned_whatever_ran_before(make_engine: MakeEngine) -> None:
    engine, opened = make_engine()
    names = [n for n, s in opened.settings.items() if engine.graph.quantizers[n].kind == "param"]
    worse, worst = (opened.with_settings({n: with_bits(opened[n], bits) for n in names}) for bits in (3, 2))
    alone = {key: complete(engine.simulate(state, 1)).metric for key, state in (("worse", worse), ("worst", worst))}
    answers = list(engine.simulate(worst, 2, worse))
    assert answers[-1].metrics[0].change == pytest.approx(alone["worst"] - alone["worse"])
    back = list(engine.simulate(worse, 3, worse))
    assert back[-1].metrics[0].change == 0
    assert back[-1].predictions is not None
    assert back[-1].predictions.baseline is not None
    assert (back[-1].predictions.baseline.label == back[-1].predictions.now.label).all()


def with_bits(setting: Setting, bits: int) -> Setting:
    return replace(setting, spec=replace(setting.spec, bits=bits))


def complete(answers: Iterator[Result]) -> Result:
    return list(answers)[-1]


def test_a_script_pins_a_state(session: Session) -> None:
    opened = session.simulate().metric
    session.set_spec([n for n, q in session.quantizers.items() if q.constant], bits=3)
    worse = session.simulate()
    assert worse.metrics[0].change == pytest.approx(worse.metric - opened)
    session.pin_baseline()
    assert session.simulate().metrics[0].change == 0
    session.undo()
    assert session.simulate().metrics[0].change == pytest.approx(opened - worse.metric)


@pytest.fixture
def events() -> Iterator[Engine]:
    client, arrived = ProcessClient(), queue.Queue()
    client.start(arrived.put)

    def until(kind: type) -> Event:
        while not isinstance(event := arrived.get(timeout=60), kind):
            pass
        return event

    yield client, until
    client.close()


def test_a_state_is_pinned_though_its_simulation_never_ran(events: Engine) -> None:
    client, until = events
    client.send(LoadModel(MODEL))
    opened = until(ModelLoaded).encodings
    client.send(LoadData(DataOptions(source=DATA, limit=200)))
    until(DataLoaded)
    client.send(Pin(difference(Encodings(), opened)))
    changed = opened.with_bias("float")
    client.send(difference(Encodings(), changed))
    client.send(Simulate(1))
    results = []
    while not (results and results[-1].metrics[0].change is not None):
        results.append(until(Simulated).result)
    assert results[-1].complete
    assert results[-1].predictions.baseline is not None


# --- pictures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 3, 8, 9), (3, 8, 9), (1, 8, 9, 3), (1, 1, 8, 9), (1, 8, 9, 1)])
def test_an_input_shaped_like_a_picture_is_shown_as_one(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    picture = as_picture(values)
    assert picture is not None
    assert picture.shape == (8, 9, 3)
    assert (picture.min(), picture.max()) == (0, 255)


@pytest.mark.parametrize("shape", [(1, 10), (10,), (), (1, 257, 1, 2), (1, 3, 2, 9), (2, 5, 8, 8)])
def test_what_is_no_picture_is_none(shape: tuple[int, ...]) -> None:
    assert as_picture(np.ones(shape)) is None


def test_a_flat_input_is_black_and_nan_is_none() -> None:
    assert (as_picture(np.ones((1, 1, 8, 8))) == 0).all()
    assert as_picture(np.full((1, 1, 8, 8), np.nan)) is None


def test_pictures_come_on_demand_small_enough(session: Session) -> None:
    told = asked(session, PictureRequest(7, (5, 0, 999), 8))
    assert told.request.data == 7
    assert [None if p is None else p.shape for p in told.pixels] == [(8, 8, 3), (8, 8, 3), None]


def test_raw_pictures_are_as_they_are(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 16, 16), dtype=np.uint8)
    np.savez(tmp_path / "raw.npz", images=images, labels=np.zeros(6, np.int64))
    data = DataOptions(source=str(tmp_path / "raw.npz"), preprocess=Preprocess(scale=1 / 255))
    with Session.open(MODEL, data) as session:
        told = asked(session, PictureRequest(0, (3,), 96))
    assert told.pixels[0] is not None
    assert (told.pixels[0][..., 0] == images[3]).all()


def asked(session: Session, request: PictureRequest) -> Pictures:
    told: list[Pictures] = []
    session.observe(lambda change: told.append(change.detail) if change.kind == "pictures" else None)
    session.look(request)
    return told[0]
