"""Each calibrator finds the range it promises."""

import numpy as np
import pytest

from qviz.errors import QvizError
from qviz.quant.aciq import gauss_clip, laplace_clip
from qviz.quant.batches import BatchStats, Watched, watch
from qviz.quant.calibrators import CALIBRATORS
from qviz.quant.encoding import encoding_from_range
from qviz.quant.entropy import divergence
from qviz.quant.error import quantization_error
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, UniformSpec

PER_CHANNEL = UniformSpec(4, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)


def histogram_of(x, axis=None):
    h = Histogram(axis)
    h.add(x)
    h.watched = watch([x], axis)
    return h


@pytest.fixture(scope="module")
def laplace():
    return histogram_of(np.random.default_rng(0).laplace(size=300_000).astype(np.float32))


@pytest.fixture(scope="module")
def rows():
    x = np.random.default_rng(0).normal(size=(5, 20_000)) * 10.0 ** np.arange(5)[:, None]
    return histogram_of(x.astype(np.float32), 0)


def test_minmax_takes_all_values(laplace, rows):
    assert CALIBRATORS["minmax"].range(laplace, UniformSpec()) == (laplace.min, laplace.max)
    low, high = CALIBRATORS["minmax"].range(rows, PER_CHANNEL)
    np.testing.assert_array_equal(low, rows.channel_min)
    np.testing.assert_array_equal(high, rows.channel_max)
    assert CALIBRATORS["minmax"].range(rows, UniformSpec())[1].tolist() == [rows.max]


def test_percentile_leaves_out_the_outermost_values(laplace, rows):
    low, high = CALIBRATORS["percentile"].range(laplace, UniformSpec())
    assert high[0] == pytest.approx(np.log(5000), rel=0.05)  # P(x > t) = exp(-t) / 2 = 1e-4
    assert low[0] == pytest.approx(-high[0], rel=0.1)
    assert CALIBRATORS["percentile"].range(rows, PER_CHANNEL)[0].shape == (5,)


@pytest.mark.parametrize(("bits", "clip"), [(2, 2.83), (3, 3.89), (4, 5.03), (5, 6.2), (6, 7.41)])
def test_mse_finds_the_known_optimum_of_a_laplace_distribution(laplace, bits, clip):
    """ACIQ's closed form, in units of b = 1; it counts 2^bits cells where a symmetric grid has 2^bits - 1 levels."""
    low, high = CALIBRATORS["mse"].range(laplace, UniformSpec(bits, Scheme.SYMMETRIC_STRICT))
    assert max(-low[0], high[0]) == pytest.approx(clip, rel=0.15 if bits > 2 else 0.4)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_mse_is_not_beaten_by_other_calibrators(laplace, bits, scheme):
    spec = UniformSpec(bits, scheme)
    error = {
        name: quantization_error(laplace, encoding_from_range(*c.range(laplace, spec), spec)).sqnr_db
        for name, c in CALIBRATORS.items()
    }
    assert error["mse"] >= max(error.values()) - 0.05


def test_mse_by_channel_finds_each_channels_own(rows):
    low, high = CALIBRATORS["mse"].range(rows, PER_CHANNEL)
    share = np.maximum(-low, high) / 10.0 ** np.arange(5)
    np.testing.assert_allclose(share, share[0], rtol=0.15)
    assert (share < 4).all()


@pytest.mark.parametrize("name", CALIBRATORS)
def test_no_values_at_all_still_give_a_range(name):
    empty = histogram_of(np.empty(0, np.float32))
    low, high = CALIBRATORS[name].range(empty, UniformSpec())
    assert (low.tolist(), high.tolist()) == ([0], [0])


@pytest.mark.parametrize("name", CALIBRATORS)
@pytest.mark.parametrize("scheme", Scheme)
def test_every_calibrator_keeps_most_of_the_signal(laplace, rows, name, scheme):
    for histogram, granularity in ((laplace, Granularity.PER_TENSOR), (rows, Granularity.PER_CHANNEL)):
        spec = UniformSpec(8, scheme, granularity)
        low, high = CALIBRATORS[name].range(histogram, spec)
        assert low.shape == high.shape == (histogram.channels if spec.per_channel else 1,)
        encoding = encoding_from_range(low, high, spec)
        assert quantization_error(histogram, encoding).channel_sqnr_db.min() > 20


