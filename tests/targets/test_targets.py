"""Hardware targets: what choosing one does to a session, and what it says of settings that it cannot run."""

import subprocess
import sys

import pytest

import qviz
from qviz.cli import METHODS, TARGETS
from qviz.encodings import Setting
from qviz.errors import QvizError
from qviz.formats.registry import FORMATS
from qviz.graph.graph import Graph, Node, Quantizer, Tensor
from qviz.paths import sample
from qviz.quant.calibrators import CALIBRATORS
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from qviz.targets import targets

NAMES = sorted(targets())


@pytest.fixture(scope="module")
def opened():
    data, calibration = str(sample("digits_eval.npz")), str(sample("digits_calib.npz"))
    with qviz.Session.open(str(sample("digits_mobile.onnx")), data, calibration=calibration) as session:
        yield session


@pytest.fixture
def session(opened):
    start = opened.committed
    yield opened
    opened.commit(start, "As opened")


def test_the_help_names_every_target_and_every_calibrator():
    assert list(targets()) == list(TARGETS)
    assert list(CALIBRATORS) == list(METHODS)


@pytest.mark.parametrize("name", NAMES)
def test_a_target_names_what_qviz_has(name):
    target = targets()[name]
    assert target.export in FORMATS
    for rule in (target.weights, target.activations):
        assert rule.calibrator in CALIBRATORS
        assert rule.source
    assert target.bias in ("int32", "float")
    assert target.source
    assert len(target.about) > 40


@pytest.mark.parametrize("name", NAMES)
def test_what_a_target_sets_it_can_run_and_the_network_still_works(session, name):
    session.set_target(name)
    target = targets()[name]
    assert session.committed.target == name
    assert session.committed.bias == target.bias
    assert [session.violations(n) for n in session.committed.settings if session.violations(n)] == []
    for n, quantizer in session.quantizers.items():
        setting = session.committed[n]
        if setting.enabled:
            rule = target.weights if quantizer.kind == "param" else target.activations
            assert setting.spec.scheme is rule.schemes[0]
            assert setting.source in (rule.calibrator, "fixed")
    result = session.simulate()
    assert result.metric > result.float_metric - 5


def test_one_target_is_one_step_back(session):
    before, entries = session.committed, len(session.history.entries)
    session.set_target("tensorrt")
    assert len(session.history.entries) == entries + 1
    session.undo()
    assert session.committed is before


def test_ncnn_quantizes_only_what_convolutions_and_products_read(session):
    session.set_target("ncnn")
    graph = session.graph
    for name, quantizer in session.quantizers.items():
        if quantizer.kind == "activation":
            readers = {graph.node_by_name[c].op for t in (*quantizer.tensors, *quantizer.followers)
                       for c in graph.tensors[t].consumers}  # fmt: skip
            assert session.committed[name].enabled == bool(readers & {"Conv", "Gemm", "MatMul"})
    assert any(not s.enabled for s in session.committed.settings.values())


def test_ncnn_has_six_bits_for_weights_of_plain_3x3_convolutions(session):
    stem, others = "stem/conv.weight", [n for n, q in session.quantizers.items() if q.kind == "param"]
    others.remove(stem)
    session.set_target("ncnn")
    assert session.committed[stem].spec.bits == 6
    assert {session.committed[n].spec.bits for n in others} == {8}  # grouped, of stride 2, 1x1, or a product
    session.set_spec(stem, bits=8)
    (told,) = session.violations(stem)
    assert "ncnn takes weights of 6 bits, not 8 (ncnn2table: 127 / absmax of each output channel, 31" in str(told)
    assert 8 in session.refused(stem).bits
    assert 8 not in session.refused(others[0]).bits


@pytest.mark.parametrize("name", ["ascend", "cambricon", "ncnn"])
def test_a_target_of_layers_leaves_weights_of_other_operators_in_float(name):
    target, whole = targets()[name], Granularity.PER_TENSOR
    weights = {op: Quantizer(op, "param", (op,), op, op, (4, 4), None, 1, True) for op in ("LSTM", "MatMul")}
    tensors = {op: Tensor(op, "constant", "float32", (4, 4), None, (op,)) for op in weights}
    nodes = tuple(Node(op, op, "", ("x", op), (f"y_{op}",)) for op in weights)
    graph = Graph("g", nodes, tensors, (), (), weights, ())
    assert not target.quantizes(weights["LSTM"], graph)
    assert target.quantizes(weights["MatMul"], graph)
    setting = Setting(spec=UniformSpec(8, target.weights.schemes[0], whole)).with_range([-1], [1], "minmax")
    (told,) = target.violations(setting, weights["LSTM"], graph)
    assert "keeps this in float: it quantizes what" in str(told)


