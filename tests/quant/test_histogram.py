"""A streaming histogram knows what the values themselves would tell."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from qviz.quant.histogram import DISTINCT_LIMIT, Histogram

LARGEST = float(2.0**100)
finite = st.floats(-LARGEST, LARGEST, width=32)
arrays = hnp.arrays(np.float32, st.integers(1, 400), elements=finite)


def histogram_of(*parts, axis=None):
    h = Histogram(axis)
    for part in parts:
        h.add(part)
    return h


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@given(arrays)
def test_few_distinct_values_are_kept_whole(x):
    h = histogram_of(x)
    values, counts = np.unique(x + np.float32(0), return_counts=True)
    assert h.exact
    assert (h.spread.mean == values).all()
    assert (h.bins.count == counts).all()
    assert (h.min, h.max, h.total, h.zeros) == (x.min(), x.max(), x.size, (x == 0).sum())


@given(arrays, arrays)
def test_adding_in_parts_merging_and_travelling_change_nothing(x, y):
    whole = histogram_of(np.concatenate((x, y)))
    merged = histogram_of(x)
    merged.merge(histogram_of(y))
    for other in (histogram_of(x, y), merged, pickle.loads(pickle.dumps(whole))):
        assert (other.bins.flat == whole.bins.flat).all()
        assert (other.bins.count == whole.bins.count).all()
        np.testing.assert_allclose(other.bins.sum_sq, whole.bins.sum_sq, rtol=1e-12)
        assert (other.min, other.max) == (whole.min, whole.max)


def test_many_distinct_values_become_64_bins_an_octave_with_exact_moments():
    x = normal(3, 100_000) * np.float32(3)
    h = histogram_of(*x)
    low, high = h.bins.edges()
    assert not h.exact
    assert h.total == x.size
    assert h.bins.sum.sum() == pytest.approx(x.sum(dtype=np.float64), rel=1e-12)
    assert h.bins.sum_sq.sum() == pytest.approx(np.square(x, dtype=np.float64).sum(), rel=1e-7)
    assert (np.abs(high) / np.abs(low)).max() == pytest.approx(65 / 64) or np.isinf((high / low).max())
    mean = h.bins.sum / h.bins.count
    assert ((low <= mean) & (mean <= high)).all()
    in_first = (x > low[0]) & (x <= high[0]) if low[0] >= 0 else (x >= low[0]) & (x < high[0])
    assert h.bins.count[0] == in_first.sum()


@pytest.mark.parametrize("shape", ["normal", "relu", "relu6", "negative", "far from zero", "heavy tails", "minus zero"])
def test_counting_finds_the_bins_that_sorting_finds(shape):
    rng = np.random.default_rng(4)
    x = normal(1 << 18, seed=5)
    x = {
        "normal": x,
        "relu": np.maximum(x, 0),
        "relu6": np.clip(3 * x + 2, 0, 6),
        "negative": -np.abs(x),
        "far from zero": x + 100,
        "heavy tails": rng.standard_t(2, len(x)).astype(np.float32),
        "minus zero": np.where(x > 0, np.float32(-0.0), x),
    }[shape].astype(np.float32)
    counted, by_rows = histogram_of(x), histogram_of(x[None], axis=0)  # rows are sorted
    assert not counted.exact
    assert (counted.bins.flat == by_rows.bins.flat).all()
    assert (counted.bins.count == by_rows.bins.count).all()
    assert (counted.min, counted.max, counted.zeros) == (x.min(), x.max(), (x == 0).sum())
    np.testing.assert_allclose(counted.bins.sum, by_rows.bins.sum, rtol=1e-9)
    np.testing.assert_allclose(counted.bins.sum_sq, by_rows.bins.sum_sq, rtol=3e-7)


def test_values_that_repeat_are_kept_one_by_one_however_many_there_are():
    x = np.random.default_rng(6).permutation(np.repeat(np.arange(60_000, dtype=np.float32), 5))
    assert histogram_of(x).exact
    assert histogram_of(np.sort(x)).exact


def test_memory_and_what_travels_do_not_grow_with_the_samples():
    h = Histogram()
    for seed in range(10):
        h.add(normal(100_000, seed=seed))
    assert len(pickle.dumps(h)) < 100_000
    back = pickle.loads(pickle.dumps(h))
    assert (back.bins.sum == h.bins.sum).all()
    assert (back.bins.flat == h.bins.flat).all()


def test_a_wide_table_gives_way_to_bins_once_and_for_good():
    x = np.arange(DISTINCT_LIMIT + 1, dtype=np.float32)
    h = histogram_of(x[:-1])
    assert h.exact
    h.add(x)
    assert not h.exact
    assert h.total == 2 * len(x) - 1
    h.add(np.zeros(5, np.float32))
    assert h.zeros == 7


def test_zeros_have_a_bin_of_their_own_whatever_their_sign():
    x = np.maximum(normal(200_000), 0)
    x[:100] = -0.0
    h = histogram_of(x)
    assert h.zeros == (x == 0).sum()
    assert h.min == 0


def test_nan_and_infinities_are_counted_and_ignored():
    x = normal(2, 50_000)
    clean = histogram_of(x)
    x = np.concatenate((x, np.array([[np.nan, np.inf], [-np.inf, np.nan]], np.float32)), axis=1)
    for h in (histogram_of(x), histogram_of(x, axis=0)):
        assert (h.nan, h.infinite) == (2, 2)
        assert (h.min, h.max, h.total) == (clean.min, clean.max, clean.total)
    nothing = histogram_of(np.full(3, np.nan, np.float32))
    assert (nothing.total, nothing.min, nothing.max, nothing.nan) == (0, 0, 0, 3)
    assert nothing.mass_range() == (0, 0)
    assert nothing.resample([0, 1, 2]).tolist() == [0, 0]


@pytest.mark.parametrize("channels", [3, 64, 200])
@pytest.mark.parametrize("axis", [0, 1])
def test_channels_have_ranges_and_bins_of_their_own(channels, axis):
    rows = normal(channels, 50, 30) * np.geomspace(1e-9, 1e9, channels, dtype=np.float32)[:, None, None]
    h = histogram_of(np.moveaxis(rows, 0, axis), axis=axis)
    np.testing.assert_array_equal(h.channel_min, rows.min(axis=(1, 2)))
    np.testing.assert_array_equal(h.channel_max, rows.max(axis=(1, 2)))
    assert (h.channel_total == 1500).all()
    np.testing.assert_allclose(h.channel_energy, np.square(rows, dtype=np.float64).sum(axis=(1, 2)), rtol=1e-10)
    assert (h.of_channel(2).total, h.of_channel(2).max) == (1500, rows[2].max())
    whole = h.collapsed()
    assert (whole.total, whole.min, whole.max) == (rows.size, rows.min(), rows.max())
    assert not whole.per_channel
    back = pickle.loads(pickle.dumps(h))
    assert (back.bins.flat == h.bins.flat).all()


def test_rows_longer_than_a_chunk_and_non_float32_input():
    rows = normal(3, 300_000)
    h = histogram_of(rows, axis=0)
    assert h.channel_total.tolist() == [300_000] * 3
    half = histogram_of(rows.astype(np.float16))
    assert half.exact
    assert half.max == rows.astype(np.float16).max()


def test_shapes_that_do_not_fit_are_refused():
    h = histogram_of(normal(3, 4), axis=0)
    with pytest.raises(ValueError, match="channels"):
        h.add(normal(4, 4))
    with pytest.raises(ValueError, match="merged"):
        h.merge(Histogram())


@given(arrays)
def test_resampled_counts_are_those_of_the_values(x):
    edges = np.linspace(-LARGEST, LARGEST, 12)
    assert (histogram_of(x).resample(edges) == np.histogram(x.astype(np.float64), edges)[0]).all()


def test_resampling_and_quantiles_of_many_values_are_close():
    x = normal(500_000)
    h = histogram_of(x)
    edges = np.linspace(-4, 4, 101)
    counts = h.resample(edges)
    assert np.abs(counts - np.histogram(x, edges)[0]).max() < 0.01 * counts.max()
    assert h.resample([h.min, 0.1, h.max]).sum() == pytest.approx(h.total)
    np.testing.assert_allclose(h.quantile([0.001, 0.3, 0.999]), np.quantile(x, [0.001, 0.3, 0.999]), rtol=0.02)
    assert (h.quantile(0), h.quantile(1)) == (h.min, h.max)
    np.testing.assert_allclose(h.mass_range(0.999), np.quantile(x, [0.0005, 0.9995]), rtol=0.02)
