"""Folders of .npy, .csv, a user's loader, and random inputs."""

from textwrap import dedent

import numpy as np
import pytest

from qviz.data.loading import open_data
from qviz.data.options import DataOptions
from qviz.errors import QvizError
from qviz.graph.graph import Port

VECTOR = Port("x", "float32", ("N", 2), 0)


def refused(options, graph):
    with pytest.raises(QvizError) as error:
        open_data(options, graph)
    return str(error.value)


def test_each_npy_is_one_sample(tmp_path, model):
    for i in range(3):
        np.save(tmp_path / f"{i}.npy", np.full((2,) if i else (1, 2), i, np.float32)[..., :])
    with pytest.raises(QvizError, match="different shapes"):
        open_data(DataOptions(str(tmp_path)), model(VECTOR))
    np.save(tmp_path / "0.npy", np.zeros(2))
    np.save(tmp_path / "labels.npy", np.array([1, 0, 1]))
    data = open_data(DataOptions(str(tmp_path)), model(VECTOR))
    np.testing.assert_array_equal(data.feed([2, 0])["x"], [[2, 2], [0, 0]])
    np.testing.assert_array_equal(data.labels, [1, 0, 1])


def test_sub_folders_of_npy_are_named_after_inputs(tmp_path, model):
    for name, length in (("x", 2), ("y", 3)):
        (tmp_path / name).mkdir()
        for i in range(2):
            np.save(tmp_path / name / f"{i}.npy", np.full((1, length), i))
    data = open_data(DataOptions(str(tmp_path)), model(VECTOR, Port("y", "float32", ("N", 3), 0)))
    feed = data.feed([0, 1])
    assert feed["x"].shape == (2, 2)
    assert feed["y"].shape == (2, 3)


def test_npy_files_named_after_inputs_hold_all_samples(tmp_path, model):
    np.save(tmp_path / "x.npy", np.zeros((5, 2)))
    assert len(open_data(DataOptions(str(tmp_path)), model(VECTOR))) == 5


def test_npy_that_do_not_fit_are_told(tmp_path, model):
    np.save(tmp_path / "0.npy", np.zeros(3))
    assert "takes the shape (N, 2)" in refused(DataOptions(str(tmp_path)), model(VECTOR))
    np.save(tmp_path / "0.npy", np.zeros((4, 2)))
    assert "0.npy holds 4 samples" in refused(DataOptions(str(tmp_path)), model(VECTOR))
    (tmp_path / "0.npy").write_bytes(b"nothing")
    assert "is not an .npy" in refused(DataOptions(str(tmp_path)), model(VECTOR))


@pytest.fixture
def table(tmp_path):
    def save(text):
        (tmp_path / "t.csv").write_text(dedent(text).lstrip())
        return DataOptions(str(tmp_path / "t.csv"))

    return save


def test_a_csv_holds_features_and_labels(table, model):
    data = open_data(table("a,b,label\n1,2,0\n3,4,1\n"), model(VECTOR))
    np.testing.assert_array_equal(data.feed([1])["x"], [[3, 4]])
    np.testing.assert_array_equal(data.labels, [0, 1])


def test_labels_in_words_are_numbered_in_sorted_order(table, model):
    data = open_data(table("1;2;dog\n3;4;ant\n5;6;dog\n"), model(VECTOR))
    np.testing.assert_array_equal(data.labels, [1, 0, 1])


def test_a_csv_without_labels(table, model):
    assert open_data(table("1,2\n3,4\n"), model(VECTOR)).labels is None


def test_a_csv_feeds_the_elements_of_a_picture(table, model):
    data = open_data(table("1,2,3,4,9\n"), model(Port("x", "float32", ("N", 1, 2, 2), 0)))
    np.testing.assert_array_equal(data.feed([0])["x"], [[[[1, 2], [3, 4]]]])
    assert data.labels[0] == 9


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n", "holds no samples"),
        ("", "holds no samples"),
        ("1,2,3,4\n", "has 4 columns, but input x of shape (N, 2) takes 2 features"),
        ("1,2\n1,2,3\n", "Line 2 of t.csv has 3 columns, the first 2"),
        ("a,b\n1,2\n1,oops\n", "Line 3 of t.csv holds 'oops'"),
        ("1,2\n1,nan\n", "NaN or infinity in sample 1"),
    ],
)
def test_a_wrong_csv_is_told(table, model, text, told):
    assert told in refused(table(text), model(VECTOR))


@pytest.fixture
def loader(tmp_path):
    def write(body, limit=None):
        (tmp_path / "own.py").write_text("import numpy as np\ndef load():\n" + "".join(f"    {s}\n" for s in body))
        return DataOptions(f"{tmp_path / 'own.py'}:load", limit=limit)

    return write


