"""QDQ models for a target whose integers are signed: int8 around zero point 0, which is all that TensorRT reads."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from qviz.formats.qdq import qdq_model
from qviz.graph.model import load_model
from qviz.sim.integer_guards import signed_weights_are_exact
from tests.formats.qdq_support import REAL, SAMPLES, Case, OpenSession, agreement, equal_parts, open_case

QUICK = (*SAMPLES, "resnet20", "mnist_cntk")


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    opened = open_case(request.param, 100, target="tensorrt")
    yield opened
    opened.session.close()


def grids(proto: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Zero points by name."""
    named = {t.name: t for t in proto.graph.initializer}
    nodes = [n for n in proto.graph.node if n.op_type in ("QuantizeLinear", "DequantizeLinear")]
    return {n.input[2]: numpy_helper.to_array(named[n.input[2]]) for n in nodes}


@pytest.mark.parametrize("case", SAMPLES, indirect=True)
def test_every_integer_is_int8_around_zero_and_nothing_stands_between_a_pair(case: Case) -> None:
    proto = qdq_model(case.engine.model, case.encodings)
    zeros = grids(proto)
    assert zeros
    assert all(z.dtype == np.int8 and not z.any() for z in zeros.values())
    assert {t.data_type for t in proto.graph.initializer if t.name.endswith("_quantized")} == {TensorProto.INT8}
    made = {o: n for n in proto.graph.node for o in n.output}
    for node in proto.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in made:
            assert made[node.input[0]].op_type == "QuantizeLinear"
    onnx.checker.check_model(proto, full_check=True)


@pytest.mark.parametrize("case", QUICK, indirect=True)
def test_default_optimization_gives_the_simulations_predictions(case: Case) -> None:
    case.session.set_bias("int32")  # ONNX Runtime makes it so by itself
    settings = {} if signed_weights_are_exact() else {"session.x64quantprecision": "1"}
    same, sqnr_db = agreement(case, case.exported(), case.feeds(), settings)
    assert same >= 0.995
    assert sqnr_db >= 40


@pytest.mark.parametrize("case", [*QUICK, *(pytest.param(n, marks=pytest.mark.slow) for n in REAL)], indirect=True)
def test_without_optimization_every_tensor_is_equal(case: Case) -> None:
    proto = case.exported()
    for tensor, part in equal_parts(case, proto, case.feeds()[:2]).items():
        assert part.equal + 2 >= 0.9999 * part.total, (tensor, part)


def test_weights_stay_strict_and_scales_exact_when_it_is_opened(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session("digits_cnn.onnx")
    session.set_target("tensorrt")
    session.export(str(tmp_path / "q.onnx"), "qdq")
    again = load_model(str(tmp_path / "q.onnx"))
    for name, setting in session.encodings.settings.items():
        if setting.active is None:
            continue
        opened = again.encodings[name]
        assert opened.active.scale.astype(np.float32).tolist() == setting.active.scale.astype(np.float32).tolist()
        if session.quantizers[name].kind == "param":
            assert opened.spec == setting.spec


def test_what_tensorrt_will_not_read_is_said(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session("digits_cnn.onnx")
    session.set_target("tensorrt")
    session.set_spec("conv2/relu", scheme="asymmetric")
    session.set_enabled("logits", False)
    said = "\n".join(map(str, session.export(str(tmp_path / "q.onnx"), "qdq")))
    assert "NVIDIA TensorRT" in said
    assert "refuse the model for these (1): conv2/relu." in said
    assert "session.x64quantprecision" in said
    assert "Left in float here, and not in the file (1): logits." in said
