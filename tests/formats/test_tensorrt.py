"""TensorRT's cache, its dynamic ranges, and MQBench's clip ranges."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from qviz.encodings import Setting
from qviz.errors import QvizError
from qviz.formats.importing import merge
from qviz.formats.registry import read_encodings
from qviz.graph.model import load_model
from qviz.quant.spec import Scheme, UniformSpec
from tests.formats.layered import Opened, set_up
from tests.graph.support import shared

CACHE = "encodings/plate_detector.tensorrt.cache"


def lines(text):
    return dict(line.rsplit(": ", 1) for line in text.splitlines()[1:])


def test_each_line_is_the_big_endian_hex_of_amax_over_127(tmp_path):
    opened = set_up()
    text = opened.file(tmp_path / "c", "tensorrt")
    assert text.startswith("TRT-")
    assert text.splitlines()[0].endswith("-EntropyCalibration2")
    highs = {n: s.range.high[0] for n, s in opened.encodings.settings.items() if n[:2] != "w_"}
    highs |= {"pooled": highs["depth_out"], "flat": highs["depth_out"]}  # on the grid of what they move
    expected = {n: struct.pack(">f", np.float32(h / 127)).hex() for n, h in highs.items()}
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("format", "inner"), [("tensorrt-json", ["act_quant_info"]), ("mqbench", ["tensorrt", "blob_range"])]
)
def test_ranges_as_json_are_amax_by_tensor(tmp_path, format, inner):
    content = json.loads(set_up().file(tmp_path / "c", format))
    for key in inner:
        assert list(content) == [key]
        content = content[key]
    assert content["input"] == pytest.approx(set_up().encodings["input"].range.high[0])
    assert "w_fc" not in content


def test_names_with_colons_and_spaces_are_read_whole(tmp_path):
    path = tmp_path / "c"
    path.write_text("TRT-8501-EntropyCalibration2\n(Unnamed Layer* 3) : out: 3c010a14\nb: 00000000\n")
    file = read_encodings(path)
    assert [e.name for e in file.entries] == ["(Unnamed Layer* 3) : out"]
    assert file.entries[0].setting.stored.scale == (struct.unpack(">f", bytes.fromhex("3c010a14"))[0],)
    assert [n for n, _ in file.refused] == ["b"]


@pytest.mark.parametrize("format", ["tensorrt", "tensorrt-json", "mqbench"])
@pytest.mark.parametrize(
    "spec",
    [UniformSpec(8, Scheme.ASYMMETRIC), UniformSpec(4, Scheme.SYMMETRIC), UniformSpec(8, Scheme.SYMMETRIC_UNSIGNED)],
)
def test_what_tensorrt_would_run_otherwise_is_not_written(tmp_path, format, spec):
    opened = set_up().set("wino_relu", Setting(spec=spec).with_range([0.0], [1.0], "manual"))
    with pytest.raises(QvizError, match=r"wino_relu.*symmetric"):
        opened.file(tmp_path / "c", format)


def test_what_the_cache_does_not_say_is_listed():
    opened = set_up().set("scores", Setting(enabled=False))
    opened = opened.set("w_fc", Setting(spec=UniformSpec(4, Scheme.SYMMETRIC)).with_range([-1], [1], "manual"))
    text = opened.said("tensorrt")
    assert "Left in float here, and not in the file (1): scores." in text
    assert "Without a quantizer here, and not in the file (1): wino_out." in text
    assert "w_wino, w_strided, w_depth, w_fc" in text
    assert "granularity (1): w_fc." in text
    assert "int32" in text


def test_the_real_cache_sets_the_ranges_it_names_and_survives_a_round_trip(tmp_path):
    model = load_model(shared("other/plate_detector.onnx"))
    file = read_encodings(shared(CACHE))
    assert (file.format, len(file.entries), file.refused) == ("tensorrt", 126, ())
    after, report, quantizers = merge(model.encodings, file, model.graph, model.graph.quantizers, start_off=True)
    given = lines(Path(shared(CACHE)).read_text())
    assert report.applied == 100
    assert len(report.unknown) == 26
    on_grid = {t: s.active for n, s in after.settings.items() for t in (*after.groups[n], *quantizers[n].followers)}
    for name, code in given.items():
        if model.graph.resolve(name):
            assert struct.pack(">f", on_grid[name].scale[0]).hex() == code
    assert all(s.enabled for n, s in after.settings.items() if quantizers[n].kind == "param")  # TensorRT does them
    written = lines(Opened(model.graph, after, quantizers, {}).file(tmp_path / "again", "tensorrt"))
    both = written.keys() & given.keys()
    assert len(both) == 100
    assert {n: written[n] for n in both} == {n: given[n] for n in both}
