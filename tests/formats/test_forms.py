"""Forms other than integers by tensor or channel: written where the format has a word for them, else refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qviz.encodings import IMPORTED, Setting, Stored
from qviz.errors import QvizError
from qviz.formats import aimet, aimet_write
from qviz.formats.registry import FORMATS
from qviz.quant.spec import BinarySpec, CodebookSpec, FloatFormat, FloatSpec, Granularity, Scheme, UniformSpec
from tests.formats.layered import WEIGHTS, load, set_up

TEXTS = [name for name, format in FORMATS.items() if not format.engine_writer]
WITH_BLOCKS = ("aimet-1.0.0", "aimet-2.0.0")
WITH_FLOAT16 = (*WITH_BLOCKS, "aimet-0.6.1", "qnn")
OTHERS = {
    "float8": FloatSpec(format=FloatFormat.FLOAT8_E4M3FN),
    "bfloat16": FloatSpec(format=FloatFormat.BFLOAT16),
    "codebook": CodebookSpec(4),
    "binary": BinarySpec(),
}


def blocks(name: str, block: int, bits: int = 4, scheme: Scheme = Scheme.SYMMETRIC, scale: float = 0.01) -> Setting:
    count = WEIGHTS[name][0] * -(-WEIGHTS[name][1] // block)
    spec = UniformSpec(bits, scheme, Granularity.PER_BLOCK, block)
    middle = {Scheme.SYMMETRIC: 2 ** (bits - 1), Scheme.SYMMETRIC_STRICT: 2 ** (bits - 1) - 1}.get(scheme, 1)
    stored = Stored(tuple(scale * (i + 1) for i in range(count)), (-middle,) * count)
    return Setting(spec=spec, stored=stored, source=IMPORTED)


@pytest.mark.parametrize("form", OTHERS)
@pytest.mark.parametrize("format", TEXTS)
def test_a_form_without_a_word_is_told_and_not_written(tmp_path, format, form):
    opened = set_up().set("w_fc", Setting(spec=OTHERS[form]).with_range([-1.0], [1.0], "manual"))
    assert "(1): w_fc" in opened.said(format)
    with pytest.raises(QvizError, match=r"w_fc.*integers"):
        opened.file(tmp_path / "f", format)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", [f for f in TEXTS if f not in WITH_BLOCKS])
def test_blocks_without_a_word_are_not_written(tmp_path, format):
    opened = set_up().set("w_fc", blocks("w_fc", 4))
    with pytest.raises(QvizError, match=r"w_fc.*integers"):
        opened.file(tmp_path / "f", format)


@pytest.mark.parametrize("format", WITH_BLOCKS)
@settings(deadline=None, max_examples=25)
@given(
    name=st.sampled_from(["w_fc", "w_strided"]),
    block=st.sampled_from([1, 2, 4, 8]),
    bits=st.integers(2, 8),
    scheme=st.sampled_from([Scheme.SYMMETRIC, Scheme.ASYMMETRIC]),
    scale=st.floats(1e-6, 1e3),
)
def test_blocks_survive_a_round_trip(tmp_path_factory, format, name, block, bits, scheme, scale):
    path = tmp_path_factory.mktemp("blocks") / "f"
    opened = set_up().set(name, blocks(name, block, bits, scheme, scale))
    opened.file(path, format)
    after, report = opened.reopened(path)
    assert report.refused == ()
    assert after[name].active == opened.encodings[name].active
    assert after[name].spec == opened.encodings[name].spec


def test_version_1_lists_the_scales_of_blocks_in_the_weights_order(tmp_path):
    opened = set_up().set("w_strided", blocks("w_strided", 4))
    content = json.loads(opened.file(tmp_path / "f", "aimet-1.0.0"))
    (entry,) = (e for e in content["param_encodings"] if e["name"] == "w_strided")
    assert (entry["enc_type"], entry["block_size"], entry["bw"], entry["is_sym"]) == ("PER_BLOCK", 4, 4, True)
    np.testing.assert_allclose(entry["scale"], [0.01 * (i + 1) for i in range(16)])
    assert entry["offset"] == [-8.0] * 16


def test_version_2_gives_scales_the_weights_rank(tmp_path):
    opened = set_up().set("w_strided", blocks("w_strided", 4))
    content = json.loads(opened.file(tmp_path / "f", "aimet-2.0.0"))
    (entry,) = (e for e in content["encodings"] if e["name"] == "w_strided")
    assert (entry["output_dtype"], entry["axis"], entry["block_size"]) == ("int4", 1, 4)
    assert np.shape(entry["y_scale"]) == (8, 2, 1, 1)
    assert "y_zero_point" not in entry


@pytest.mark.parametrize("format", WITH_BLOCKS)
def test_a_short_block_is_not_written_for_aimet(tmp_path, format):
    opened = set_up().set("w_fc", blocks("w_fc", 3))
    with pytest.raises(QvizError, match=r"3 does not divide the 8 input channels of w_fc"):
        opened.file(tmp_path / "f", format)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"block_size": 2}, "20 blocks of 2"),
        ({"scale": [0.1] * 9, "offset": [-8] * 9}, "9 scales"),
        ({"name": "input"}, "Only weights"),
    ],
)
def test_blocks_that_do_not_fit_are_refused_with_the_reason(change, reason):
    entry = {
        "name": "w_fc", "dtype": "INT", "bw": 4, "enc_type": "PER_BLOCK", "is_sym": True, "block_size": 4,
        "scale": [0.1] * 10, "offset": [-8] * 10,
    }  # fmt: skip
    file = aimet.parse({"activation_encodings": [], "param_encodings": [{**entry, **change}]})
    _, report = load().merged(file)
    assert reason in str(report.refused[0][1])


def test_blocks_of_a_matrix_are_listed_by_output_channel():
    """A Gemm without transB has its inputs first; AIMET turns such a matrix before it lists the scales."""
    opened = load()
    quantizer = replace(opened.quantizers["w_fc"], shape=(8, 5), axis=1)
    entry = {
        "name": "w_fc", "dtype": "INT", "bw": 4, "enc_type": "PER_BLOCK", "is_sym": True, "block_size": 4,
        "scale": [0.1 * (i + 1) for i in range(10)], "offset": [-8] * 10,
    }  # fmt: skip
    file = aimet.parse({"activation_encodings": [], "param_encodings": [entry]})
    turned = replace(opened, quantizers={**opened.quantizers, "w_fc": quantizer})
    after, report = turned.merged(file)
    assert report.applied == 1
    np.testing.assert_allclose(after["w_fc"].stored.scale, np.arange(1, 11) * 0.1)


def test_blocks_of_a_matrix_are_written_by_output_channel():
    opened = set_up().set("w_fc", blocks("w_fc", 4))
    turned = {**opened.quantizers, "w_fc": replace(opened.quantizers["w_fc"], shape=(8, 5), axis=1)}
    content = json.loads(aimet_write.text_1_0_0(opened.encodings, turned, ()))
    (entry,) = (e for e in content["param_encodings"] if e["name"] == "w_fc")
    np.testing.assert_allclose(entry["scale"], np.arange(1, 11) * 0.01)
    content = json.loads(aimet_write.text_2_0_0(opened.encodings, turned, ()))
    (entry,) = (e for e in content["encodings"] if e["name"] == "w_fc")
    np.testing.assert_allclose(entry["y_scale"], np.arange(1, 11).reshape(5, 2).T * 0.01)


LPBQ_1 = {
    "name": "w_fc", "dtype": "INT", "bw": 8, "compressed_bw": 4, "enc_type": "LPBQ", "is_sym": True, "block_size": 4,
    "scale": [0.1, 0.2, 0.3, 0.4, 0.5], "offset": [-128] * 5, "per_block_int_scale": [9, 16, 16, 2, 3, 4, 16, 1, 5, 16],
}  # fmt: skip
LPBQ_2 = {
    "name": "w_fc", "output_dtype": "int4", "axis": 1, "block_size": 4,
    "per_channel_float_scale": [[0.1], [0.2], [0.3], [0.4], [0.5]],
    "per_block_int_scale": [[9, 16], [16, 2], [3, 4], [16, 1], [5, 16]],
}  # fmt: skip
LPBQ = {"1.0.0": {"param_encodings": [LPBQ_1]}, "2.0.0": {"encodings": [LPBQ_2]}}


@pytest.mark.parametrize("version", LPBQ)
def test_scales_of_two_levels_are_their_products(version):
    after, report = load().merged(aimet.parse(LPBQ[version]))
    assert report.refused == ()
    assert after["w_fc"].spec == UniformSpec(4, Scheme.SYMMETRIC, Granularity.PER_BLOCK, 4)
    expected = np.repeat([0.1, 0.2, 0.3, 0.4, 0.5], 2) * [9, 16, 16, 2, 3, 4, 16, 1, 5, 16]
    np.testing.assert_array_equal(after["w_fc"].stored.scale, expected)
    assert after["w_fc"].stored.offset == (-8,) * 10


@pytest.mark.parametrize(
    ("version", "change"),
    [
        ("1.0.0", {"per_block_int_scale": [1, 2, 3]}),
        ("1.0.0", {"per_block_int_scale": [1.5] * 10}),
        ("1.0.0", {"compressed_bw": 10**9}),
        ("1.0.0", {"scale": []}),
        ("2.0.0", {"per_channel_float_scale": [[0.1]] * 4}),
        ("2.0.0", {"per_channel_float_scale": None}),
        ("2.0.0", {"per_block_int_scale": [["a", 1]] * 5}),
    ],
)
def test_damaged_scales_of_two_levels_are_refused(version, change):
    (section,) = LPBQ[version]
    _, report = load().merged(aimet.parse({section: [{**LPBQ[version][section][0], **change}]}))
    assert [name for name, _ in report.refused] == ["w_fc"]


@pytest.mark.parametrize("format", WITH_FLOAT16)
def test_float16_is_a_form_of_aimets(tmp_path, format):
    opened = set_up().set("w_fc", Setting(spec=FloatSpec())).set("scores", Setting(spec=FloatSpec()))
    opened.file(tmp_path / "f", format)
    after, report = opened.reopened(tmp_path / "f")
    assert report.refused == ()
    assert after["w_fc"].active == after["scores"].active == opened.encodings["scores"].active
