"""Levels used and entropy of the codes, against the codes of the values themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qviz.paths import sample
from qviz.quant.code_use import code_use
from qviz.quant.encoding import encoding_from_range, quantize
from qviz.quant.forms import grid_from_range
from qviz.quant.histogram import Histogram
from qviz.quant.levels import codebook_grid
from qviz.quant.spec import FloatFormat, FloatSpec, Granularity, Scheme, UniformSpec
from qviz.session import Session

PER_CHANNEL = Granularity.PER_CHANNEL


def histogram_of(values, axis=None) -> Histogram:
    histogram = Histogram(axis)
    histogram.add(np.asarray(values, np.float32))
    return histogram


def entropy_of(counts) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


@given(st.integers(0, 2**32 - 1), st.integers(2, 10), st.sampled_from(list(Scheme)), st.booleans())
def test_where_every_value_is_known_codes_are_counted_exactly(seed, bits, scheme, channels):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, rng.uniform(0.1, 10), (4, 300)).astype(np.float32)
    spec = UniformSpec(bits, scheme, PER_CHANNEL if channels else Granularity.PER_TENSOR)
    low, high = values.min(axis=1) * 0.8, values.max(axis=1) * 0.7
    encoding = encoding_from_range(low if channels else low.min(), high if channels else high.max(), spec)
    counts = np.bincount(quantize(values, encoding, 0).ravel(), minlength=encoding.steps + 1)
    use = code_use(histogram_of(values, 0 if channels else None), encoding)
    assert use.counts == pytest.approx(counts)
    assert (use.used, use.levels) == ((counts > 0).sum(), encoding.steps + 1)
    assert use.entropy == pytest.approx(entropy_of(counts))


@pytest.mark.parametrize(("bits", "used", "bit"), [(4, 0, 0.001), (8, 4, 0.001), (12, 40, 0.01), (16, 300, 0.05)])
def test_of_a_million_values_levels_and_entropy_are_close(bits, used, bit):
    values = np.random.default_rng(1).normal(0, 1, 1_000_000).astype(np.float32)
    encoding = encoding_from_range(-2, 5, UniformSpec(bits))
    counts = np.bincount(quantize(values, encoding), minlength=encoding.steps + 1)
    histogram = histogram_of(values)
    use = code_use(histogram, encoding)
    assert not histogram.exact
    assert use.counts.sum() == pytest.approx(len(values))
    assert abs(use.used - (counts > 0).sum()) <= used
    assert abs(use.entropy - entropy_of(counts)) < bit


def test_weights_of_a_real_model_use_the_levels_that_their_codes_say():
    with Session.open(str(sample("digits_mobile.onnx"))) as session:
        weights = session._client.engine.model.constants  # as folded
        names = [n for n, q in session.quantizers.items() if q.constant]
        assert len(names) > 3
        for name in names:
            encoding = session.encodings[name].encoding
            codes = quantize(weights[name], encoding, session.quantizers[name].axis)
            counts = np.bincount(codes.ravel(), minlength=encoding.steps + 1)
            use = code_use(session.histograms[name], encoding)
            assert use.used == (counts > 0).sum()
            assert use.entropy == pytest.approx(entropy_of(counts), abs=1e-9)


@pytest.mark.parametrize("format", [FloatFormat.FLOAT8_E4M3FN, FloatFormat.FLOAT8_E5M2])
def test_levels_that_are_not_even_are_counted_where_they_lie(format):
    values = np.random.default_rng(2).normal(0, 1, 5000).astype(np.float32)
    grid = grid_from_range(-3.0, 3.0, FloatSpec(format=format))
    taken, counts = np.unique(grid.quantize_dequantize(values), return_counts=True)
    use = code_use(histogram_of(values), grid)
    assert use.used == len(taken)
    assert use.levels == len(grid.levels())
    assert use.entropy == pytest.approx(entropy_of(counts))


def test_of_a_codebook_each_centroid_is_counted():
    use = code_use(histogram_of([0.1, 0.2, 0.9, 5.0]), codebook_grid([0.0, 1.0, 2.0, 4.0]))
    assert use.counts == pytest.approx([2, 1, 0, 1])
    assert use.used == 3
    assert use.entropy == pytest.approx(1.5)


def test_what_holds_nothing_uses_nothing():
    use = code_use(Histogram(), encoding_from_range(0, 1, UniformSpec(8)))
    assert (use.used, use.entropy) == (0, 0.0)
