"""ncnn's table: each number against the rule, computed here from the weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qviz.encodings import Setting
from qviz.errors import QvizError
from qviz.formats.registry import read_encodings
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from tests.formats.layered import load, set_up
from tests.graph.support import shared


def table(text):
    rows = [line.split() for line in text.splitlines()]
    return {row[0]: np.array(row[1:], float) for row in rows}


def absmax(name):
    weight = load().weights[name]
    return np.abs(weight.reshape(len(weight), -1)).max(1)


def test_every_line_is_as_ncnn_computes_it(tmp_path):
    rows = table(set_up().file(tmp_path / "t", "ncnn"))
    np.testing.assert_allclose(rows["wino_param_0"], 31 / absmax("w_wino"), rtol=1e-6)  # 3x3 of stride 1
    np.testing.assert_allclose(rows["strided_param_0"], 127 / absmax("w_strided"), rtol=1e-6)
    np.testing.assert_allclose(rows["depth_param_0"], 127 / absmax("w_depth"), rtol=1e-6)  # one a group
    np.testing.assert_allclose(rows["fc_param_0"], 127 / absmax("w_fc"), rtol=1e-6)
    inputs = {
        "wino": "input",
        "strided": "wino_relu",
        "depth": "strided_out",
        "fc": "depth_out",
    }  # fc's by pool, flatten
    highs = {name: setting.range.high[0] for name, setting in set_up().encodings.settings.items()}
    for layer, tensor in inputs.items():
        assert rows[layer] == pytest.approx(127 / highs[tensor], rel=1e-9)
    assert list(rows) == [f"{n}_param_0" for n in inputs] + list(inputs)


def test_a_weight_per_tensor_has_one_scale_for_each_channel(tmp_path):
    spec = UniformSpec(8, Scheme.SYMMETRIC_STRICT)
    opened = set_up().set("w_fc", Setting(spec=spec).with_range([-1.0], [0.5], "manual"))
    assert table(opened.file(tmp_path / "t", "ncnn"))["fc_param_0"].tolist() == [127.0] * 5


def test_weights_of_six_bits_for_winograd_are_written_as_they_are(tmp_path):
    spec = UniformSpec(6, Scheme.SYMMETRIC_STRICT, Granularity.PER_CHANNEL)
    opened = set_up().set("w_wino", Setting(spec=spec).with_range([-1.0] * 8, [0.5] * 8, "manual"))
    assert table(opened.file(tmp_path / "t", "ncnn"))["wino_param_0"].tolist() == [31.0] * 8
    assert "6 bits" not in opened.said("ncnn")
    assert "6 bits" in set_up().said("ncnn")


def test_a_layer_with_a_side_in_float_is_a_comment_and_stays_in_float(tmp_path):
    opened = set_up()
    opened = opened.set("w_fc", Setting(enabled=False))
    text = opened.file(tmp_path / "t", "ncnn")
    assert "\n#fc " in text
    assert "fc_param_0" not in text
    after, report = opened.reopened(tmp_path / "t")
    assert not after["depth_out"].enabled
    assert not after["w_fc"].enabled
    assert after["w_strided"].enabled
    assert "depth_out" in opened.said("ncnn")
    assert report.refused == ()


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("w_fc", UniformSpec(4, Scheme.SYMMETRIC_STRICT)),
        ("w_strided", UniformSpec(6, Scheme.SYMMETRIC_STRICT)),
        ("w_fc", UniformSpec(8, Scheme.ASYMMETRIC)),
        ("input", UniformSpec(8, Scheme.ASYMMETRIC)),
        ("strided_out", UniformSpec(16, Scheme.SYMMETRIC)),
        ("strided_out", UniformSpec(8, Scheme.SYMMETRIC_UNSIGNED)),
    ],
)
def test_what_ncnn_would_run_otherwise_is_not_written(tmp_path, name, spec):
    opened = set_up().set(name, Setting(spec=spec).with_range([0.0], [1.0], "manual"))
    with pytest.raises(QvizError, match=name):
        opened.file(tmp_path / "t", "ncnn")
    assert not (tmp_path / "t").exists()


def test_tensors_that_no_layer_reads_are_named_before_the_export():
    assert "scores" in set_up().said("ncnn")


def test_layers_that_read_one_tensor_must_agree(tmp_path):
    path = tmp_path / "t"
    path.write_text("wino 10\nrelu 5\nstrided 20\npool 30\nfc 40\nunheard 1\nunheard_param_0 1 2\n")
    after, report = load().merged(read_encodings(path))
    assert 1 / after["input"].stored.scale[0] == pytest.approx(10)
    assert 1 / after["depth_out"].stored.scale[0] == pytest.approx(30)
    assert [name for name, _ in report.refused] == ["fc"]
    assert [name for name, _ in report.unknown] == ["unheard"]


def test_the_real_table_survives_a_round_trip():
    text = Path(shared("encodings/squeezenet.ncnn.table")).read_text()
    file = read_encodings(shared("encodings/squeezenet.ncnn.table"))
    assert (file.format, len(file.entries), file.refused) == ("ncnn", 52, ())
    given = table(text)
    for entry in file.entries:
        key = entry.name + ("_param_0" if entry.kind == "param" else "")
        assert [float(f"{1 / s:.12g}") for s in entry.setting.stored.scale] == given[key].tolist()
        assert entry.setting.spec.scheme is Scheme.SYMMETRIC_STRICT


def test_an_imported_table_is_written_again_number_by_number(tmp_path):
    """Also 3x3 weights of 127 / absmax, as older tools than ncnn's present one wrote them."""
    path = tmp_path / "t"
    path.write_text("wino_param_0 1.5 2.25 3 4 5 6 7 243.900411277\nwino 0.84167606461\n")
    after, report = load().merged(read_encodings(path))
    assert report.refused == report.unknown == ()
    again = replace(load(), encodings=after).file(tmp_path / "again", "ncnn")
    assert again == path.read_text()
