"""A fixed batch is freed where two samples together give what they give apart, and only there."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from qviz.errors import Cancelled, QvizError
from qviz.graph.model import load_model
from tests.graph.support import assert_same_function, random_feed, save

node = helper.make_node


def shape(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_reshapes_follow_the_batch(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", ["x", "flat"], ["a"]),
        node("Reshape", ["a", "heads"], ["b"]),
        node("Reshape", ["b", "merged"], ["z"]),
    ]
    constants = {"flat": shape(1, 12), "heads": shape(1, 3, -1), "merged": shape(1, 12)}
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (1, 3, 4)}, {"z": (1, 12)}, constants))
    assert model.graph.batch_free
    assert model.graph.outputs[0].shape == ("N", 12)
    assert_same_function(model, random_feed(model, samples=5))


def test_a_batch_of_several_entries(tmp_path: Path) -> None:
    nodes = [node("Reshape", ["x", "to"], ["z"])]
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (4, 6)}, {"z": (4, 2, 3)}, {"to": shape(4, 2, 3)}))
    assert model.graph.inputs[0].batch_axis == 0
    assert_same_function(model, random_feed(model, samples=3))


def test_several_inputs_each_with_its_own_axis(tmp_path: Path) -> None:
    nodes = [node("Transpose", ["b"], ["bt"], perm=[1, 0, 2]), node("Add", ["a", "bt"], ["z"])]
    model = load_model(save(tmp_path / "m.onnx", nodes, {"a": (1, 2, 3), "b": (2, 1, 3)}, {"z": (1, 2, 3)}))
    assert [p.batch_axis for p in model.graph.inputs] == [0, 1]


def test_a_scalar_is_the_same_for_all_samples(tmp_path: Path) -> None:
    nodes = [node("Mul", ["x", "rate"], ["z"])]
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (1, 3), "rate": ()}, {"z": (1, 3)}))
    assert model.graph.batch_free
    assert [p.batch_axis for p in model.graph.inputs] == [0, None]


@pytest.mark.parametrize("why", ["mixes samples", "keeps half", "adds a table"])
def test_what_is_no_batch_runs_as_declared(tmp_path: Path, why: str) -> None:
    constants: dict[str, np.ndarray] = {}
    if why == "mixes samples":
        nodes = [node("ReduceMean", ["x"], ["m"], axes=[0]), node("Sub", ["x", "m"], ["z"])]
    elif why == "keeps half":
        constants = {"from": shape(0), "to": shape(2)}
        nodes = [node("Slice", ["x", "from", "to"], ["z"])]
    else:
        constants = {"table": np.arange(6, dtype=np.float32).reshape(2, 3)}
        nodes = [node("Add", ["x", "table"], ["z"])]
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (2, 3)}, {"z": (2, 3)}, constants))
    assert not model.graph.batch_free
    assert model.graph.inputs[0].shape == (2, 3)
    assert_same_function(model, random_feed(model))


def test_entries_that_depend_on_their_neighbours_run_as_declared(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", ["x", "pairs"], ["p"]),
        node("Softmax", ["p"], ["s"], axis=1),
        node("Reshape", ["s", "back"], ["z"]),
    ]
    constants = {"pairs": shape(-1, 2, 3), "back": shape(-1, 3)}
    model = load_model(save(tmp_path / "m.onnx", nodes, {"x": (2, 3)}, {"z": (2, 3)}, constants))
    assert not model.graph.batch_free


def test_given_shapes_fix_what_is_not_the_batch(tmp_path: Path) -> None:
    path = save(
        tmp_path / "m.onnx", [node("Relu", ["x"], ["z"])], {"x": ("batch", "length")}, {"z": ("batch", "length")}
    )
    model = load_model(path, {"x": (1, 7)})
    assert model.graph.inputs[0].shape == ("batch", 7)
    assert model.graph.inputs[0].batch_axis == 0
    with pytest.raises(QvizError, match="--shape names y"):
        load_model(path, {"y": (1, 7)})
    with pytest.raises(QvizError, match="does not fit"):
        load_model(path, {"x": (1, 7, 1)})


def test_loading_can_be_cancelled_and_tells_its_progress(tmp_path: Path) -> None:
    path = save(tmp_path / "m.onnx", [node("Relu", ["x"], ["z"])], {"x": (1, 3)}, {"z": (1, 3)})
    steps: list[tuple[int, int]] = []
    load_model(path, progress=lambda done, total: steps.append((done, total)))
    assert steps[0][0] == 0
    assert steps[-1][0] == steps[-1][1]
    with pytest.raises(Cancelled):
        load_model(path, cancelled=lambda: len(steps) > 0)
