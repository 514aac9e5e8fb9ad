"""QDQ models of every form: what plain ONNX Runtime computes is what the simulation computes, and it opens again."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto

from qviz.encodings import Encodings
from qviz.formats import qdq_forms
from qviz.formats.qdq_nodes import Nodes
from qviz.graph.model import load_model
from qviz.quant.floats import FloatGrid
from qviz.quant.spec import FloatFormat
from qviz.session import Session
from tests.formats.qdq_support import DIGITS, Case, OpenSession, agreement, equal_parts, opset

WEIGHTS = {
    "float8_e4m3fn": {"form": "float8_e4m3fn"},
    "float8_e5m2 by channel": {"form": "float8_e5m2", "granularity": "per-channel"},
    "float16": {"form": "float16"},
    "bfloat16": {"form": "bfloat16"},
    "codebook": {"form": "codebook", "size": 16},
    "binary": {"form": "binary", "granularity": "per-channel"},
    "ternary": {"form": "ternary", "granularity": "per-channel"},
    "one bit": {"bits": 1, "scheme": "asymmetric"},
    "blocks of 8, 4 bits": {"bits": 4, "block": 8},
    "blocks of 5, asymmetric": {"bits": 8, "block": 5, "scheme": "asymmetric"},
    "blocks of 6, 3 bits strict": {"bits": 3, "block": 6, "scheme": "symmetric strict"},
}
# Else the optimizer makes int8 of weights that are no integers, and looks for integer kernels for float8.
PLAIN = {"session.disable_quant_qdq": "1"}
ACTIVATIONS = ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]


def weights(session: Session) -> list[str]:
    return [n for n, q in session.quantizers.items() if q.kind == "param"]


def check(session: Session, tmp_path: Path, optimized: bool = True) -> Encodings:
    """That ONNX Runtime agrees; returns the encodings of the file opened again."""
    case = Case(session, DIGITS)
    proto = case.exported()
    if optimized:
        same, sqnr_db = agreement(case, proto, case.feeds(), PLAIN)
        assert same >= 0.995
        assert sqnr_db >= 40
    for tensor, part in equal_parts(case, proto, case.feeds()[:2]).items():
        assert part.equal + 2 >= 0.9999 * part.total, (tensor, part)
    session.export(str(tmp_path / "q.onnx"), "qdq")
    return load_model(str(tmp_path / "q.onnx")).encodings


@pytest.mark.parametrize("form", WEIGHTS)
def test_weights_of_any_form(open_session: OpenSession, tmp_path: Path, form: str) -> None:
    session = open_session("digits_cnn.onnx")
    session.set_spec(weights(session), **WEIGHTS[form])
    again = check(session, tmp_path)
    for name in weights(session):
        assert again[name].active == session.encodings[name].active, name
        assert again[name].spec.bits == session.encodings[name].spec.bits


@pytest.mark.parametrize("form", ACTIVATIONS)
def test_activations_in_floats(open_session: OpenSession, tmp_path: Path, form: str) -> None:
    session = open_session("digits_cnn.onnx")
    names = [n for n, q in session.quantizers.items() if q.kind == "activation"]
    session.set_spec(names, form=form)
    again = check(session, tmp_path, optimized="16" in form)  # a Relu before float8 is lost in ONNX Runtime's optimizer
    for name in session.encodings.settings:
        assert again[name].active == session.encodings[name].active, name


def test_all_in_float16_without_any_integer(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session("digits_mobile.onnx")
    session.set_spec(list(session.quantizers), form="float16")
    again = check(session, tmp_path)
    assert all(again[n].active == s.active for n, s in session.encodings.settings.items())


def test_blocks_are_stored_with_scales_over_the_kernel(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session("digits_cnn.onnx")
    session.set_spec("conv3/conv.weight", bits=4, block=8)
    session.export(str(tmp_path / "q.onnx"), "qdq")
    proto = onnx.load(str(tmp_path / "q.onnx"))
    onnx.checker.check_model(proto, full_check=True)
    assert opset(proto) == 21
    stored = {t.name: t for t in proto.graph.initializer}
    shape = list(stored["conv3/conv.weight_quantized"].dims)
    assert stored["conv3/conv.weight_quantized"].data_type == TensorProto.UINT4
    assert list(stored["conv3/conv.weight_scale"].dims) == [shape[0], -(-shape[1] // 8), *shape[2:]]
    (node,) = (n for n in proto.graph.node if "conv3/conv.weight" in n.output)
    assert {a.name: a.i for a in node.attribute} == {"axis": 1, "block_size": 8}


def test_what_onnx_runtimes_optimizer_makes_of_it_is_said(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session("digits_cnn.onnx")
    assert session.export(str(tmp_path / "q.onnx"), "qdq") == ()
    session.set_spec("conv3/conv.weight", form="codebook")
    session.set_spec("conv2/relu", form="float8_e5m2")
    said = "\n".join(map(str, session.export(str(tmp_path / "q.onnx"), "qdq")))
    assert "session.disable_quant_qdq" in said
    assert "(1): conv3/conv.weight." in said
    assert "(1): conv2/relu." in said


def test_float8_wants_no_newer_opset_than_19(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session("digits_cnn.onnx")
    session.set_spec(list(session.quantizers), form="float8_e4m3fn")
    session.export(str(tmp_path / "q.onnx"), "qdq")
    proto = onnx.load(str(tmp_path / "q.onnx"))
    assert opset(proto) == 19
    assert {t.data_type for t in proto.graph.initializer if t.name.endswith("_quantized")} == {TensorProto.FLOAT8E4M3FN}


def test_float16_saturates_in_the_model_as_in_the_simulation() -> None:
    """A Cast alone would make infinities of what lies beyond 65504."""
    nodes = Nodes({"x", "y"}, [])
    qdq_forms.pair(nodes, "x", FloatGrid(FloatFormat.FLOAT16, np.ones(1)), "y", False)
    ports = [onnx.helper.make_tensor_value_info(n, TensorProto.FLOAT, [4]) for n in "xy"]
    graph = onnx.helper.make_graph(nodes.list, "g", ports[:1], ports[1:], nodes.initializers)
    proto = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    x = np.array([-1e6, -65519.0, 65519.0, 1e6], np.float32)
    session = ort.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = FloatGrid(FloatFormat.FLOAT16, np.ones(1)).quantize_dequantize(x)
    np.testing.assert_array_equal(session.run(None, {"x": x})[0], expected)
    np.testing.assert_array_equal(np.abs(expected), 65504.0)