@pytest.mark.parametrize(
    "body",
    [
        ["return np.ones((3, 2)), np.arange(3)"],
        ["return {'x': np.ones((3, 2)), 'labels': np.arange(3)}"],
        ["for i in range(3): yield np.ones(2), i"],
        ["for i in range(3): yield {'x': np.ones((1, 2)), 'labels': i}"],
        ["yield np.ones((2, 2)), [0, 1]", "yield np.ones((1, 2)), [2]"],
        ["return [(np.ones(2), i) for i in range(3)]"],
    ],
)
def test_a_loader_returns_all_or_yields_parts(loader, model, body):
    data = open_data(loader(body), model(VECTOR))
    assert data.feed([0, 1, 2])["x"].shape == (3, 2)
    np.testing.assert_array_equal(data.labels, [0, 1, 2])
    assert data.description == "own.py:load"


def test_an_endless_loader_stops_at_the_limit(loader, model):
    assert len(open_data(loader(["while True: yield np.ones(2)"], limit=4), model(VECTOR))) == 4


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (["raise ValueError('no disk')"], "own.py:load failed with ValueError: no disk"),
        (["yield from []"], "own.py:load yields no samples"),
        (["return 3"], "must return or yield arrays, not int"),
        (["return {'z': np.ones((3, 2))}"], "lacks x"),
        (["yield np.ones(3)"], "takes the shape (N, 2)"),
    ],
)
def test_a_loader_that_fails_is_told(loader, model, body, told):
    assert told in refused(loader(body), model(VECTOR))


def test_a_loader_that_is_not_there_is_told(loader, tmp_path, model):
    options = loader(["return 1"])
    assert "has no function lode" in refused(DataOptions(options.source[:-4] + "lode"), model(VECTOR))
    assert "There is no file" in refused(DataOptions(str(tmp_path / "gone.py") + ":load"), model(VECTOR))
    (tmp_path / "broken.py").write_text("def load(:")
    broken = DataOptions(str(tmp_path / "broken.py") + ":load")
    assert "broken.py failed with SyntaxError" in refused(broken, model(VECTOR))


def test_random_inputs_are_shaped_and_typed_as_the_inputs_say(model):
    graph = model(
        Port("x", "float16", ("N", 3, "h"), 0),
        Port("ids", "int64", ("N", 50), 0, index_limit=7),
        Port("mask", "int64", ("N", 50), 0),
        Port("flag", "bool", (50,), None),
        Port("state", "float32", (2, "N"), 1),
    )
    data = open_data(DataOptions(random=4, shapes={"x": (9, 3, 5)}), graph)
    assert (len(data), data.random, data.labels) == (4, True, None)
    feed = data.feed([0, 1, 2])
    assert feed["x"].shape == (3, 3, 5)
    assert feed["x"].dtype == np.float32
    assert set(np.unique(feed["ids"])) == set(range(7))
    assert set(np.unique(feed["mask"])) == {0, 1}
    assert feed["flag"].dtype == np.bool_
    assert feed["flag"].shape == (50,)
    assert feed["state"].shape == (2, 3)


def test_random_floats_are_standard_normal(model):
    x = open_data(DataOptions(random=100), model(Port("x", "float32", ("N", 1000), 0))).feed(range(100))["x"]
    assert abs(x.mean()) < 0.02
    assert abs(x.std() - 1) < 0.02


def test_a_sample_depends_on_seed_and_index_alone(model):
    one, more = (open_data(DataOptions(random=n), model(VECTOR)) for n in (3, 9))
    np.testing.assert_array_equal(one.feed([2, 1])["x"], more.feed([0, 1, 2])["x"][[2, 1]])
    other = open_data(DataOptions(random=3, seed=1), model(VECTOR))
    assert (one.feed([0])["x"] != other.feed([0])["x"]).all()


def test_free_dimensions_are_1_and_a_symbol_counts_everywhere(model):
    graph = model(Port("x", "float32", ("N", "length", None), 0), Port("mask", "int64", ("N", "length"), 0))
    feed = open_data(DataOptions(random=1), graph).feed([0])
    assert feed["x"].shape == (1, 1, 1)
    feed = open_data(DataOptions(random=1, shapes={"mask": (1, 6)}), graph).feed([0])
    assert feed["x"].shape == (1, 6, 1)


def test_random_inputs_of_a_fixed_batch_have_the_declared_shape(model):
    data = open_data(DataOptions(random=2), model(Port("x", "float32", (8, 2), None), batch_free=False))
    assert data.feed([1])["x"].shape == (8, 2)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (DataOptions(random=0), "must be at least 1"),
        (DataOptions(random=1, shapes={"y": (1,)}), "--shape names y, but the model's inputs are x"),
        (DataOptions(random=1, shapes={"x": (1, 3)}), "--shape x=1,3 does not fit: the model declares (N, 2)"),
        (DataOptions(random=1, shapes={"x": (1,)}), "--shape x=1 does not fit"),
    ],
)
def test_wrong_options_are_told(model, options, told):
    assert told in refused(options, model(VECTOR))


def test_words_as_input_are_told(model):
    assert "takes object, which qviz cannot feed" in refused(DataOptions(random=1), model(Port("x", "object", (1,), 0)))
