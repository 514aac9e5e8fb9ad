"""Large weights with many channels: what a window holds of them, and that nothing else than its size changes."""

import pickle

import numpy as np
import pytest

from qviz.quant.calibrators import CALIBRATORS, range_of
from qviz.quant.error import quantization_error
from qviz.quant.forms import grid_from_range
from qviz.quant.found import Wish
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, TernarySpec, UniformSpec
from qviz.quant.thin import LARGE, MOST_BINS, ThinHistogram, thinned
from qviz.sim.find import FindRanges, find_ranges
from qviz.sim.weights import weight_histogram, whole_histogram

CHANNELS = 128


@pytest.fixture(scope="module")
def weight() -> np.ndarray:
    """Shape (values, channels): channels of different sizes, some of whose values were pruned, to 0 or -0."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((LARGE // CHANNELS, CHANNELS)) * np.exp(rng.standard_normal(CHANNELS))
    x[rng.random(x.shape) < 0.1] *= 0.0
    return x.astype(np.float32)


@pytest.fixture(scope="module")
def whole(weight: np.ndarray) -> Histogram:
    return whole_histogram([weight], 1, "w")


@pytest.fixture(scope="module")
def thin(weight: np.ndarray) -> ThinHistogram:
    found = weight_histogram({"w": weight}, ("w",), 1)
    assert isinstance(found, ThinHistogram)
    return found


def per_channel(bits: int = 8) -> UniformSpec:
    return UniformSpec(bits, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)


def test_ranges_and_moments_of_channels_are_exact(thin: ThinHistogram, whole: Histogram) -> None:
    assert np.array_equal(thin.channel_min, whole.channel_min)
    assert np.array_equal(thin.channel_max, whole.channel_max)
    assert np.array_equal(thin.channel_total, whole.channel_total)
    assert np.array_equal(thin.channel_zeros, whole.channel_zeros)
    assert np.allclose(thin.channel_sum, whole.channel_sum, rtol=1e-9, atol=1e-9)
    assert np.allclose(thin.channel_energy, whole.channel_energy, rtol=1e-6)
    assert thin.axis == whole.axis
    assert (thin.total, thin.zeros, thin.exact) == (whole.total, whole.zeros, False)


def test_all_values_together_are_as_fine_as_without_channels(thin: ThinHistogram, weight: np.ndarray) -> None:
    alone = Histogram()
    alone.add(weight)
    edges = np.linspace(alone.min, alone.max, 2049)
    assert np.array_equal(thin.resample(edges), alone.resample(edges))
    assert np.array_equal(thin.collapsed().bins.flat, alone.bins.flat)


@pytest.mark.parametrize("bits", [3, 4, 8])
def test_errors_of_channels(thin: ThinHistogram, weight: np.ndarray, bits: int) -> None:
    """Within 0.2 dB of the values' own at any width, and 0.02 dB of the whole tensor's."""
    grid = grid_from_range(thin.channel_min, thin.channel_max, per_channel(bits))
    found = quantization_error(thin, grid)
    noise = np.square(grid.quantize_dequantize(weight, 1) - weight.astype(np.float64))
    signal = np.square(weight, dtype=np.float64)
    true = 10 * np.log10(signal.sum(axis=0) / noise.sum(axis=0))
    assert np.abs(found.channel_sqnr_db - true).max() < 0.2
    assert found.sqnr_db == pytest.approx(10 * np.log10(signal.sum() / noise.sum()), abs=0.02)


def test_few_bins_a_channel_and_few_bytes_a_bin(thin: ThinHistogram, whole: Histogram) -> None:
    assert np.bincount(thin.bins.channel).max() <= MOST_BINS
    assert len(pickle.dumps(thin)) < len(pickle.dumps(whole)) / 3


def test_travels(thin: ThinHistogram) -> None:
    there = pickle.loads(pickle.dumps(thin))
    assert np.array_equal(there.bins.flat, thin.bins.flat)
    assert np.array_equal(there.bins.sum_sq, thin.bins.sum_sq)
    assert there.full is None
    assert there.weights == ("w",)


def test_only_what_was_looked_at_last_stands_unpacked(weight: np.ndarray) -> None:
    several = [thinned([weight], 1) for _ in range(4)]
    for histogram in several:
        assert histogram is not None
        assert len(histogram.spread.count) == len(histogram.bins)
    assert [h is not None and "spread" in vars(h) for h in several] == [False, False, True, True]


@pytest.mark.parametrize("method", CALIBRATORS)
@pytest.mark.parametrize("spec", [per_channel(4), UniformSpec(8), TernarySpec(Granularity.PER_CHANNEL)], ids=repr)
def test_calibrators_find_what_they_find_of_all_values(
    thin: ThinHistogram, whole: Histogram, weight: np.ndarray, method: str, spec: UniformSpec | TernarySpec
) -> None:
    """Here, and by an engine that is sent the histogram."""
    expected = range_of(whole, spec, method)
    sent = pickle.loads(pickle.dumps(FindRanges(1, (Wish(thin, spec, method),))))
    answer = find_ranges(sent, {"w": weight})
    assert answer.problem is None
    for found in (Wish(thin, spec, method).find(), answer.ranges[0]):
        assert found is not None
        assert np.allclose(found, expected, rtol=1e-6, atol=0)


def test_two_constants_of_one_quantizer(weight: np.ndarray) -> None:
    constants = {"w": weight, "v": weight * 0.37}
    thin, whole = weight_histogram(constants, ("w", "v"), 1), whole_histogram(list(constants.values()), 1, "w")
    assert np.array_equal(thin.channel_total, whole.channel_total)
    assert np.array_equal(thin.channel_max, whole.channel_max)
    assert np.allclose(thin.channel_energy, whole.channel_energy, rtol=1e-6)


def test_what_is_special_stays_whole(weight: np.ndarray) -> None:
    """Few values or channels, values on a few levels, or some that are no numbers."""
    strange = weight.copy()
    strange[0, 0] = np.nan
    for x in (weight[: len(weight) // 2], weight.reshape(-1, 32), np.round(weight), strange, weight * np.float32(1e20)):
        assert thinned([x], 1) is None
