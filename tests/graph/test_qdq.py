"""A QDQ model opens as its float model, and its pairs are the encodings."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from qviz.encodings import IMPORTED
from qviz.errors import QvizError
from qviz.graph.model import Model, load_model
from qviz.quant.encoding import quantize_dequantize
from qviz.quant.spec import Granularity
from tests.graph.support import random_feed, run, save, whole

RNG = np.random.default_rng(3)


class Samples(CalibrationDataReader):
    def __init__(self) -> None:
        self._feeds = iter([{"x": RNG.standard_normal((1, 3, 8, 8)).astype(np.float32)} for _ in range(4)])

    def get_next(self) -> dict | None:
        return next(self._feeds, None)


def float_model(path: Path) -> str:
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["conv"], name="conv"),
        helper.make_node("Relu", ["conv"], ["relu"], name="relu"),
        helper.make_node("MaxPool", ["relu"], ["pool"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pool"], ["flat"], name="flat"),
        helper.make_node("Gemm", ["flat", "v", "c"], ["z"], name="fc", transB=1),
    ]
    shapes = {"w": (4, 3, 3, 3), "b": (4,), "v": (5, 36), "c": (5,)}
    constants = {n: RNG.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
    return save(path, nodes, {"x": (1, 3, 8, 8)}, {"z": (1, 5)}, constants)


@pytest.fixture(scope="module", params=[QuantType.QUInt8, QuantType.QInt8])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("qdq")
    plain, quantized = float_model(folder / "float.onnx"), str(folder / "qdq.onnx")
    quantize_static(
        plain,
        quantized,
        Samples(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=request.param,
        weight_type=QuantType.QInt8,
    )
    return plain, quantized


def applied(model: Model, name: str, x: np.ndarray) -> np.ndarray:
    encoding = model.encodings[name].active
    assert encoding is not None
    return quantize_dequantize(x, encoding, model.graph.quantizers[name].axis)


def test_graph_is_that_of_the_float_model(files: tuple[str, str]) -> None:
    plain, quantized = map(load_model, files)
    ops = [n.op for n in plain.graph.nodes if n.op != "Relu"]  # a range from zero up stands in for the Relu
    assert [n.op for n in quantized.graph.nodes] == ops
    assert quantized.graph.batch_free
    assert [p.name for p in quantized.graph.outputs] == ["z"]
    assert [q.kind for q in quantized.graph.quantizers.values()] == [q.kind for q in plain.graph.quantizers.values()]


def test_every_pair_is_an_enabled_quantizer(files: tuple[str, str]) -> None:
    model = load_model(files[1])
    enabled = {n: s for n, s in model.encodings.settings.items() if s.enabled}
    assert all(s.source == IMPORTED and s.stored is not None for s in enabled.values())
    channels = {n: len(s.stored.scale) for n, s in enabled.items() if s.stored is not None}
    assert sorted(channels.values()) == [1, 1, 1, 4, 5]  # x, relu, z; the two weights per channel
    assert model.encodings.bias == "int32"
    assert not model.graph.notes


def test_weights_already_lie_on_their_grid(files: tuple[str, str]) -> None:
    model = load_model(files[1])
    for quantizer in model.graph.quantizers.values():
        if quantizer.kind == "param":
            weight = model.constants[quantizer.name]
            np.testing.assert_array_equal(applied(model, quantizer.name, weight), weight)


def test_applying_the_encodings_gives_the_model_back(files: tuple[str, str]) -> None:
    model = load_model(files[1])
    feed = random_feed(model, samples=1)
    x = {"x": applied(model, "x", feed["x"])}
    inner = whole(model)
    name = model.graph.node_by_name["conv"].outputs[0]
    inner.graph.output.append(helper.make_empty_tensor_value_info(name))
    relu = applied(model, name, run(inner, x)[name])
    flat = relu.reshape(1, 4, 3, 2, 3, 2).max((3, 5)).reshape(1, -1)
    fc = model.graph.node_by_name["fc"]
    z = flat @ model.constants[fc.inputs[1]].T + model.constants[fc.inputs[2]]
    original = run(onnx.load(files[1]), feed, fuse=False)["z"]
    step = model.encodings["z"].stored
    assert step is not None
    assert np.abs(applied(model, "z", z) - original).max() <= 1.01 * step.scale[0]  # a tie may fall the other way


def test_blocks_open_as_per_block_weights(tmp_path: Path) -> None:
    codes = numpy_helper.from_array(RNG.integers(-8, 8, (4, 6)).astype(np.int8), "codes")
    scale = numpy_helper.from_array(np.full((2, 6), 0.1, np.float32), "scale")
    nodes = [
        helper.make_node("DequantizeLinear", ["codes", "scale"], ["w"], axis=0, block_size=2),
        helper.make_node("MatMul", ["x", "w"], ["z"]),
    ]
    graph = helper.make_graph(
        nodes,
        "blocks",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 4))],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, (1, 6))],
        [codes, scale],
    )
    path = tmp_path / "blocks.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), str(path))
    model = load_model(str(path))
    spec = model.encodings["w"].spec
    assert model.encodings["w"].enabled
    assert spec.granularity is Granularity.PER_BLOCK
    assert spec.block == 2
    feed = random_feed(model)
    expected = run(onnx.load(str(path)), {"x": feed["x"][:1]})["z"]
    np.testing.assert_allclose(run(whole(model), feed)["z"][:1], expected, rtol=1e-5)


def test_integer_operators_are_refused(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "p"]),
        helper.make_node("DequantizeLinear", ["q", "s", "p"], ["z"]),
    ]
    with pytest.raises(QvizError, match="DynamicQuantizeLinear"):
        load_model(save(tmp_path / "m.onnx", nodes, {"x": (1, 3)}, {"z": (1, 3)}))


def test_integer_inputs_and_outputs_stay_and_get_nothing_on_top(tmp_path: Path) -> None:
    byte = np.dtype(np.uint8)
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "s", "p"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("QuantizeLinear", ["b", "s", "p"], ["z"]),
    ]
    constants = {"s": np.array(0.5, np.float32), "p": np.array(100, np.uint8)}
    path = save(tmp_path / "m.onnx", nodes, {"x": (byte, 1, 5)}, {"z": (byte, 1, 5)}, constants)
    model = load_model(path)
    assert not {"a", "s"} & model.graph.quantizers.keys()
    assert not any(s.enabled for s in model.encodings.settings.values())
    feed = {"x": np.array([[0, 90, 100, 110, 255]], np.uint8)}
    np.testing.assert_array_equal(run(whole(model), feed)["z"], run(onnx.load(path), feed)["z"])


def damaged(path: Path, change: Callable[[dict[str, np.ndarray], onnx.ModelProto], None]) -> str:
    """What opening a QDQ model says after a change to its initializers or its nodes."""
    rng = np.random.default_rng(0)
    arrays = {"scale": np.float32(0.1), "zero": np.uint8(9), "w_scale": np.full(4, 0.1, np.float32),
              "w_zero": np.zeros(4, np.int8), "w": rng.integers(-9, 9, (4, 3, 1, 1)).astype(np.int8)}  # fmt: skip
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"], name="quantize"),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"], name="dequantize"),
        helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["v"], name="weight", axis=0),
        helper.make_node("Conv", ["d", "v"], ["y"], name="conv"),
    ]
    file = save(path, nodes, {"x": (1, 3, 4, 4)}, {"y": (1, 4, 4, 4)}, arrays)
    proto = onnx.load(file)
    change(arrays, proto)
    del proto.graph.initializer[:]
    proto.graph.initializer.extend(numpy_helper.from_array(np.asarray(a), n) for n, a in arrays.items())
    onnx.save(proto, file)
    try:
        load_model(file)
    except QvizError as error:
        return str(error)
    return ""


CHANGES: dict[str, Callable] = {
    "scale of nan": lambda arrays, proto: arrays.update(scale=np.float32(np.nan)),
    "scale below zero": lambda arrays, proto: arrays.update(w_scale=np.full(4, -1, np.float32)),
    "no scales": lambda arrays, proto: arrays.update(w_scale=np.zeros(0, np.float32)),
    "too few scales": lambda arrays, proto: arrays.update(w_scale=np.ones(3, np.float32)),
    "too many zero points": lambda arrays, proto: arrays.update(w_zero=np.zeros(7, np.int8)),
    "an axis beyond": lambda arrays, proto: setattr(proto.graph.node[2].attribute[0], "i", 9),
    "a scale that is computed": lambda arrays, proto: proto.graph.node[2].input.__setitem__(1, "d"),
    "nodes out of order": lambda arrays, proto: proto.graph.node[0].input.__setitem__(0, "y"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_damaged_pair_is_one_sentence(tmp_path: Path, change: Callable) -> None:
    assert damaged(tmp_path / "sound.onnx", lambda arrays, proto: None) == ""
    said = damaged(tmp_path / "damaged.onnx", change)
    assert said.endswith(".")
    assert len(said) < 400


def test_a_scale_of_zero_is_that_of_a_channel_of_zeros(tmp_path: Path) -> None:
    scale = np.array([0, 0.1, 0.1, 0.1], np.float32)
    assert damaged(tmp_path / "zero.onnx", lambda arrays, proto: arrays.update(w_scale=scale)) == ""
    model = load_model(str(tmp_path / "zero.onnx"))
    assert not model.constants["v"][0].any()
    assert model.encodings["v"].stored.scale[0] > 0
