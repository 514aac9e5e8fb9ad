"""ONNX Runtime's overrides and ranges: read by ONNX Runtime's own code, and by qviz."""

import json

import numpy as np
import pytest
from onnx import numpy_helper
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.calibrate import load_tensors_data
from onnxruntime.quantization.static_quantize_runner import get_tensor_quant_overrides
from onnxruntime.quantization.tensor_quant_overrides import TensorQuantOverridesHelper

from qviz.encodings import Setting
from qviz.errors import QvizError
from qviz.formats.importing import merge
from qviz.formats.registry import read_encodings
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from tests.formats.layered import load, set_up


def test_onnx_runtime_takes_the_overrides(tmp_path):
    opened = set_up(Scheme.SYMMETRIC, Scheme.ASYMMETRIC)
    opened.file(tmp_path / "o", "ort-overrides")
    raw = get_tensor_quant_overrides(str(tmp_path / "o"))
    tensors = {n: numpy_helper.from_array(w, n) for n, w in load().weights.items()}
    good, why = TensorQuantOverridesHelper(raw).is_valid(tensors, set(load().graph.tensors), QuantType.QUInt8)
    assert good, why
    for name, setting in opened.encodings.settings.items():
        encoding, is_weight = setting.encoding, name in tensors
        assert [c["scale"].item() for c in raw[name]] == [np.float32(s) for s in encoding.scale]
        zero = [0] * len(encoding.scale) if is_weight else [-int(o) for o in encoding.offset]
        assert [c["zero_point"].item() for c in raw[name]] == zero
        assert raw[name][0].get("axis") == (0 if is_weight else None)


def test_other_types_than_the_defaults_are_named(tmp_path):
    spec = UniformSpec(16, Scheme.ASYMMETRIC)
    opened = set_up(Scheme.SYMMETRIC, Scheme.ASYMMETRIC).set(
        "input", Setting(spec=spec).with_range([-1], [3], "manual")
    )
    spec = UniformSpec(4, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
    opened = opened.set("w_fc", Setting(spec=spec).with_range([-1] * 5, [1] * 5, "manual"))
    content = json.loads(opened.file(tmp_path / "o", "ort-overrides"))
    assert content["input"][0]["quant_type"] == QuantType.QUInt16.name
    assert content["w_fc"][0]["quant_type"] == QuantType.QInt4.name
    assert "quant_type" not in content["scores"][0]
    assert "QuantType.from_string (2): input, w_fc" in opened.said("ort-overrides")
    opened = opened.set("w_fc", Setting(spec=UniformSpec(6)).with_range([-1], [1], "manual"))
    with pytest.raises(QvizError, match="w_fc"):
        opened.file(tmp_path / "o", "ort-overrides")


def test_what_a_number_means_without_a_type_depends_on_the_tensor(tmp_path):
    path = tmp_path / "o"
    entry = [{"scale": 0.5, "zero_point": 0}]
    path.write_text(json.dumps({"input": entry, "w_fc": entry, "w_wino": [{"rmin": -1, "rmax": 2, "symmetric": True}]}))
    after, _ = load().merged(read_encodings(path))
    assert (after["input"].active.min[0], after["input"].active.max[0]) == (0, 127.5)
    assert (after["w_fc"].active.min[0], after["w_fc"].active.max[0]) == (-64, 63.5)
    assert after["w_wino"].range.high == (2.0,)
    assert after["w_wino"].spec.symmetric


def test_onnx_runtime_loads_the_ranges(tmp_path):
    opened = set_up(activations=Scheme.ASYMMETRIC)
    opened.file(tmp_path / "r", "ort-ranges")
    data = load_tensors_data(tmp_path / "r")
    for name in ("input", "wino_relu", "depth_out", "flat", "scores"):
        encoding = opened.encodings["depth_out" if name == "flat" else name].encoding
        assert data[name].range_value == (np.float32(encoding.min[0]), np.float32(encoding.max[0]))
    assert "w_fc" not in data.keys()  # noqa: SIM118 (it is no dict)


@pytest.mark.parametrize(
    "content",
    [
        {"input": [-1, 3]},
        {"input": {"lowest": -1.0, "highest": 3.0, "CLS": "TensorData"}},
        {"input": {"lowest": {"data": [-1.0], "dtype": "float32", "CLS": "numpy.array"}, "highest": {"data": 3.0}}},
    ],
)
def test_a_range_keeps_the_bit_width_that_stands_there(tmp_path, content):
    path = tmp_path / "r"
    path.write_text(json.dumps(content))
    standing = set_up().set("input", Setting(spec=UniformSpec(4, Scheme.SYMMETRIC)).with_range([-9], [9], "minmax"))
    after, _, _ = merge(standing.encodings, read_encodings(path), load().graph, load().quantizers, start_off=False)
    assert (after["input"].range.low, after["input"].range.high) == ((-1.0,), (3.0,))
    assert after["input"].spec == UniformSpec(4, Scheme.SYMMETRIC)
    assert after["scores"] == standing.encodings["scores"]


def test_what_ranges_do_not_say_is_listed():
    opened = set_up().set("input", Setting(spec=UniformSpec(4)).with_range([-9], [9], "minmax"))
    assert "other than 8 bits have (1): input" in opened.said("ort-ranges")
    assert "left out (4): w_wino, w_strided, w_depth, w_fc" in opened.said("ort-ranges")
