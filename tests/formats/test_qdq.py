"""QDQ models as files: what they hold, and that opening one again gives the same quantizers and the same numbers."""

import queue
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from qviz import cli
from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.encodings import Encodings, Setting, Stored
from qviz.errors import QvizError
from qviz.formats.qdq import write_qdq
from qviz.graph.model import load_model
from qviz.paths import sample
from qviz.quant.encoding import quantize_dequantize
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from qviz.session import Session
from qviz.sim.client import ProcessClient
from qviz.sim.events import Event
from tests.formats.qdq_support import DIGITS, Case, OpenSession, agreement, opset, run, session_of, two_branches
from tests.graph.support import save


def layers(proto: onnx.ModelProto) -> list[str]:
    return [n.op_type for n in proto.graph.node]


def stored(proto: onnx.ModelProto, name: str) -> TensorProto:
    return next(t for t in proto.graph.initializer if t.name == f"{name}_quantized")


def outputs(session: Session) -> dict[str, np.ndarray]:
    return dict(session.simulate().outputs or {})


@pytest.mark.parametrize("model", ["digits_cnn.onnx", "digits_mobile.onnx"])
@pytest.mark.parametrize("bits", [(8, 8), (4, 8), (8, 16), (2, 3), (5, 6), (7, 9), (12, 15)])
def test_an_exported_model_opens_with_the_same_quantizers_and_numbers(
    open_session: OpenSession, tmp_path: Path, model: str, bits: tuple[int, int]
) -> None:
    session = open_session(model)
    session.calibrate("minmax", param_bits=bits[0], act_bits=bits[1])
    session.export(str(tmp_path / "q.onnx"), "qdq")
    again = open_session(tmp_path / "q.onnx")
    assert again.encodings.settings.keys() == session.encodings.settings.keys()
    for name, setting in session.encodings.settings.items():
        assert again.encodings[name].active == setting.active, name
        assert again.encodings[name].spec.bits == setting.spec.bits, name
    assert again.encodings.groups == session.encodings.groups
    assert again.encodings.bias == "int32"
    for name, value in outputs(session).items():
        step = session.encodings[name].active.scale[0] if bits[1] > 8 else 0  # as small as float32's own errors
        np.testing.assert_allclose(outputs(again)[name], value, rtol=0, atol=1.01 * step)


@pytest.mark.parametrize("bits", [4, 6, 8])
def test_strict_weights_stay_strict(open_session: OpenSession, tmp_path: Path, bits: int) -> None:
    session = open_session("digits_cnn.onnx")
    session.set_spec("conv2/conv.weight", bits=bits, scheme="symmetric strict")
    session.export(str(tmp_path / "q.onnx"), "qdq")
    again = load_model(str(tmp_path / "q.onnx")).encodings["conv2/conv.weight"]
    assert again.spec == session.encodings["conv2/conv.weight"].spec
    assert again.active == session.encodings["conv2/conv.weight"].active


def test_weights_and_biases_are_integers_and_outputs_keep_their_names(
    open_session: OpenSession, tmp_path: Path
) -> None:
    session = open_session("digits_cnn.onnx")
    session.set_spec("conv3/conv.weight", bits=4)
    session.export(str(tmp_path / "q.onnx"), "qdq")
    proto = onnx.load(str(tmp_path / "q.onnx"))
    assert stored(proto, "conv2/conv.weight").data_type == TensorProto.UINT8
    assert stored(proto, "conv3/conv.weight").data_type == TensorProto.UINT4
    assert stored(proto, "conv2/conv.bias").data_type == TensorProto.INT32
    assert not any(t.name == "conv2/conv.weight" for t in proto.graph.initializer)
    given = onnx.load(str(sample("digits_cnn.onnx")))
    assert [o.name for o in proto.graph.output] == [o.name for o in given.graph.output]
    assert [i.name for i in proto.graph.input] == [i.name for i in given.graph.input]
    onnx.checker.check_model(proto, full_check=True)