@pytest.mark.parametrize("name", CALIBRATORS)
def test_a_channel_that_is_all_zero_or_all_alike_is_no_trouble(name):
    x = np.random.default_rng(0).normal(size=(4, 500)).astype(np.float32)
    x[1], x[2] = 0, 3
    spec = UniformSpec(8, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
    low, high = CALIBRATORS[name].range(histogram_of(x, 0), spec)
    assert np.isfinite(low).all()
    assert np.isfinite(high).all()
    encoding = encoding_from_range(low, high, spec)
    assert encoding.scale[1] < 1e-3
    assert encoding.max[2] == pytest.approx(3, rel=0.05)


# ACIQ's published table for 1 to 8 bits (its authors cut the second decimal, or searched on a grid as coarse).
LAPLACE = (1.86, 2.83, 3.89, 5.03, 6.2, 7.41, 8.64, 9.89)
GAUSS = (1.24, 1.71, 2.15, 2.55, 2.93, 3.28, 3.61, 3.92)


@pytest.mark.parametrize("bits", range(1, 9))
def test_the_formulas_give_the_published_multipliers(bits):
    assert laplace_clip(bits) == pytest.approx(LAPLACE[bits - 1], abs=0.011)
    assert gauss_clip(bits) == pytest.approx(GAUSS[bits - 1], abs=0.011)


def test_aciq_knows_gauss_from_laplace_and_one_side_from_two(laplace):
    spec = UniformSpec(4, Scheme.SYMMETRIC)
    rng = np.random.default_rng(1)
    normal = rng.normal(size=300_000).astype(np.float32)
    assert CALIBRATORS["aciq"].range(laplace, spec)[1][0] == pytest.approx(5.03, rel=0.02)
    assert CALIBRATORS["aciq"].range(histogram_of(normal), spec)[1][0] == pytest.approx(2.55, rel=0.02)
    half = histogram_of(np.maximum(rng.laplace(size=300_000), 0).astype(np.float32))
    low, high = CALIBRATORS["aciq"].range(half, UniformSpec(4))
    assert (low[0], high[0]) == (0, pytest.approx(6.2, rel=0.02))  # all codes on one side: the clip of 5 bits


def test_sigma_lies_four_deviations_from_the_mean():
    x = np.random.default_rng(0).normal(10, 2, 300_000).astype(np.float32)
    low, high = CALIBRATORS["sigma"].range(histogram_of(x), UniformSpec())
    assert low[0] == pytest.approx(2, abs=0.05)
    assert high[0] == pytest.approx(18, abs=0.05)


def test_tf_enhanced_clips_less_than_mse(laplace):
    spec = UniformSpec(4, Scheme.SYMMETRIC)
    ours, best = (CALIBRATORS[name].range(laplace, spec)[1][0] for name in ("tf_enhanced", "mse"))
    assert best * 1.05 < ours < best * 1.5
    assert ours == pytest.approx(CALIBRATORS["aimet-tf_enhanced"].range(laplace, spec)[1][0], rel=0.05)


def test_the_moving_average_is_that_of_the_batches_ranges():
    histogram, stats = Histogram(), BatchStats()
    for low, high in ((-1, 2), (-3, 4), (0, 60)):
        batch = np.linspace(low, high, 100, dtype=np.float32)
        histogram.add(batch)
        stats.add(batch[None])
    histogram.watched = Watched(stats, stats)
    low, high = CALIBRATORS["moving-average"].range(histogram, UniformSpec())
    assert (low[0], high[0]) == (pytest.approx(-4 / 3), pytest.approx(22))
    assert CALIBRATORS["aimet-minmax"].range(histogram, UniformSpec()) == ([-3], [60])


def test_what_needs_batches_says_so():
    histogram = Histogram()
    histogram.add(np.ones(3, np.float32))
    for name in ("moving-average", "aimet-minmax", "aimet-tf_enhanced", "aimet-percentile"):
        with pytest.raises(QvizError, match="needs the batches"):
            CALIBRATORS[name].range(histogram, UniformSpec())


def plain_divergence(counts, clip, levels):
    """Kullback-Leibler divergence of one clip, straight from its definition."""
    p = counts[:clip].astype(float)
    q = np.zeros(clip)
    level = [int(i * levels // clip) for i in range(clip)]
    for k in range(levels):
        own = [i for i in range(clip) if level[i] == k and p[i] > 0]
        for i in own:
            q[i] = sum(p[own]) / len(own)
    p[-1] += counts[clip:].sum()
    if p[-1] > 0 and q[-1] == 0:
        return np.inf
    p, q, some = p / p.sum(), q / q.sum(), p > 0
    return (p[some] * np.log(p[some] / q[some])).sum()


def test_the_divergence_is_that_of_its_definition():
    rng = np.random.default_rng(0)
    counts = rng.poisson(3 * np.exp(-np.arange(200) / 40)).astype(float)
    clips = np.arange(16, 201, 7)
    expected = [plain_divergence(counts, clip, 16) for clip in clips]
    np.testing.assert_allclose(divergence(counts, clips, 16), expected, rtol=1e-9, atol=1e-12)


def test_entropy_clips_a_few_values_that_are_far_away():
    rng = np.random.default_rng(0)
    x = np.concatenate((rng.normal(size=300_000), rng.normal(size=30) * 20)).astype(np.float32)
    _, high = CALIBRATORS["entropy"].range(histogram_of(x), UniformSpec(8, Scheme.SYMMETRIC))
    assert np.abs(x).max() > 30
    assert 3 < high[0] < 20
