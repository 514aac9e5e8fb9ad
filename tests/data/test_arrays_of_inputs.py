"""An .npz with one array a model input."""

import numpy as np
import pytest

from qviz.data.loading import open_data
from qviz.data.options import DataOptions
from qviz.errors import QvizError
from qviz.graph.graph import Port

VECTOR = Port("x", "float32", ("N", 4), 0)


@pytest.fixture
def npz(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "set.npz", **arrays)
        return DataOptions(str(tmp_path / "set.npz"))

    return save


def refused(options, graph):
    with pytest.raises(QvizError) as error:
        open_data(options, graph)
    return str(error.value)


def test_samples_arrive_in_the_order_asked_for(npz, model):
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    data = open_data(npz(x=x, labels=np.array([5, 6, 7], np.uint8)), model(VECTOR))
    assert len(data) == 3
    assert data.description == "set.npz"
    assert not data.random
    np.testing.assert_array_equal(data.feed([2, 0])["x"], x[[2, 0]])
    np.testing.assert_array_equal(data.labels, [5, 6, 7])
    assert data.labels.dtype == np.int64


def test_labels_are_optional(npz, model):
    assert open_data(npz(x=np.zeros((3, 4))), model(VECTOR)).labels is None


def test_one_axis_more_in_front_counts_samples(npz, model):
    x = np.arange(12, dtype=np.float32).reshape(3, 1, 4)
    feed = open_data(npz(x=x), model(VECTOR)).feed([1, 2])
    np.testing.assert_array_equal(feed["x"], x[1:, 0])


def test_runs_of_several_rows_are_as_many_samples(npz, model):
    x = np.arange(24, dtype=np.float32).reshape(3, 2, 4)
    data = open_data(npz(x=x), model(VECTOR))
    assert len(data) == 6
    np.testing.assert_array_equal(data.feed([3])["x"], x[1, 1:])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_samples_are_stacked_along_the_batch_axis(npz, model, axis):
    shape = [2, 3, 4]
    shape[axis] = 5
    state = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    port = Port("state", "float32", tuple("N" if a == axis else d for a, d in enumerate(shape)), axis)
    as_rank = open_data(npz(state=state), model(port)).feed([4, 1])["state"]
    np.testing.assert_array_equal(as_rank, np.take(state, [4, 1], axis))
    in_front = np.stack(np.split(state, 5, axis))
    np.testing.assert_array_equal(open_data(npz(state=in_front), model(port)).feed([4, 1])["state"], as_rank)


def test_one_value_for_all_samples_is_given_once(npz, model):
    graph = model(VECTOR, Port("rate", "int64", (), None), Port("state", "float32", (2, "N"), 1))
    data = open_data(npz(x=np.zeros((3, 4)), rate=np.array(16000), state=np.ones((2, 1))), graph)
    feed = data.feed([0, 2])
    assert feed["rate"].shape == ()
    assert feed["rate"] == 16000
    assert feed["state"].shape == (2, 2)


def test_an_input_of_one_value_may_not_vary(npz, model):
    graph = model(VECTOR, Port("rate", "int64", (), None))
    assert "give it once" in refused(npz(x=np.zeros((3, 4)), rate=np.array([1, 2, 3])), graph)


def test_a_fixed_input_needs_no_array(npz, model):
    graph = model(VECTOR, Port("rate", "int64", (), None))
    options = npz(x=np.zeros((3, 4)))
    feed = open_data(DataOptions(options.source, values={"rate": 16000.0}), graph).feed([0])
    assert feed["rate"] == 16000
    assert feed["rate"].dtype == np.int64
    assert refused(DataOptions(options.source, values={"sr": 1.0}), graph) == (
        "--input names sr, but the model's inputs are x, rate."
    )


def test_a_model_without_a_free_batch_gets_one_declared_run_at_a_time(npz, model):
    graph = model(Port("x", "float32", (2, 4), None), batch_free=False)
    x = np.arange(24, dtype=np.float32).reshape(6, 4)
    data = open_data(npz(x=x), graph)
    assert len(data) == 3
    np.testing.assert_array_equal(data.feed([1])["x"], x[2:4])
    np.testing.assert_array_equal(open_data(npz(x=x.reshape(3, 2, 4)), graph).feed([1])["x"], x[2:4])


