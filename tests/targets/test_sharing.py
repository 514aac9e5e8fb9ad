"""Operators whose inputs and outputs a target wants on one encoding: joined when it is chosen, told where not."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save

import qviz
from qviz.errors import QvizError
from qviz.graph import operators
from qviz.sharing import Join, together
from qviz.targets import targets


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[qviz.Session]:
    """Two convolutions, each read by a Concat and by another operator, so that the rules leave them apart."""
    rng = np.random.default_rng(1)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], name="a"),
        helper.make_node("Conv", ["x", "v"], ["b"], name="b"),
        helper.make_node("Concat", ["a", "b"], ["cat"], name="cat", axis=1),
        helper.make_node("Add", ["a", "b"], ["sum"], name="sum"),
        helper.make_node("AveragePool", ["cat"], ["pool"], name="pool", kernel_shape=[2, 2]),
        helper.make_node("MaxPool", ["sum"], ["most"], name="most", kernel_shape=[2, 2]),
    ]
    graph = helper.make_graph(
        nodes, "joined",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("pool", "most")],
        [
            numpy_helper.from_array(rng.normal(size=(4, 3, 1, 1)).astype(np.float32), "w"),
            numpy_helper.from_array((3 * rng.normal(size=(4, 3, 1, 1))).astype(np.float32), "v"),
        ],
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("joined")
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "joined.onnx")
    np.savez(folder / "data.npz", x=rng.normal(size=(32, 3, 8, 8)).astype(np.float32))
    with qviz.Session.open(str(folder / "joined.onnx"), str(folder / "data.npz")) as session:
        yield session


@pytest.fixture
def session(opened: qviz.Session) -> Iterator[qviz.Session]:
    start, quantizers = opened.committed, opened.quantizers
    yield opened
    opened.quantizers = quantizers
    opened.commit(start, "As opened")


def ranges(session: qviz.Session, *names: str) -> set[tuple[float, float]]:
    found = (session.committed[n].range for n in names)
    return {(r.low[0], r.high[0]) for r in found if r is not None}


def test_choosing_a_target_gives_what_is_concatenated_the_widest_range(session: qviz.Session) -> None:
    own = ranges(session, "a", "b", "cat")
    assert len(own) > 1
    session.set_target("tflite")
    assert ranges(session, "a", "b", "cat") == {(min(low for low, _ in own), max(high for _, high in own))}
    assert not session.violating()
    session.calibrate("minmax")
    assert len(ranges(session, "a", "b", "cat")) == 1
    session.set_spec(["a", "b", "cat"], scheme="symmetric")
    assert len(ranges(session, "a", "b", "cat")) == 1


def test_a_range_set_by_hand_is_kept_and_told_at_both_ends(session: qviz.Session) -> None:
    session.set_target("tflite")
    session.set_range("a", -1.0, 1.0)
    assert set(session.violating()) == {"a", "cat"}
    (told,) = session.violations("a")
    assert str(told).startswith("TensorFlow Lite int8 has one encoding for the inputs and outputs of Concat, and cat")
    assert "specification" in str(told)
    session.set_enabled("a", False)
    assert not session.violating()


def test_what_cannot_run_is_repaired_in_one_step(session: qviz.Session) -> None:
    session.set_target("tflite")
    wanted = session.committed
    session.set_range("a", -1.0, 1.0)
    session.set_as_target_wants(session.violating())
    assert not session.violating()
    assert not session.committed.changed(wanted)
    session.undo()
    assert set(session.violating()) == {"a", "cat"}


def test_onnxruntime_requantizes_what_it_concatenates(session: qviz.Session) -> None:
    own = ranges(session, "a", "b")
    session.set_target("onnxruntime")
    assert ranges(session, "a", "b") == own
    session.set_range("a", -1.0, 1.0)
    assert not session.violating()


def split_file(folder: Path) -> str:
    """An AIMET file in which the pool's output has another range than what it pools."""
    entry = {"bitwidth": 8, "dtype": "int", "is_symmetric": "False", "offset": -128}
    told = {"version": "0.6.1", "param_encodings": {}, "activation_encodings": {
        "cat": [{**entry, "scale": 0.05, "min": -6.4, "max": 6.35}],
        "pool": [{**entry, "scale": 0.02, "min": -2.56, "max": 2.54}],
    }}  # fmt: skip
    path = folder / "split.encodings"
    path.write_text(json.dumps(told))
    return str(path)


@pytest.mark.parametrize(("target", "splits"), [("tflite", False), ("qnn", False), ("onnxruntime", True)])
def test_a_file_may_split_a_shared_quantizer_only_where_the_target_allows(
    session: qviz.Session, tmp_path: Path, target: str, splits: bool
) -> None:
    assert "pool" in session.committed.groups["cat"]
    session.set_target(target)
    report = session.load_encodings(split_file(tmp_path))
    assert ("pool" in session.committed) == splits
    if splits:
        assert report.split == ("cat",)
        assert any("AveragePool" in str(t) for t in session.violations("pool"))
    else:
        ((name, why),) = report.refused
        assert name == "pool"
        assert "does not allow to split the quantizer cat" in str(why)
        assert report.applied == 1


def test_no_target_keeps_every_number_and_forbids_nothing(session: qviz.Session) -> None:
    session.set_target("tensorrt")
    before = session.committed
    session.set_spec("a", bits=4)
    assert session.violating()
    session.set_target(None)
    assert session.target is None
    assert not session.violating()
    assert session.committed["a"].spec.bits == 4
    assert session.committed["b"] is before["b"]
    with pytest.raises(QvizError, match="Choose a target first"):
        session.set_as_target_wants(["a"])


def test_operators_that_share_are_such_as_keep_their_input_s_grid() -> None:
    known = operators.MOVES_DATA | operators.TAKES_INPUT | {operators.JOINS, "Max", "Min"}
    for target in targets().values():
        assert target.sharing.operators <= known
        assert bool(target.sharing.operators) == bool(target.sharing.source)


def test_joins_connect_whoever_they_touch() -> None:
    sets = together([Join("Concat", "a", "c"), Join("Concat", "d", "e"), Join("Concat", "b", "c")])
    assert sorted(sorted(s) for s in sets) == [["a", "b", "c"], ["d", "e"]]
