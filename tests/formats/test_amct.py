"""Ascend's record: each field against the rule, computed here; and records as AMCT writes them."""

import re

import numpy as np
import pytest

from qviz.encodings import Setting
from qviz.errors import QvizError
from qviz.formats.registry import read_encodings
from qviz.quant.spec import Scheme, UniformSpec
from tests.formats.layered import load, set_up


def records(text):
    found = {}
    for block in text.split("record {")[1:]:
        fields = re.findall(r"(\w+): (\S+)", block)
        found[fields[0][1].strip('"')] = {
            k: [float(v) for key, v in fields[1:] if key == k] for k in dict.fromkeys(f for f, _ in fields[1:])
        }
    return found


def test_every_field_is_as_amct_computes_it(tmp_path):
    found = records(set_up(Scheme.SYMMETRIC_STRICT, Scheme.ASYMMETRIC).file(tmp_path / "r", "amct"))
    assert list(found) == ["wino", "strided", "depth", "fc"]
    settings = set_up().encodings.settings
    for layer, (tensor, weight) in {
        "wino": ("input", "w_wino"),
        "strided": ("wino_relu", "w_strided"),
        "depth": ("strided_out", "w_depth"),
        "fc": ("depth_out", "w_fc"),
    }.items():
        low, high = settings[tensor].range.low[0], settings[tensor].range.high[0]
        scale = (high - low) / 255
        assert found[layer]["scale_d"] == [pytest.approx(scale, rel=1e-6)]
        assert found[layer]["offset_d"] == [round(-low / scale) - 128]
        values = load().weights[weight]
        largest = np.abs(values.reshape(len(values), -1)).max(1)
        np.testing.assert_allclose(found[layer]["scale_w"], largest / 127, rtol=1e-6)
        assert found[layer]["offset_w"] == [0] * len(values)


def test_a_record_as_amct_writes_it_is_read(tmp_path):
    path = tmp_path / "r"
    path.write_text("""# scales
record {
  key: "fc"
  value { scale_d: 0.5 offset_d: -128 scale_w: 0.25 offset_w: 0 skip_fusion: true dst_type: "INT8" }
}
""")
    after, report = load().merged(read_encodings(path))
    assert (after["depth_out"].stored.scale, after["depth_out"].stored.offset) == ((0.5,), (0,))
    assert (after["w_fc"].stored.scale, after["w_fc"].stored.offset) == ((0.25,), (-128,))
    assert report.applied == 2
    assert not after["input"].enabled


def test_lists_in_brackets_and_other_types_are_understood_or_refused(tmp_path):
    path = tmp_path / "r"
    path.write_text(
        'record: { key: "fc" value: { scale_w: [1, 2, 3, 4, 5], offset_w: [0, 0, 0, 0, 0]; } }\n'
        'record { key: "wino" value { scale_d: 1 dst_type: "INT4" } }\n'
        'record { key: "depth" value { scale_d: 1 offset_d: 300 } }\n'
    )
    file = read_encodings(path)
    assert [e.setting.stored.scale for e in file.entries] == [(1, 2, 3, 4, 5)]
    assert [(n, "INT4" in str(t)) for n, t in file.refused] == [("wino", True), ("depth", False)]


def test_a_layer_in_float_has_no_record_and_is_named(tmp_path):
    opened = set_up().set("w_fc", Setting(enabled=False))
    assert list(records(opened.file(tmp_path / "r", "amct"))) == ["wino", "strided", "depth"]
    assert "w_fc" in opened.said("amct")
    assert "depth_out" in opened.said("amct")


@pytest.mark.parametrize("name", ["w_fc", "input"])
@pytest.mark.parametrize("spec", [UniformSpec(4, Scheme.SYMMETRIC), UniformSpec(16, Scheme.ASYMMETRIC)])
def test_other_than_eight_bits_are_not_written(tmp_path, name, spec):
    opened = set_up().set(name, Setting(spec=spec).with_range([-1.0], [1.0], "manual"))
    with pytest.raises(QvizError, match=name):
        opened.file(tmp_path / "r", "amct")


def test_names_of_any_language_survive(tmp_path):
    path = tmp_path / "r"
    path.write_bytes(b'record { key: "a\\"\\\\\\303\\251\\n" value { scale_d: 1 } }')
    assert read_encodings(path).entries[0].name == 'a"\\é\n'