@pytest.mark.parametrize(
    ("declared", "given", "fed"),
    [("float16", np.float32, np.float32), ("float32", np.uint8, np.float32), ("int32", np.float64, np.int32),
     ("float64", np.float32, np.float64), ("bool", np.int64, np.bool_)],
)  # fmt: skip
def test_arrays_take_the_type_that_the_simulation_feeds(npz, model, declared, given, fed):
    data = open_data(npz(x=np.ones((2, 4), given)), model(Port("x", declared, ("N", 4), 0)))
    assert data.feed([0, 1])["x"].dtype == fed


def test_a_limit_takes_the_first_samples(npz, model):
    options = npz(x=np.zeros((5, 4)), labels=np.arange(5))
    data = open_data(DataOptions(options.source, limit=3), model(VECTOR))
    assert len(data) == 3
    assert len(data.labels) == 3


def test_names_of_model_and_file_are_told(npz, model):
    text = refused(npz(y=np.zeros((3, 4))), model(VECTOR))
    assert text == "set.npz lacks x: the model's inputs are x, the arrays there are y."


def test_a_shape_that_does_not_fit_is_told(npz, model):
    text = refused(npz(x=np.zeros((3, 5))), model(VECTOR))
    assert text == "Input x takes the shape (N, 4), but set.npz holds (3, 5)."


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_told_with_their_sample(npz, model, bad):
    x = np.zeros((3, 4))
    x[1, 2] = bad
    assert "NaN or infinity in sample 1" in refused(npz(x=x), model(VECTOR))


def test_fractions_for_an_integer_input_are_refused(npz, model):
    assert "takes int64" in refused(npz(x=np.full((2, 4), 0.5)), model(Port("x", "int64", ("N", 4), 0)))


def test_words_are_refused(npz, model):
    assert "takes float32" in refused(npz(x=np.full((2, 4), "a")), model(VECTOR))


def test_an_empty_set_is_refused(npz, model):
    assert refused(npz(x=np.zeros((0, 4))), model(VECTOR)) == "set.npz holds no samples."


def test_inputs_of_different_length_are_refused(npz, model):
    graph = model(VECTOR, Port("y", "float32", ("N", 1), 0))
    text = refused(npz(x=np.zeros((3, 4)), y=np.zeros((2, 1))), graph)
    assert text == "set.npz holds 3 samples of x but 2 of y."


def test_labels_of_another_length_are_refused(npz, model):
    assert refused(npz(x=np.zeros((3, 4)), labels=np.arange(2)), model(VECTOR)) == "set.npz has 2 labels for 3 samples."


def test_a_column_of_labels_counts_as_labels(npz, model):
    assert open_data(npz(x=np.zeros((3, 4)), labels=np.ones((3, 1), int)), model(VECTOR)).labels.shape == (3,)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_npz_is_refused(tmp_path, model, content):
    (tmp_path / "set.npz").write_bytes(content)
    assert "is not an .npz" in refused(DataOptions(str(tmp_path / "set.npz")), model(VECTOR))


def test_a_damaged_npz_is_refused(npz, tmp_path, model):
    options = npz(x=np.ones((50, 4)))
    content = bytearray((tmp_path / "set.npz").read_bytes())
    content[400:420] = bytes(20)
    (tmp_path / "set.npz").write_bytes(content)
    assert "damaged" in refused(options, model(VECTOR))


def test_pickled_objects_are_refused(tmp_path, model):
    np.savez(tmp_path / "set.npz", x=np.array([{}, {}], object))
    assert "is not an .npz of numeric arrays" in refused(DataOptions(str(tmp_path / "set.npz")), model(VECTOR))


def test_a_missing_file_and_an_unknown_kind_are_told(tmp_path, model):
    assert "There is no file" in refused(DataOptions(str(tmp_path / "none.npz")), model(VECTOR))
    (tmp_path / "set.txt").write_text("1 2 3")
    assert "no data that qviz reads" in refused(DataOptions(str(tmp_path / "set.txt")), model(VECTOR))
    assert "There is no data" in refused(DataOptions(), model(VECTOR))