def test_locked_settings_stay_and_are_named(session):
    weight = next(n for n, q in session.quantizers.items() if q.kind == "param" and q.axis is not None)
    session.set_spec(weight, bits=5, scheme="asymmetric")
    session.set_locked(weight, True)
    kept = session.committed[weight]
    session.set_target("tensorrt")
    assert session.committed[weight] is kept
    told = [str(t) for t in session.violations(weight)]
    assert len(told) == 2
    assert "weights of 8 bits, not 5" in told[0]
    assert "symmetric strict, not asymmetric" in told[1]


def test_a_later_edit_is_done_and_named(session):
    session.set_target("tensorrt")
    name = next(n for n, q in session.quantizers.items() if q.kind == "activation")
    session.set_spec(name, bits=16)
    assert session.committed[name].spec.bits == 16
    assert ["16" in str(t) for t in session.violations(name)] == [True]
    session.set_enabled(name, False)
    assert session.violations(name) == ()


def test_a_bit_width_that_the_target_has_stays(session):
    weights = [n for n, q in session.quantizers.items() if q.kind == "param"]
    session.set_spec(weights, bits=4)
    session.set_target("qnn")
    assert {session.committed[n].spec.bits for n in weights} == {4}
    session.set_target("tflite")
    assert {session.committed[n].spec.bits for n in weights} == {8}


def test_ranges_set_by_hand_keep_their_numbers(session):
    name = next(n for n, q in session.quantizers.items() if q.kind == "activation")
    session.set_range(name, -1.5, 2.5)
    session.set_target("qnn")
    assert (session.committed[name].range.low, session.committed[name].range.high) == ((-1.5,), (2.5,))
    assert session.committed[name].source == "manual"


def test_fully_connected_weights_have_one_scale_on_tflite(session):
    session.set_target("tflite")
    found = {session.quantizers[n].op: s.spec.granularity for n, s in session.committed.settings.items()
             if session.quantizers[n].kind == "param"}  # fmt: skip
    assert found == {"Conv": Granularity.PER_CHANNEL, "Gemm": Granularity.PER_TENSOR}


def test_an_unknown_target_is_refused_with_the_known_ones(session):
    with pytest.raises(QvizError, match=r"There is no target tpu; there are ascend, .*tflite"):
        session.set_target("tpu")


@pytest.fixture(scope="module")
def softmax_session(tmp_path_factory):
    """A Conv, a Softmax, a Sigmoid and a Tanh."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["conv"], name="conv"),
        helper.make_node("Softmax", ["conv"], ["soft"], name="soft", axis=1),
        helper.make_node("Sigmoid", ["conv"], ["sig"], name="sig"),
        helper.make_node("Tanh", ["conv"], ["tanh"], name="tanh"),
        helper.make_node("Concat", ["soft", "sig"], ["cat"], name="cat", axis=1),
        helper.make_node("Add", ["sig", "tanh"], ["y"], name="add"),
    ]
    graph = helper.make_graph(
        nodes, "heads",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("soft", "y")],
        [numpy_helper.from_array(rng.normal(size=(4, 3, 1, 1)).astype(np.float32), "w")],
    )  # fmt: skip
    graph.node.remove(nodes[4])
    folder = tmp_path_factory.mktemp("heads")
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save(model, folder / "heads.onnx")
    np.savez(folder / "data.npz", x=rng.normal(size=(32, 3, 8, 8)).astype(np.float32))
    with qviz.Session.open(str(folder / "heads.onnx"), str(folder / "data.npz")) as session:
        yield session


def test_fixed_ranges_do_not_come_from_data(softmax_session):
    session = softmax_session
    session.set_target("tflite")
    for name, low, scale in (("soft", 0, 1 / 256), ("sig", 0, 1 / 256), ("tanh", -1, 1 / 128)):
        encoding = session.committed[name].encoding
        assert (encoding.min[0], encoding.scale[0]) == (low, scale)
    session.calibrate("minmax")
    assert session.committed["soft"].encoding.scale[0] == 1 / 256
    session.set_range("soft", 0, 0.5)
    (told,) = session.violations("soft")
    assert "fixes the output of Softmax at 0.0 to 0.99609375" in str(told)
    session.set_target("onnxruntime")
    assert session.committed["soft"].encoding.max[0] == 1
    assert session.committed["tanh"].source == "minmax"
    assert session.committed["tanh"].range.high[0] < 1


def test_the_command_line_takes_a_target(tmp_path):
    model, data = str(sample("digits_cnn.onnx")), str(sample("digits_eval.npz"))
    command = [sys.executable, "-m", "qviz", "calibrate", model, "--data", data, "--target", "tensorrt"]
    out = tmp_path / "a.encodings"
    done = subprocess.run([*command, "--act-bits", "4", "-o", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "NVIDIA TensorRT takes activations of 8 bits, not 4" in done.stderr
    done = subprocess.run([*command[:-1], "tpu"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "There is no target tpu" in done.stderr
    with qviz.Session.open(model, data, str(out)) as session:
        weights = [s for n, s in session.committed.settings.items() if session.quantizers[n].kind == "param"]
        assert {s.spec.scheme for s in weights} == {Scheme.SYMMETRIC_STRICT}
