"""What a user chooses makes the spec that is meant, and nothing else of it changes."""

from typing import Any

import pytest

from qviz.errors import QvizError
from qviz.graph.model import load_model
from qviz.paths import sample
from qviz.quant.spec import (
    FORMS,
    BinarySpec,
    CodebookSpec,
    FloatFormat,
    FloatSpec,
    Granularity,
    Scheme,
    Spec,
    TernarySpec,
    UniformSpec,
    spec_words,
)
from qviz.spec_change import changed_spec, spec_fields, spec_label

GRAPH = load_model(str(sample("digits_cnn.onnx")), {}).graph
WEIGHT = next(q for q in GRAPH.quantizers.values() if q.kind == "param" and q.axis is not None)
ACTIVATION = next(q for q in GRAPH.quantizers.values() if q.kind == "activation")
CHANNELS, BLOCKS = Granularity.PER_CHANNEL, Granularity.PER_BLOCK
PLAIN = UniformSpec(8, Scheme.SYMMETRIC, CHANNELS)


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        (PLAIN, {"bits": 4}, UniformSpec(4, Scheme.SYMMETRIC, CHANNELS)),
        (PLAIN, {"bits": 1, "scheme": "asymmetric"}, UniformSpec(1, Scheme.ASYMMETRIC, CHANNELS)),
        (PLAIN, {"form": "float8_e5m2"}, FloatSpec(CHANNELS, FloatFormat.FLOAT8_E5M2)),
        (PLAIN, {"form": "codebook"}, CodebookSpec(16)),
        (PLAIN, {"size": 7}, CodebookSpec(7)),
        (CodebookSpec(7), {"form": "codebook"}, CodebookSpec(7)),
        (CodebookSpec(7), {"form": "binary"}, BinarySpec(CHANNELS)),
        (CodebookSpec(7), {"bits": 3}, UniformSpec(3, Scheme.SYMMETRIC, CHANNELS)),
        (BinarySpec(), {"form": "ternary"}, TernarySpec()),
        (BinarySpec(), {"granularity": "per-channel"}, BinarySpec(CHANNELS)),
        (TernarySpec(), {"scheme": "asymmetric"}, UniformSpec(8)),
        (PLAIN, {"block": 64}, UniformSpec(8, Scheme.SYMMETRIC, BLOCKS, 64)),
        (PLAIN, {"granularity": "per-block"}, UniformSpec(8, Scheme.SYMMETRIC, BLOCKS, 32)),
        (UniformSpec(4, Scheme.SYMMETRIC, BLOCKS, 64), {"bits": 5}, UniformSpec(5, Scheme.SYMMETRIC, BLOCKS, 64)),
        (UniformSpec(4, Scheme.SYMMETRIC, BLOCKS, 64), {"granularity": "per-channel"}, UniformSpec(
            4, Scheme.SYMMETRIC, CHANNELS)),
        (UniformSpec(4, Scheme.SYMMETRIC, BLOCKS, 64), {"form": "ternary"}, TernarySpec(CHANNELS)),
        (FloatSpec(), {"form": "uniform"}, UniformSpec(8, Scheme.SYMMETRIC)),
    ],
)  # fmt: skip
def test_choices(before: Spec, given: dict[str, Any], after: Spec) -> None:
    assert changed_spec(before, spec_fields(**given), WEIGHT) == after


def test_what_has_no_channels_stays_per_tensor() -> None:
    for granularity in Granularity:
        assert changed_spec(UniformSpec(), spec_fields(granularity=granularity), ACTIVATION) == UniformSpec()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"form": "int4"}, "There is no form int4; there are uniform, float16"),
        ({"scheme": "odd"}, "There is no scheme odd"),
        ({"bits": 1}, "choose the scheme asymmetric, or the form binary"),
        ({"bits": 17}, "from 1 to 16, not 17"),
        ({"size": 1}, "from 2 to 256 centroids, not 1"),
        ({"block": 0}, "size of a block, at least 1"),
        ({"form": "binary", "granularity": "per-block"}, "Only integers"),
    ],
)
def test_refusals_are_one_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(QvizError, match=sentence):
        changed_spec(PLAIN, spec_fields(**given), WEIGHT)


def test_words() -> None:
    assert spec_label(spec_fields(bits=4, scheme="symmetric", block=32)) == "4 bits, symmetric, blocks of 32"
    assert [spec_words(changed_spec(PLAIN, {"form": f}, WEIGHT)) for f in FORMS] == [
        "symmetric, per-channel", "float16", "bfloat16", "float8_e4m3fn, per-channel", "float8_e5m2, per-channel",
        "codebook of 16", "binary, per-channel", "ternary, per-channel",
    ]  # fmt: skip
    assert spec_words(UniformSpec(4, granularity=BLOCKS, block=8)) == "asymmetric, per-block of 8"
