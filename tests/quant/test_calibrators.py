"""Each calibrator finds the range it promises."""

import numpy as np
import pytest

from qviz.quant.calibrators import CALIBRATORS
from qviz.quant.encoding import encoding_from_range
from qviz.quant.error import quantization_error
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, UniformSpec

PER_CHANNEL = UniformSpec(4, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)


def histogram_of(x, axis=None):
    h = Histogram(axis)
    h.add(x)
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


def test_no_values_at_all_still_give_a_range():
    for calibrator in CALIBRATORS.values():
        low, high = calibrator.range(Histogram(), UniformSpec())
        assert (low.tolist(), high.tolist()) == ([0], [0])
