"""Centroids are those of k-means on the values, and the sizes of signs those of the papers."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import numpy_helper

from qviz.errors import QvizError
from qviz.quant.calibrators import CALIBRATORS, range_of
from qviz.quant.codebook import codebooks
from qviz.quant.error import quantization_error
from qviz.quant.forms import grid_from_range
from qviz.quant.histogram import Histogram
from qviz.quant.levels import codebook_grid
from qviz.quant.signs import binary_size, ternary_size
from qviz.quant.spec import (
    BinarySpec,
    CodebookSpec,
    FloatFormat,
    FloatSpec,
    Granularity,
    Scheme,
    TernarySpec,
    UniformSpec,
)
from tests.quant.shared import shared

values = hnp.arrays(np.float32, st.integers(20, 300), elements=st.floats(-100, 100, width=32))


def histogram_of(x: np.ndarray, axis: int | None = None) -> Histogram:
    found = Histogram(axis)
    found.add(x)
    return found


def centroids(x: np.ndarray, size: int, low: float = -np.inf, high: float = np.inf) -> np.ndarray:
    return codebooks(histogram_of(x).spread, max(low, float(x.min())), min(high, float(x.max())), size)[0]


def squared_error(x: np.ndarray, levels: np.ndarray) -> float:
    return float(np.square(np.abs(x.astype(np.float64)[:, None] - levels).min(axis=1)).sum())


def optimal_error(x: np.ndarray, size: int) -> float:
    """Exact k-means in one dimension by dynamic programming."""
    v = np.sort(x.astype(np.float64))
    total, square = np.concatenate(([0.0], np.cumsum(v))), np.concatenate(([0.0], np.cumsum(v * v)))

    def cost(i: np.ndarray, j: int) -> np.ndarray:
        return square[j] - square[i] - (total[j] - total[i]) ** 2 / (j - i)

    best = np.array([0.0] + [float(cost(np.array([0]), j)[0]) for j in range(1, len(v) + 1)])
    for _ in range(size - 1):
        best = np.array([0.0] + [(best[:j] + cost(np.arange(j), j)).min() for j in range(1, len(v) + 1)])
    return float(best[-1])


@settings(deadline=None)
@given(values, st.integers(2, 24))
def test_each_centroid_is_the_mean_of_what_is_nearest_to_it(x: np.ndarray, size: int) -> None:
    found = centroids(x, size)
    assert len(found) == size
    assert (np.diff(found) >= 0).all()
    nearest = np.searchsorted((found[1:] + found[:-1]) / 2, x.astype(np.float64))
    for i in np.unique(nearest):
        if (nearest == i).sum() and len(np.unique(x)) > size:
            assert x[nearest == i].astype(np.float64).mean() == pytest.approx(found[i], abs=1e-6)
    assert (found >= x.min() - 1e-6).all()
    assert (found <= x.max() + 1e-6).all()


def test_it_ends_close_to_the_best_that_there_is() -> None:
    for sample in (np.random.default_rng(1).normal(size=600), np.random.default_rng(2).laplace(size=600)):
        x = sample.astype(np.float32)
        for size in (4, 16):
            assert squared_error(x, centroids(x, size)) < optimal_error(x, size) * 1.15


def test_no_more_values_than_centroids_are_met_exactly() -> None:
    x = np.array([-1, 0, 0, 0, 0.25, 7], np.float32)
    assert set(centroids(x, 8)) == set(x.tolist())
    assert squared_error(x, centroids(x, 4)) == 0
    assert centroids(np.zeros(9, np.float32), 4).tolist() == [0, 0, 0, 0]
    assert codebooks(Histogram().spread, -1, 1, 3)[0].tolist() == [-1, 0, 1]


def test_values_are_clipped_first() -> None:
    x = np.concatenate([np.random.default_rng(0).normal(size=999), [50]]).astype(np.float32)
    clipped = np.clip(x, -1, 2)
    np.testing.assert_allclose(centroids(x, 8, -1, 2), centroids(clipped, 8), atol=1e-6)


def test_a_histogram_of_bins_gives_the_centroids_of_the_values_within_a_bin() -> None:
    x = np.random.default_rng(7).normal(size=300_000).astype(np.float32)
    binned = histogram_of(x)
    assert not binned.exact
    found = codebooks(binned.spread, x.min(), x.max(), 16)[0]
    direct = found.copy()
    for _ in range(30):
        cells = np.searchsorted((direct[1:] + direct[:-1]) / 2, x)
        direct = np.bincount(cells, x, 16) / np.bincount(cells, minlength=16)
    assert squared_error(x, found) == pytest.approx(squared_error(x, direct), rel=0.01)
    np.testing.assert_allclose(found, direct, rtol=0.05, atol=0.02)


def test_binary_is_the_mean_magnitude_and_the_best_of_all_sizes() -> None:
    x = np.random.default_rng(4).laplace(size=(3, 5000)).astype(np.float32)
    size = binary_size(histogram_of(x, 0))
    np.testing.assert_allclose(size, np.abs(x.astype(np.float64)).mean(axis=1), rtol=1e-6)
    error = [np.square(np.abs(x[0]) - a).mean() for a in (size[0] * 0.99, size[0], size[0] * 1.01)]
    assert error[1] < min(error[0], error[2])


@settings(deadline=None)
@given(hnp.arrays(np.float32, st.integers(2, 200), elements=st.floats(-10, 10, width=32)))
def test_ternary_is_the_mean_of_what_it_keeps(x: np.ndarray) -> None:
    (a,) = ternary_size(histogram_of(x))
    kept = np.abs(x.astype(np.float64)) > a / 2
    assert a == pytest.approx(np.abs(x[kept].astype(np.float64)).mean() if kept.any() else 0.0, rel=1e-6)


def test_ternary_of_a_gauss_is_near_the_papers_optimum() -> None:
    x = np.random.default_rng(9).normal(size=60_000).astype(np.float32)
    (a,) = ternary_size(histogram_of(x))
    assert a == pytest.approx(1.224, abs=0.01)  # Max 1960: three levels, 0.612 * 2

    def error(size: float) -> float:
        grid = grid_from_range(-size, size, TernarySpec())
        return float(np.square(grid.quantize_dequantize(x) - x).mean())

    assert error(a) <= min(error(a * 0.97), error(a * 1.03))


def real_weight() -> np.ndarray:
    model = onnx.load(shared("data/cifar10/resnet20.onnx"))
    return max((numpy_helper.to_array(i) for i in model.graph.initializer), key=np.size)


def test_forms_of_a_real_weight_keep_their_order() -> None:
    x = real_weight()
    histogram = histogram_of(x, 0)
    whole = histogram.collapsed()

    def sqnr(spec: UniformSpec | TernarySpec | BinarySpec | FloatSpec) -> float:
        return quantization_error(histogram, grid_from_range(*range_of(histogram, spec, "minmax"), spec)).sqnr_db

    codebook = quantization_error(whole, codebook_grid(centroids(x, 16))).sqnr_db
    assert codebook > sqnr(UniformSpec(4)) + 2
    assert codebook > sqnr(UniformSpec(4, Scheme.SYMMETRIC)) + 2
    per_channel = Granularity.PER_CHANNEL
    assert sqnr(TernarySpec(per_channel)) > sqnr(TernarySpec()) > sqnr(BinarySpec())
    assert sqnr(BinarySpec(per_channel)) > sqnr(BinarySpec())
    assert sqnr(FloatSpec()) > sqnr(FloatSpec(format=FloatFormat.BFLOAT16)) > sqnr(FloatSpec(
        format=FloatFormat.FLOAT8_E4M3FN)) > sqnr(FloatSpec(format=FloatFormat.FLOAT8_E5M2)) > 20  # fmt: skip


@pytest.mark.parametrize("method", [m for m in CALIBRATORS if not m.startswith(("aimet", "moving"))])
def test_every_calibrator_knows_every_form(method: str) -> None:
    histogram = histogram_of(real_weight(), 0)
    for spec in (
        *(FloatSpec(Granularity.PER_CHANNEL, f) for f in FloatFormat), CodebookSpec(8), BinarySpec(), TernarySpec()
    ):  # fmt: skip
        low, high = range_of(histogram, spec, method)
        assert low.shape == high.shape == ((histogram.channels,) if spec.per_channel else (1,))
        assert (low <= high).all()


def test_float8_of_the_least_error_is_no_worse_than_that_of_the_extremes() -> None:
    histogram = histogram_of(real_weight(), 0)
    spec = FloatSpec(format=FloatFormat.FLOAT8_E4M3FN)
    by_method = [
        quantization_error(histogram, grid_from_range(*range_of(histogram, spec, m), spec)).sqnr_db
        for m in ("mse", "minmax")
    ]
    assert by_method[0] >= by_method[1] - 0.05


def test_a_codebook_too_large_is_refused_in_words() -> None:
    with pytest.raises(QvizError, match="from 2 to 256 centroids, not 300"):
        CodebookSpec(300)
    assert [CodebookSpec(n).bits for n in (2, 3, 16, 17, 256)] == [1, 2, 4, 5, 8]


def test_one_bit_around_zero_names_what_there_is() -> None:
    with pytest.raises(QvizError, match="asymmetric, or the form binary"):
        UniformSpec(1, Scheme.SYMMETRIC)
    with pytest.raises(QvizError, match="size of a block"):
        UniformSpec(granularity=Granularity.PER_BLOCK)
    with pytest.raises(QvizError, match="Only integers"):
        BinarySpec(Granularity.PER_BLOCK)
