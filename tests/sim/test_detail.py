"""Close looks at a weight: the image that the engine makes of it."""

import queue

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qviz.data.options import DataOptions
from qviz.encodings import Encodings, Setting
from qviz.paths import sample
from qviz.quant.encoding import quantize_dequantize
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from qviz.session import Session
from qviz.sim.client import ProcessClient
from qviz.sim.detail import WeightImage, WeightPixels
from qviz.sim.detail_image import as_rows, image_of
from qviz.sim.events import DataLoaded, Event, ModelLoaded, Simulated
from qviz.sim.mailbox import difference
from qviz.sim.requests import LoadData, LoadModel, Simulate

PER_CHANNEL = UniformSpec(4, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
WEIGHT = "block3/depthwise/conv.weight"


def setting_of(weight: np.ndarray, spec: UniformSpec = PER_CHANNEL) -> Setting:
    return Setting(spec=spec).with_range(weight.min(axis=1), weight.max(axis=1), "minmax")


def request_of(weight: np.ndarray, rows: int, columns: int, kind: str = "weights", part=None) -> WeightImage:
    whole = (0, weight.shape[0], 0, weight.shape[1])
    return WeightImage("w", setting_of(weight), kind, part or whole, rows, columns)


def expected_place(sizes: np.ndarray, tall: int, wide: int, i: int, j: int) -> tuple[int, int]:
    block = sizes[i * tall : (i + 1) * tall, j * wide : (j + 1) * wide]
    return tuple(int(v) for v in np.unravel_index(block.argmax(), block.shape))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12), st.integers(1, 12), st.integers(0, 9), st.data())
def test_every_pixel_is_the_weight_of_its_block_that_stands_out(height, width, rows, columns, seed, data):
    weight = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom, right = data.draw(st.integers(top + 1, height)), data.draw(st.integers(left + 1, width))
    kind = data.draw(st.sampled_from(("weights", "difference")))
    image = image_of(weight, request_of(weight, rows, columns, kind, (top, bottom, left, right)))
    tall, wide = image.block
    assert image.weight.shape[0] <= rows
    assert image.weight.shape[1] <= columns
    seen = weight[top:bottom, left:right]
    quantized = quantize_dequantize(weight, setting_of(weight).encoding, 0)[top:bottom, left:right]
    sizes = np.abs(seen if kind == "weights" else quantized - seen)
    for (i, j), value in np.ndenumerate(image.weight):
        row, column = expected_place(sizes, tall, wide, i, j)
        assert value == seen[i * tall + row, j * wide + column]
        assert image.quantized[i, j] == quantized[i * tall + row, j * wide + column]
        assert divmod(int(image.place[i, j]), wide) == (row, column)
    assert image.weight.shape == (-(-(bottom - top) // tall), -(-(right - left) // wide))


def test_with_room_for_all_every_weight_has_its_pixel():
    weight = np.arange(12, dtype=np.float32).reshape(3, 4)
    image = image_of(weight, request_of(weight, 100, 100))
    assert image.block == (1, 1)
    assert (image.weight == weight).all()


def test_an_outlier_among_a_million_is_seen():
    weight = np.full((1000, 1000), 0.01, np.float32)
    weight[700, 300] = -5
    image = image_of(weight, request_of(weight, 10, 10))
    assert image.weight[7, 3] == -5
    assert (image.weight == -5).sum() == 1


def test_one_range_for_the_tensor_and_no_range_at_all():
    weight = np.array([[1.0, 2.0], [0.1, -0.2]], np.float32)
    whole = Setting(spec=UniformSpec(2, Scheme.SYMMETRIC)).with_range([-2.0], [2.0], "minmax")
    image = image_of(weight, WeightImage("w", whole, "weights", (0, 2, 0, 2), 9, 9))
    assert (image.quantized[1] == 0).all()  # a small channel vanishes in the steps of a large one
    plain = image_of(weight, WeightImage("w", Setting(), "weights", (0, 2, 0, 2), 9, 9))
    assert (plain.quantized == weight).all()


def test_what_is_not_a_number_stands_out_and_does_no_harm():
    weight = np.ones((4, 4), np.float32)
    weight[1, 1] = np.nan
    image = image_of(weight, WeightImage("w", Setting(), "weights", (0, 4, 0, 4), 1, 1))
    assert np.isnan(image.weight[0, 0])
    assert image.place[0, 0] == 5


def test_rows_are_the_output_channels():
    weight = np.arange(24).reshape(2, 3, 4)
    assert (as_rows(weight, 1)[2] == weight[:, 2, :].reshape(-1)).all()
    assert as_rows(weight, None).shape == (2, 12)


def test_a_session_answers_and_says_so_for_a_name_it_does_not_know():
    with Session.open(str(sample("digits_mobile.onnx"))) as session:
        told = []
        session.observe(lambda change: told.append(change.detail) if change.kind == "weights" else None)
        session.look(WeightImage(WEIGHT, session.encodings[WEIGHT], "weights", (0, 32, 0, 9), 50, 50))
        session.look(WeightImage("nothing", Setting(), "weights", (0, 1, 0, 1), 50, 50))
        weight = session._client.engine.model.constants[WEIGHT]
    assert (told[0].weight == weight.reshape(32, 9)).all()
    assert told[1].weight is None


@pytest.fixture
def events():
    client, arrived = ProcessClient(), queue.Queue()
    client.start(arrived.put)

    def until(kind: type) -> Event:
        while not isinstance(event := arrived.get(timeout=60), kind):
            pass
        return event

    yield client, until
    client.close()


def test_looks_are_answered_while_a_simulation_runs_and_do_not_end_it(events):
    client, until = events
    client.send(LoadModel(str(sample("digits_mobile.onnx"))))
    encodings = until(ModelLoaded).encodings
    client.send(LoadData(DataOptions(source=str(sample("digits_eval.npz")))))
    until(DataLoaded)
    client.send(difference(Encodings(), encodings))
    client.send(Simulate(1))
    for _ in range(20):
        client.send(WeightImage(WEIGHT, Setting(), "weights", (0, 32, 0, 9), 50, 50))
    told: list[Event] = []
    while not (sum(isinstance(e, WeightPixels) for e in told) == 20 and completed(told) == {1}):
        told.append(until(Event))
    assert all(e.weight.shape == (32, 9) for e in told if isinstance(e, WeightPixels))


def completed(told: list[Event]) -> set[int]:
    """Generations whose complete answer has come."""
    return {e.result.generation for e in told if isinstance(e, Simulated) and e.result.complete}
