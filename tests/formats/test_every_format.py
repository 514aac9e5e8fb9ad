"""What holds for all formats: written and read, nothing changes; whatever a file holds, no traceback."""

from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qviz import cli
from qviz.encodings import IMPORTED, Encodings, Setting, Stored
from qviz.errors import QvizError
from qviz.formats.plan import plan_import
from qviz.formats.registry import FORMATS, export_warnings, read_encodings, write_encodings
from qviz.formats.source import Source
from qviz.graph.graph import Quantizer
from qviz.paths import sample
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from qviz.session import Session
from tests.formats.layered import load, set_up

BY_WINDOW = [name for name, format in FORMATS.items() if not format.engine_writer]
INT8 = ("tensorrt", "tensorrt-json", "mqbench", "ncnn")  # symmetric activations of 8 bits only
WITHOUT_WEIGHTS = ("tensorrt", "tensorrt-json", "mqbench", "ort-ranges")
ROUNDED = {"ncnn": 1e-11, "tensorrt-json": 1e-15, "mqbench": 1e-15, "ort-ranges": 1e-15}
FLOAT32 = ("tensorrt", "amct")

scales = st.floats(2.0**-20, 2.0**14, width=32)


def bits_of(format):
    if format in (*INT8, "amct"):
        return st.just(8)
    return st.sampled_from([4, 8, 16]) if format.startswith("ort") else st.integers(2, 16)


@st.composite
def grids(draw, format, channels):
    """A setting that the format can say exactly."""
    bits = draw(bits_of(format))
    strict = format == "ncnn"
    symmetric = channels > 1 or format in INT8
    spec = UniformSpec(
        bits, Scheme.SYMMETRIC_STRICT if strict else Scheme.SYMMETRIC if symmetric else Scheme.ASYMMETRIC
    )
    zero = 2 ** (bits - 1) - strict if symmetric else draw(st.integers(0, spec.steps))
    if channels > 1:
        spec = replace(spec, granularity=Granularity.PER_CHANNEL)
    stored = Stored(tuple(draw(st.lists(scales, min_size=channels, max_size=channels))), (-zero,) * channels)
    return Setting(spec=spec, stored=stored, source=IMPORTED)


@pytest.mark.parametrize("format", BY_WINDOW)
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_written_and_read_nothing_changes(tmp_path_factory, format, data):
    opened, path = load(), tmp_path_factory.mktemp("formats") / "file"
    given_ = {n: data.draw(grids(format, q.channels)) for n, q in opened.quantizers.items()}
    before = replace(opened, encodings=replace(opened.encodings.with_settings(given_), bias="float"))
    before.file(path, format)
    after, report = before.reopened(path)
    assert (report.unknown, report.refused, report.split, report.new) == ((), (), (), ())
    kept = {n for n, q in opened.quantizers.items() if format not in WITHOUT_WEIGHTS or q.kind == "activation"}
    if format in ("ncnn", "amct"):
        kept.discard("scores")  # no layer reads it
    assert set(report.named) == kept
    for name in kept:
        _same(format, before.encodings[name].active, after[name].active)


def _same(format, old, new):
    if format == "ort-ranges":  # bit-width and scheme are the importing side's
        np.testing.assert_allclose(
            [new.min[0], new.max[0]], [old.min[0], old.max[0]], rtol=0.01, atol=old.scale[0] * 256
        )
        return
    expected = old.scale.astype(np.float32) if format in FLOAT32 else old.scale
    np.testing.assert_allclose(new.scale, expected, rtol=ROUNDED.get(format, 0))
    assert new.offset.tolist() == old.offset.tolist()
    assert new.steps == old.steps


@pytest.mark.parametrize("format", BY_WINDOW)
def test_the_content_tells_the_format_and_a_second_export_is_equal(tmp_path, format):
    opened = set_up()
    first = opened.file(tmp_path / "misleading.onnx", format)
    expected = "aimet-0.6.1" if format == "qnn" else format
    assert read_encodings(tmp_path / "misleading.onnx").format == expected
    assert opened.file(tmp_path / "again", format) == first


@pytest.mark.parametrize("format", BY_WINDOW)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_file_that_is_cut_or_overwritten_ends_in_a_sentence_at_most(tmp_path_factory, format, data):
    text = _text_of(format)
    at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    junk = data.draw(
        st.sampled_from(["", "\0", "{", "}", '"', "nan", "1e999", "-", "\n", "[[[[", ":", ","]) | st.text()
    )
    path = tmp_path_factory.mktemp("formats") / "file"
    path.write_text(
        text[:at] + junk + (text[end:] if data.draw(st.booleans()) else ""), encoding="utf-8", errors="ignore"
    )
    with suppress(QvizError):
        load().merged(read_encodings(path))


@cache
def _text_of(format):
    opened = set_up()
    return FORMATS[format].write(Source(opened.encodings, opened.quantizers, opened.graph))


