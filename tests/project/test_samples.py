"""The sample data: two good networks, and a demo whose two faults are each seen and each repaired."""

import json
from collections.abc import Iterator

import onnx
import pytest

import qviz
from qviz.paths import sample


def open_sample(name: str) -> qviz.Session:
    data, calibration = str(sample("digits_eval.npz")), str(sample("digits_calib.npz"))
    return qviz.Session.open(str(sample(name)), data, calibration=calibration)


def set_weights(session: qviz.Session, granularity: str) -> None:
    weights = [name for name, quantizer in session.quantizers.items() if quantizer.kind == "param"]
    session.set_spec(weights, granularity=granularity)


@pytest.fixture
def mobile() -> Iterator[qviz.Session]:
    with open_sample("digits_mobile.onnx") as session:
        yield session


@pytest.mark.parametrize("name", ["digits_cnn.onnx", "digits_mobile.onnx"])
def test_a_sample_network_is_good_in_float_and_in_eight_bits(name: str) -> None:
    with open_sample(name) as session:
        result = session.simulate()
    assert result.float_metric > 95
    assert result.metric > result.float_metric - 1


def test_the_mobile_network_keeps_its_batch_norms() -> None:
    model = onnx.load(str(sample("digits_mobile.onnx")))
    assert sum(node.op_type == "BatchNormalization" for node in model.graph.node) == 11


@pytest.mark.parametrize("bias", ["int32", "float"])
def test_one_scale_for_all_channels_ruins_the_mobile_network(mobile: qviz.Session, bias: str) -> None:
    mobile.set_bias(bias)
    set_weights(mobile, "per-tensor")
    result = mobile.simulate()
    assert result.metric < result.float_metric - 20


def test_each_repair_of_the_demo_gains_ten_points(mobile: qviz.Session) -> None:
    wide = json.loads(sample("demo.json").read_text(encoding="utf-8"))["wide"]
    calibrated = mobile.encodings[wide["tensor"]].range
    set_weights(mobile, "per-tensor")
    mobile.set_range(wide["tensor"], wide["low"], wide["high"])
    both = mobile.simulate().metric
    mobile.set_range(wide["tensor"], 0, calibrated.high[0])
    dragged = mobile.simulate().metric
    set_weights(mobile, "per-channel")
    repaired = mobile.simulate()
    assert dragged > both + 10
    assert repaired.metric > dragged + 10
    assert repaired.metric > repaired.float_metric - 1


def test_the_wide_range_alone_costs_ten_points(mobile: qviz.Session) -> None:
    wide = json.loads(sample("demo.json").read_text(encoding="utf-8"))["wide"]
    mobile.set_range(wide["tensor"], wide["low"], wide["high"])
    result = mobile.simulate()
    assert result.metric < result.float_metric - 10


def test_the_samples_are_small() -> None:
    assert sum(path.stat().st_size for path in sample("").iterdir() if path.is_file()) < 3_000_000
