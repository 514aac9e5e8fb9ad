"""AIMET's files: what they say is read exactly, written exactly, and what is damaged ends in a sentence."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qviz.encodings import IMPORTED, Setting, Stored
from qviz.errors import QvizError
from qviz.formats import aimet
from qviz.formats.importing import merge
from qviz.formats.registry import FORMATS, read_encodings, write_encodings
from qviz.quant.spec import FloatSpec, Granularity, Scheme, UniformSpec
from tests.formats.support import CHANNELS, graph, start
from tests.graph.support import shared

PER_CHANNEL = Granularity.PER_CHANNEL

AIMET = [name for name in FORMATS if name.startswith("aimet")]


def stored(spec, scales):
    half = {Scheme.SYMMETRIC: 2 ** (spec.bits - 1), Scheme.SYMMETRIC_STRICT: 2 ** (spec.bits - 1) - 1}
    offset = -half.get(spec.scheme, 0)
    return Setting(spec=spec, stored=Stored(tuple(scales), (offset,) * len(scales)), source=IMPORTED)


scales = st.floats(1e-15, 1e15)
bits = st.integers(2, 16)


@st.composite
def activations(draw):
    spec = UniformSpec(draw(bits), draw(st.sampled_from(Scheme)))
    setting = stored(spec, [draw(scales)])
    if spec.scheme is Scheme.ASYMMETRIC:
        offset = draw(st.integers(-spec.steps, 0))
        setting = replace(setting, stored=Stored(setting.stored.scale, (offset,)))
    return replace(setting, enabled=draw(st.booleans()))


@st.composite
def weights(draw):
    spec = UniformSpec(draw(bits), draw(st.sampled_from([Scheme.SYMMETRIC, Scheme.SYMMETRIC_STRICT])), PER_CHANNEL)
    return stored(spec, draw(st.lists(scales, min_size=CHANNELS, max_size=CHANNELS)))


def same_numbers(a, b):
    return a.scale.tolist() == b.scale.tolist() and a.offset.tolist() == b.offset.tolist() and a.steps == b.steps


@settings(deadline=None, max_examples=50)
@given(activations(), activations(), weights(), st.sampled_from(["int32", "float"]), st.sampled_from(AIMET))
def test_saving_and_opening_changes_no_scale_and_no_offset(tmp_path_factory, x, joined, w, bias, format):
    if format == "aimet-2.0.0" and Scheme.SYMMETRIC_STRICT in (x.spec.scheme, joined.spec.scheme, w.spec.scheme):
        return  # that version has no strict grids
    g, path = graph(), tmp_path_factory.mktemp("formats") / "out.encodings"
    before = replace(start(g).with_settings({"x": x, "joined": joined, "w": w}), bias=bias)
    write_encodings(path, before, g.quantizers, format, g)
    after, report, _ = merge(start(g), read_encodings(path), g, g.quantizers, start_off=True)
    assert (report.unknown, report.refused, report.split, report.new) == ((), (), (), ())
    for name in before.settings:
        old, new = before[name].active, after[name].active
        assert (old is None) == (new is None)
        assert old is None or same_numbers(old, new)
    assert after.bias == (bias if x.enabled else "float")  # without a scale of its input a bias is in float anyway
    assert report.bias_differs == ()


def test_the_range_that_was_set_by_hand_is_what_the_file_holds(tmp_path):
    g, path = graph(), tmp_path / "out.encodings"
    mine = start(g).with_settings({"y": Setting().with_range([-1.0], [2.0], "manual")})
    write_encodings(path, mine, g.quantizers, "aimet-0.6.1")
    entry = json.loads(path.read_text())["activation_encodings"]["y"][0]
    encoding = mine["y"].encoding
    assert entry["scale"] == encoding.scale[0]
    assert (entry["min"], entry["max"]) == (encoding.min[0], encoding.max[0])
    assert (entry["is_symmetric"], entry["dtype"], entry["bitwidth"]) == ("False", "int", 8)


def test_only_what_is_quantized_is_written_and_each_shared_tensor_under_its_own_name(tmp_path):
    g, path = graph(), tmp_path / "out.encodings"
    on = Setting().with_range([-1.0], [1.0], "minmax")
    mine = start(g).with_settings({"joined": on, "y": replace(on, enabled=False)})
    write_encodings(path, mine, g.quantizers)
    content = json.loads(path.read_text())
    assert [e["name"] for e in content["activation_encodings"]] == ["left", "right", "joined"]
    assert content["param_encodings"] == []
    assert content["version"] == "1.0.0"
    assert content["producer"]["package"] == "qviz"
    assert content["quantizer_args"]["quant_scheme"] == "min_max"


def test_writing_replaces_the_file_whole_and_leaves_nothing_beside_it(tmp_path):
    g, path = graph(), tmp_path / "out.encodings"
    path.write_text("old")
    write_encodings(path, start(g), g.quantizers)
    assert path.read_text() != "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.encodings"]
    with pytest.raises(QvizError, match="cannot be written"):
        write_encodings(tmp_path / "no" / "folder", start(g), g.quantizers)
    with pytest.raises(QvizError, match="no format other"):
        write_encodings(path, start(g), g.quantizers, "other")


REAL = {
    "aimet/resnet20_w8a8.1.0.0.encodings": ("aimet-1.0.0", 55),
    "aimet/resnet20_w8a8.0.6.1.encodings": ("aimet-0.6.1", 55),
    "aimet/resnet20_w8a8.2.0.0.encodings": ("aimet-2.0.0", 78),
    "aimet/mnist_cntk_w4a4.1.0.0.encodings": ("aimet-1.0.0", 13),
    "encodings/aimet_0_6_1.encodings": ("aimet-0.6.1", 2),
}


@pytest.mark.parametrize("name", REAL)
def test_files_that_others_wrote_are_read(name):
    file = read_encodings(shared(name))
    assert (file.format, len({e.name for e in file.entries})) == REAL[name]
    assert file.refused == ()
    assert file.has_bias == ("2.0.0" in name)


def test_all_versions_of_one_export_say_the_same():
    files = [read_encodings(shared(f"aimet/resnet20_w8a8.{v}.encodings")) for v in ("0.6.1", "1.0.0", "2.0.0")]
    first, *others = ({e.name: e.setting for e in f.entries if e.kind != "bias"} for f in files)
    for other in others:
        shared_names = first.keys() & other.keys()
        assert len(shared_names) == len(first)
        for name in shared_names:
            assert same_numbers(first[name].encoding, other[name].encoding)
            assert first[name].spec == other[name].spec


# --- files that are damaged or unusual ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[1, 2]",
        "{}",
        '{"activation_encodings": 3}',
        '{"encodings": [{"name": "x"',
        '{"encodings": [3]}',
        '{"activation_encodings": [{"bw": 8}], "param_encodings": []}',
        "[" * 200_000,
        '{"version": "1.0.0"}',
        '{"activation_encodings": {}, "param_encodings": []}'.replace("{}", '{"x": []}'),
        '{"encodings": ' + "9" * 5000 + "}",
    ],
)
def test_a_damaged_file_ends_in_one_sentence(tmp_path, text):
    path = tmp_path / "bad.encodings"
    path.write_text(text)
    with pytest.raises(QvizError) as caught:
        read_encodings(path)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_or_not_there_ends_in_one_sentence(tmp_path):
    path = tmp_path / "bad.encodings"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(QvizError, match="damaged"):
        read_encodings(path)
    with pytest.raises(QvizError, match="cannot be read"):
        read_encodings(tmp_path / "absent")


@pytest.mark.parametrize(
    "change",
    [
        {"bw": 0},
        {"bw": 10**9},
        {"bw": -3},
        {"bw": "8"},
        {"bw": None},
        {"scale": []},
        {"scale": [0.0]},
        {"scale": [-1.0]},
        {"scale": [float("nan")]},
        {"scale": [float("inf")]},
        {"scale": ["a"]},
        {"scale": [10**400]},
        {"scale": None},
        {"scale": [0.1, 0.2]},
        {"offset": [0.5]},
        {"offset": [1]},
        {"offset": [-256]},
        {"offset": [0, 0]},
        {"is_sym": True, "offset": [-3]},
        {"enc_type": "PER_BLOCK"},
        {"enc_type": "PER_BLOCK", "block_size": 0},
        {"enc_type": "PER_BLOCK", "block_size": 8, "scale": []},
        {"enc_type": "PER_BLOCK", "block_size": 8, "scale": [[0.1]]},
        {"enc_type": "LPBQ"},
    ],
)
def test_an_entry_that_cannot_be_taken_is_named_and_the_rest_is_read(change):
    good = {
        "name": "x",
        "dtype": "INT",
        "bw": 8,
        "enc_type": "PER_TENSOR",
        "is_sym": False,
        "scale": [0.1],
        "offset": [0],
    }
    content = {"activation_encodings": [good, {**good, "name": "odd", **change}], "param_encodings": []}
    file = aimet.parse(content)
    assert [e.name for e in file.entries] == ["x"]
    (name, reason), *more = file.refused
    assert (name, more) == ("odd", [])
    assert str(reason).endswith(".")


KEYS = [
    "name",
    "bw",
    "bitwidth",
    "dtype",
    "scale",
    "offset",
    "is_sym",
    "is_symmetric",
    "enc_type",
    "min",
    "max",
    "axis",
]
KEYS += ["output_dtype", "y_scale", "y_zero_point", "block_size"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["int8", "uint4"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=25,
)
TOP = ["activation_encodings", "param_encodings", "encodings"]
ENTRIES = st.lists(
    st.fixed_dictionaries({"name": st.just("x")}, optional=dict.fromkeys(KEYS[1:], json_values)), max_size=3
)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.sampled_from(TOP), ENTRIES | json_values, min_size=1))
def test_no_content_whatever_ends_in_a_traceback(content):
    try:
        file = aimet.parse(content)
    except QvizError:
        return
    for entry in file.entries if file else ():
        if entry.kind != "bias" and entry.setting.active is not None:
            assert np.isfinite(entry.setting.encoding.scale).all()


def test_float_entries_and_ranges_alone_and_old_booleans():
    file = aimet.parse(
        {
            "activation_encodings": {
                "f": [{"bitwidth": 16, "dtype": "float"}],
                "r": [{"bitwidth": 8, "min": -1.0, "max": 3.0}],
                "b": [{"bitwidth": 8, "dtype": "int", "is_symmetric": True, "scale": 0.5, "offset": -128}],
            },
            "param_encodings": {},
        }
    )
    f, r, b = (e.setting for e in file.entries)
    assert (f.enabled, f.spec) == (True, FloatSpec())
    assert (r.encoding.min[0], r.encoding.max[0]) == pytest.approx((-1, 3), abs=r.encoding.scale[0])
    assert b.spec.scheme is Scheme.SYMMETRIC


def test_version_2_zero_points_become_offsets():
    entries = [
        {"name": "u", "output_dtype": "uint8", "y_scale": 0.1, "y_zero_point": 3},
        {"name": "s", "output_dtype": "int4", "y_scale": [0.1, 0.2], "axis": 0},
        {"name": "a", "output_dtype": "int8", "y_scale": 0.1, "y_zero_point": 5},
        {"name": "h", "output_dtype": "float16"},
        {"name": "bias", "output_dtype": "int32", "y_scale": [0.1, 0.2], "axis": 0},
    ]
    file = aimet.parse({"encodings": entries, "version": "2.0.0"})
    u, s, a, h, bias = file.entries
    assert u.setting.stored.offset == (-3,)
    assert (s.setting.stored.offset, s.setting.spec.scheme, s.setting.spec.per_channel) == (
        (-8, -8),
        Scheme.SYMMETRIC,
        True,
    )
    assert (a.setting.stored.offset, a.setting.spec.scheme) == ((-133,), Scheme.ASYMMETRIC)
    assert h.setting.spec == FloatSpec()
    assert (bias.kind, file.has_bias) == ("bias", True)