HOSTILE = {
    "empty": b"",
    "binary": bytes(range(256)),
    "deep": b'{"a":' * 100_000,
    "deep record": b'record { key: "a" value {' + b"x {" * 100_000,
    "half a record": b'record { key: "a" value { scale_d: ',
    "a record that is none": b'record { key: "a" value { scale_d: 1 } } record: 5',
    "half a cache": b"TRT-8501-EntropyCalibration2\ninput: 3f92",
    "half a table": b"name,kind,bits\ninput,activation",
    "number too long": b'{"a": [{"scale": ' + b"9" * 5000 + b"}]}",
    "a record of one long number": b"record { " + b"9" * 5000,
    "an ONNX model": b"\x08\x09\x12\x07pytorch",
    "prose": b"These are not the encodings that you are looking for.\n",
    "a list": b"[1, 2, 3]",
    "other JSON": b'{"name": "package", "version": 3}',
    "header only, of strangers": b'na"me,bits\n1,2\n',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_encodings_file_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "file.encodings"
    path.write_bytes(content)
    with pytest.raises(QvizError) as caught:
        read_encodings(path)
    assert str(caught.value).count(". ") == 0
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"act_quant_info": {"input": NaN, "scores": 1.0}}', "input"),
        ('{"act_quant_info": {"input": -1.0, "scores": 1.0}}', "input"),
        ('{"input": [3, 1], "scores": [0, 1]}', "input"),
        ('{"input": [{"scale": 1, "zero_point": 300}], "scores": [{"scale": 1, "zero_point": 0}]}', "input"),
        ('record { key: "wino" value { scale_d: [] } } record { key: "fc" value { scale_d: 1 } }', "wino"),
        ("wino nan\nfc 3\n", "wino"),
        ("wino -3\nfc 3\n", "wino"),
        ("wino 1 2\nfc 3\n", "wino"),
        ("name,bits,min,max,scheme\ninput,8,0,1," + "x" * 5000 + "\nscores,8,0,1,\n", "input"),
        ('record { key: "wino" value { scale_d: 0 } } record { key: "fc" value { scale_d: 1 } }', "wino"),
    ],
)
def test_an_impossible_value_is_refused_by_name_and_the_rest_applied(tmp_path, text, name):
    path = tmp_path / "file"
    path.write_text(text)
    _, report = load().merged(read_encodings(path))
    assert [n for n, _ in report.refused] == [name]
    assert len(str(report.refused[0][1])) < 200
    assert report.applied == 1


@pytest.mark.parametrize("format", ["tensorrt", "ncnn"])
def test_names_that_would_break_a_line_are_not_written(tmp_path, format):
    opened = set_up()
    bad = "a\nb: 3f800000"
    node = replace(opened.graph.nodes[0], name=bad)
    graph = replace(opened.graph, nodes=(node, *opened.graph.nodes[1:]))
    quantizer = Quantizer(bad, "activation", (bad,), None, "Conv", None, None, 1, False)
    encodings = Encodings({**opened.encodings.settings, bad: opened.encodings["input"]}, opened.encodings.groups)
    with pytest.raises(QvizError, match="rename"):
        write_encodings(tmp_path / "f", encodings, {**opened.quantizers, bad: quantizer}, format, graph)


# --- before it is applied, and after it is written ----------------------------------------------------------------


def test_an_import_is_planned_before_it_is_applied(tmp_path):
    path = tmp_path / "f"
    path.write_text("TRT-8501-EntropyCalibration2\nscores: 3f800000\nscorse: 3f800000\ninput: 00000000\n")
    opened = set_up()
    plan = plan_import(opened.encodings, read_encodings(path), opened.graph, opened.quantizers, lock=True)
    assert [(c.name, c.before) for c in plan.changes] == [("scores", opened.encodings["scores"])]
    assert plan.changes[0].after.locked
    assert plan.encodings["scores"].active.scale[0] == 1.0
    assert plan.report.unknown[0][0] == "scorse"
    assert "scores" in plan.report.unknown[0][1]
    assert plan.encodings.bias == opened.encodings.bias
    untouched = plan.encodings.settings.keys() - {"scores"}
    assert all(plan.encodings[n] is opened.encodings[n] for n in untouched)


@pytest.mark.parametrize("format", BY_WINDOW)
def test_each_quantizer_in_float_is_named_before_the_export(format):
    opened = set_up().set("scores", Setting(enabled=False))
    assert "scores" in opened.said(format)


def test_a_format_that_is_unknown_names_the_known_ones():
    with pytest.raises(QvizError, match="tensorrt-json, mqbench, ncnn"):
        export_warnings(Encodings(), {}, "tensort")


def test_the_help_of_export_names_every_format(capsys):
    with pytest.raises(SystemExit):
        cli.main(["export", "--help"])
    shown = "".join(capsys.readouterr().out.split())  # lines may break at a hyphen
    assert [name for name in FORMATS if name not in shown] == []


def test_locked_imports_outlast_a_calibration(tmp_path):
    path = tmp_path / "ranges.csv"
    with Session.open(str(sample("digits_cnn.onnx")), str(sample("digits_calib.npz"))) as session:
        names = [next(iter(session.quantizers)), list(session.quantizers)[-1]]
        path.write_text("name,bits,min,max\n" + "".join(f"{n},8,-1,1\n" for n in names))
        before = session.committed
        plan = session.plan_import(str(path), lock=True)
        assert session.committed is before
        session.apply_import(plan)
        session.calibrate("minmax")
        assert [session.committed[n].range.high for n in names] == [(1.0,), (1.0,)]
        session.undo()
        session.undo()
        assert session.committed is before


def test_the_command_line_reads_and_writes_them_and_warns_on_stderr(tmp_path, capsys):
    model = sample("digits_cnn.onnx")
    start = tmp_path / "start.csv"
    start.write_text("name,kind,bits,scheme,min,max\nimage,activation,8,symmetric,-1,1\n")
    for format in ("tensorrt", "csv", "tensorrt-json", "qnn"):
        out = tmp_path / format
        assert cli.main(["export", str(model), "--encodings", str(start), "--format", format, "-o", str(out)]) == 0
        assert "Left in float" in capsys.readouterr().err
        start = out
    assert cli.main(["export", str(model), "--encodings", str(start), "--format", "nonsense", "-o", "x"]) == 2