def test_float_biases_and_disabled_quantizers_stay_float(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session("digits_cnn.onnx")
    session.set_bias("float")
    session.set_enabled("conv2/conv.weight", False)
    session.set_enabled("conv2/relu", False)
    session.export(str(tmp_path / "q.onnx"), "qdq")
    proto = onnx.load(str(tmp_path / "q.onnx"))
    types = {t.name: t.data_type for t in proto.graph.initializer}
    assert types["conv2/conv.weight"] == types["conv2/conv.bias"] == TensorProto.FLOAT
    assert TensorProto.INT32 not in types.values()
    assert opset(proto) == 17  # that of the model: newer than what QuantizeLinear needs
    again = load_model(str(tmp_path / "q.onnx")).encodings
    assert again.bias == "float"
    assert not again["conv2/relu"].enabled


def test_with_nothing_quantized_it_is_the_float_model(open_session: OpenSession) -> None:
    session = open_session("digits_mobile.onnx")
    off = {n: replace(s, enabled=False) for n, s in session.encodings.settings.items()}
    session.commit(session.encodings.with_settings(off), "off")
    proto = Case(session, DIGITS).exported()
    assert "QuantizeLinear" not in layers(proto)
    same, sqnr_db = agreement(Case(session, DIGITS), proto, Case(session, DIGITS).feeds())
    assert same == 1
    assert sqnr_db > 100


@settings(max_examples=60, deadline=None)
@given(
    bits=st.integers(2, 16),
    scheme=st.sampled_from(list(Scheme)),
    low=st.floats(-50, 0),
    width=st.floats(0.01, 100),
    seed=st.integers(0, 1000),
)
def test_any_grid_is_exact_in_onnx_runtime(
    tmp_path_factory: pytest.TempPathFactory, bits: int, scheme: Scheme, low: float, width: float, seed: int
) -> None:
    path = str(tmp_path_factory.getbasetemp() / "abs_qdq.onnx")
    model = load_model(
        save(
            Path(path).with_name("abs.onnx"),
            [helper.make_node("Abs", ["x"], ["y"])],
            {"x": ("N", 64)},
            {"y": ("N", 64)},
        )
    )
    setting = Setting(spec=UniformSpec(bits, scheme)).with_range([low], [low + width], "manual")
    encodings = Encodings({"x": setting}, {"x": ("x",)})
    write_qdq(model, encodings, path)
    x = np.random.default_rng(seed).normal(0, 40, (4, 64)).astype(np.float32)
    assert setting.encoding is not None
    for fuse in (False, True):
        got = run(session_of(onnx.load(path), fuse), {"x": x})["y"]
        np.testing.assert_array_equal(got, np.abs(quantize_dequantize(x, setting.encoding)))
    again = load_model(path).encodings["x"]
    assert again.encoding == setting.encoding
    assert again.spec.bits == bits


def test_tensors_joined_by_concat_share_one_grid(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session(two_branches(tmp_path / "m.onnx"), DataOptions(random=40))
    session.export(str(tmp_path / "q.onnx"), "qdq")
    proto = onnx.load(str(tmp_path / "q.onnx"))
    scales = {t.name: numpy_helper.to_array(t) for t in proto.graph.initializer if t.name.endswith("_scale")}
    assert scales["left_scale"] == scales["right_scale"] == scales["both_scale"]
    again = open_session(tmp_path / "q.onnx", DataOptions(random=40))
    assert again.encodings.groups["both"] == ("left", "right")
    assert again.encodings["both"].active == session.encodings["both"].active
    same, sqnr_db = agreement(
        Case(session, DataOptions(random=40)), proto, Case(session, DataOptions(random=40)).feeds()
    )
    assert same == 1
    assert sqnr_db > 60


def test_asymmetric_weights_with_a_zero_point_a_channel(open_session: OpenSession) -> None:
    session = open_session("digits_cnn.onnx")
    for name, quantizer in session.quantizers.items():
        if quantizer.kind == "param":
            session.set_spec(name, scheme="asymmetric")
    assert session.encodings["conv1/conv.weight"].spec.granularity == Granularity.PER_CHANNEL
    case = Case(session, DIGITS)
    same, sqnr_db = agreement(case, case.exported(), case.feeds())
    assert same == 1
    assert sqnr_db > 40


def test_large_weights_go_into_a_file_beside_the_model(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session("digits_cnn.onnx")
    case = Case(session, DIGITS)
    for _ in range(2):  # the second time over what the first has left
        write_qdq(case.engine.model, session.encodings, tmp_path / "q.onnx", external_above=0)
        assert (tmp_path / "q.onnx").stat().st_size < sample("digits_cnn.onnx").stat().st_size / 4
    assert sorted(p.name for p in tmp_path.iterdir()) == ["q.onnx", "q.onnx.data"]
    feed = case.feeds()[0]
    beside = ort.InferenceSession(str(tmp_path / "q.onnx"), providers=["CPUExecutionProvider"])
    np.testing.assert_array_equal(beside.run(None, feed)[0], run(session_of(case.exported(), True), feed)["logits"])
    assert open_session(tmp_path / "q.onnx").encodings["logits"].active == session.encodings["logits"].active


def test_an_export_that_fails_leaves_the_older_model_and_its_weights(
    open_session: OpenSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session("digits_cnn.onnx")
    model = Case(session, DIGITS).engine.model
    write_qdq(model, session.encodings, tmp_path / "q.onnx", external_above=0)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("onnx.external_data_helper.save_external_data", full)
    session.set_spec("conv3/conv.weight", bits=4)
    with pytest.raises(QvizError, match="No space left"):
        write_qdq(model, session.encodings, tmp_path / "q.onnx", external_above=0)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_range_without_zero_is_refused(open_session: OpenSession, tmp_path: Path) -> None:
    session = open_session("digits_cnn.onnx")
    away = replace(session.encodings["logits"], stored=Stored((0.1,), (3,)))
    session.commit(session.encodings.with_settings({"logits": away}), "away")
    with pytest.raises(QvizError, match=r"logits.*zero"):
        session.export(str(tmp_path / "q.onnx"), "qdq")
    assert not list(tmp_path.iterdir())
    assert session.unexported


def test_a_place_that_cannot_be_written_is_named(open_session: OpenSession, tmp_path: Path) -> None:
    with pytest.raises(QvizError, match=r"nowhere.*cannot be written"):
        open_session("digits_cnn.onnx").export(str(tmp_path / "nowhere" / "q.onnx"), "qdq")


def test_the_command_line_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, encodings, out = str(sample("digits_cnn.onnx")), str(tmp_path / "e.encodings"), str(tmp_path / "q.onnx")
    assert cli.main(["calibrate", model, "--data", str(DIGITS.source), "--limit", "40", "-o", encodings]) == 0
    assert cli.main(["export", model, "--encodings", encodings, "--format", "qdq", "-o", out]) == 0
    assert out in capsys.readouterr().out
    assert all(s.enabled for s in load_model(out).encodings.settings.values())


def test_an_engine_in_its_own_process_writes_and_tells(tmp_path: Path) -> None:
    events: queue.Queue[Event] = queue.Queue()
    client = ProcessClient()
    session = Session(client, events.put)
    told: list[object] = []
    session.observe(lambda change: told.append(change.detail) if change.kind in ("exported", "failed") else None)
    try:
        session.open_document(Document(str(sample("digits_cnn.onnx")), data=DIGITS))
        while session.result is None:
            session.handle(events.get(timeout=60))
        session.set_range("logits", -5.0, 5.0)
        session.export(str(tmp_path / "q.onnx"), "qdq")
        assert session.unexported
        while not told:
            session.handle(events.get(timeout=60))
        assert told == [str(tmp_path / "q.onnx")]
        assert not session.unexported
        while session.result is None or session.result.generation != session.generation or not session.result.complete:
            session.handle(events.get(timeout=60))  # the export did not end the simulation
    finally:
        session.close()
    assert load_model(str(tmp_path / "q.onnx")).encodings["logits"].active == session.committed["logits"].active
