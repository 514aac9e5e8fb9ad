"""The error that a histogram tells of any form is the error that the values have."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qviz.quant.error import candidate_errors, channel_errors, error_curve, quantization_error
from qviz.quant.forms import grid_from_range
from qviz.quant.grid import Grid
from qviz.quant.histogram import Histogram
from qviz.quant.levels import codebook_grid
from qviz.quant.spec import (
    BinarySpec,
    CodebookSpec,
    FloatFormat,
    FloatSpec,
    Granularity,
    Spec,
    TernarySpec,
    UniformSpec,
)

PER_CHANNEL = Granularity.PER_CHANNEL
SPECS: tuple[Spec, ...] = (
    *(FloatSpec(PER_CHANNEL, f) for f in FloatFormat), BinarySpec(PER_CHANNEL), TernarySpec(PER_CHANNEL)
)  # fmt: skip


def weights(size: int = 400_000, channels: int = 4) -> np.ndarray:
    rng = np.random.default_rng(3)
    return (rng.normal(size=(channels, size // channels)) * [[0.5], [1], [2], [30]][:channels]).astype(np.float32)


def histogram_of(x: np.ndarray, axis: int | None = None) -> Histogram:
    found = Histogram(axis)
    found.add(x)
    return found


def true_error(x: np.ndarray, grid: Grid, axis: int | None = None) -> float:
    return float(np.square(grid.quantize_dequantize(x, axis).astype(np.float64) - x).mean())


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.form)
def test_error_of_each_channel(spec: Spec) -> None:
    x = weights()
    grid = grid_from_range(-2 * x.std(axis=1), 2 * x.std(axis=1), spec)
    error = quantization_error(histogram_of(x, 0), grid)
    assert error.rounding + error.clipping == pytest.approx(true_error(x, grid, 0), rel=0.05)
    beyond = (x < grid.min[:, None]) | (x > grid.max[:, None])
    assert error.clipped_share == pytest.approx(beyond.mean(), rel=0.02, abs=1e-3)
    assert error.channel_sqnr_db.shape == (4,)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(-3, 3, width=32), min_size=2, max_size=30, unique=True))
def test_error_of_any_levels(levels: list[float]) -> None:
    x, grid = weights(40_000, 1), codebook_grid(levels)
    error = quantization_error(histogram_of(x), grid)
    assert error.rounding + error.clipping == pytest.approx(true_error(x, grid), rel=1e-4)  # every value is known
    large = weights(300_000, 1)
    error = quantization_error(histogram_of(large), grid)
    assert error.rounding + error.clipping == pytest.approx(true_error(large, grid), rel=0.01)


@pytest.mark.parametrize("format", FloatFormat)
def test_error_of_floats_from_tiny_to_huge(format: FloatFormat) -> None:
    rng = np.random.default_rng(5)
    x = np.exp2(rng.uniform(-20, 14, 200_000)).astype(np.float32) * rng.choice([-1, 1], 200_000).astype(np.float32)
    grid = grid_from_range(x.min(), x.max(), FloatSpec(format=format))
    assert quantization_error(histogram_of(x), grid).sqnr_db == pytest.approx(
        10 * np.log10(np.square(x, dtype=np.float64).mean() / true_error(x, grid)), abs=0.25
    )


@pytest.mark.parametrize("spec", [*SPECS, UniformSpec(4, granularity=PER_CHANNEL)], ids=lambda s: s.form)
def test_candidate_ranges_have_the_errors_of_their_grids(spec: Spec) -> None:
    x = weights()
    histogram, highs = histogram_of(x, 0), np.outer([0.5, 1.0, 2.0], x.std(axis=1))
    rounding, clipping = candidate_errors(histogram, -highs, highs, spec)
    for i, high in enumerate(highs):
        sums = channel_errors(histogram, grid_from_range(-high, high, spec), 0, 4)
        np.testing.assert_allclose(rounding[i] + clipping[i], sums[0] + sums[1], rtol=0.03)


@pytest.mark.parametrize("spec", [FloatSpec(format=FloatFormat.FLOAT8_E5M2), BinarySpec(), TernarySpec()])
def test_the_curve_of_an_edge_is_lowest_where_the_error_is(spec: Spec) -> None:
    x = weights(50_000, 1)
    tried = np.linspace(0.1, 2, 60)
    rounding, clipping = error_curve(histogram_of(x), spec, -1, 1, "max", tried)
    exact = [true_error(x, grid_from_range(-v, v, spec)) for v in tried]
    np.testing.assert_allclose(rounding + clipping, exact, rtol=0.02)


def test_a_range_does_not_change_floats_of_sixteen_bits() -> None:
    rounding, clipping = error_curve(histogram_of(weights()), FloatSpec(), -1, 1, "max", [0.1, 1, 5])
    assert len(set(rounding)) == 1
    assert not clipping.any()


def test_the_curve_of_a_codebook_finds_centroids_for_each_range() -> None:
    x = weights(50_000, 1)
    rounding, clipping = error_curve(histogram_of(x), CodebookSpec(16), -3, 3, "max", [0.1, 1.0, 2.0])
    errors = rounding + clipping
    assert errors[0] > errors[1] > errors[2] > 0
