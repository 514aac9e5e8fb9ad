"""What an exported QDQ model declares: opset, types and shapes are the given model's wherever that is possible."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from qviz.data.options import DataOptions
from qviz.graph.model import load_model
from tests.formats.qdq_support import Case, OpenSession, agreement, opset, run, session_of, two_branches


@pytest.mark.parametrize(("bits", "expected"), [((8, 8), 13), ((6, 5), 13), ((4, 8), 21), ((8, 16), 21)])
def test_the_opset_is_raised_where_needed_and_operators_mean_the_same(
    open_session: OpenSession, tmp_path: Path, bits: tuple[int, int], expected: int
) -> None:
    """Softmax of opset 9 normalises over everything behind its axis, that of opset 13 over the axis alone."""
    session = open_session(two_branches(tmp_path / "m.onnx"), DataOptions(random=8))
    session.calibrate("minmax", param_bits=bits[0], act_bits=bits[1])
    case = Case(session, DataOptions(random=8))
    proto = case.exported()
    assert opset(proto) == expected
    assert agreement(case, proto, case.feeds())[1] > 40
    total = run(session_of(proto, True), case.feeds()[0])["y"].sum((1, 2, 3))
    np.testing.assert_allclose(total, 1, atol=0.2)


def test_a_fixed_batch_is_declared_as_it_was(open_session: OpenSession, tmp_path: Path) -> None:
    """The simulation runs many samples together; who takes the file on is to find the shapes that they gave."""
    given = onnx.load(two_branches(tmp_path / "m.onnx"))
    for info in ports(given):
        info.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(given, str(tmp_path / "one.onnx"))
    session = open_session(tmp_path / "one.onnx", DataOptions(random=8))
    assert session.graph.batch_free
    session.export(str(tmp_path / "q.onnx"), "qdq")
    exported = onnx.load(str(tmp_path / "q.onnx"))
    for ours, theirs in zip(ports(exported), ports(given), strict=True):
        assert ours.type == theirs.type
    one = np.ones((1, 3, 4, 4), np.float32)
    assert run(session_of(exported, True), {"x": one})["y"].shape == (1, 5, 4, 4)
    assert load_model(str(tmp_path / "q.onnx")).graph.batch_free


def ports(proto: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    return [*proto.graph.input, *proto.graph.output]


def test_float16_models_keep_their_types(open_session: OpenSession, tmp_path: Path) -> None:
    proto = onnx.load(two_branches(tmp_path / "m.onnx"))
    for info in (*proto.graph.input, *proto.graph.output):
        info.type.tensor_type.elem_type = TensorProto.FLOAT16
    for tensor in proto.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name))
    onnx.save(proto, str(tmp_path / "half.onnx"))
    session = open_session(tmp_path / "half.onnx", DataOptions(random=8))
    session.export(str(tmp_path / "q.onnx"), "qdq")
    exported = onnx.load(str(tmp_path / "q.onnx"))
    for info in (*exported.graph.input, *exported.graph.output):
        assert info.type.tensor_type.elem_type == TensorProto.FLOAT16
    case = Case(session, DataOptions(random=8))
    assert agreement(case, exported, case.feeds())[1] > 40
    again = open_session(tmp_path / "q.onnx", DataOptions(random=8))
    for name, setting in session.encodings.settings.items():
        assert again.encodings[name].active == setting.active, name
