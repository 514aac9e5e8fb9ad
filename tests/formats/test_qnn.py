"""Overrides for Qualcomm's converters."""

import json
from pathlib import Path

from qviz.encodings import Encodings, Setting
from qviz.formats.registry import read_encodings, write_encodings
from qviz.graph.graph import Quantizer
from tests.formats.layered import load, set_up
from tests.graph.support import shared


def test_a_width_and_a_range_are_enough(tmp_path):
    path = tmp_path / "overrides.json"
    entry = [{"bitwidth": 16, "min": -1.0, "max": 3.0}]
    path.write_text(json.dumps({"activation_encodings": {"input": entry}, "param_encodings": {}}))
    after, report = load().merged(read_encodings(path))
    assert report.applied == 1
    assert (after["input"].spec.bits, after["input"].range.low, after["input"].range.high) == (16, (-1.0,), (3.0,))


def test_the_layout_is_the_converters_and_gaps_are_said(tmp_path):
    opened = set_up().set("scores", Setting(enabled=False))
    content = json.loads(opened.file(tmp_path / "o", "qnn"))
    assert set(content["activation_encodings"]) == {"input", "wino_relu", "strided_out", "depth_out"}
    entry = content["activation_encodings"]["input"][0]
    assert entry["scale"] * entry["offset"] == entry["min"]
    assert entry["offset"] <= 0
    assert len(content["param_encodings"]["w_fc"]) == 5
    assert "its own calibration (1): scores" in opened.said("qnn")
    assert "Without a quantizer here, and not in the file (1): wino_out." in opened.said("qnn")


def test_a_real_file_survives_a_round_trip(tmp_path):
    """A file of 16-bit activations, made by others; its model is not there, so one is stood in for it."""
    path = shared("encodings/aimet_0_6_1.encodings")
    entries = {e.name: e.setting for e in read_encodings(path).entries}
    quantizers = {n: Quantizer(n, "activation", (n,), None, "Conv", None, None, 1, False) for n in entries}
    write_encodings(tmp_path / "o", Encodings(entries, bias="float"), quantizers, "qnn")
    given, again = (json.loads(Path(p).read_text())["activation_encodings"] for p in (path, tmp_path / "o"))
    assert list(again) == list(given)
    for name, channels in given.items():
        for key in ("bitwidth", "scale", "offset", "is_symmetric", "dtype"):
            assert again[name][0][key] == channels[0][key]
