"""Histograms of large activations rest on a sample: extremes are exact, errors are those of all values."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qviz.quant.bins import DISTINCT_LIMIT
from qviz.quant.encoding import encoding_from_range, quantize_dequantize
from qviz.quant.error import quantization_error
from qviz.quant.histogram import Histogram
from qviz.quant.spec import UniformSpec
from qviz.sim import gathering
from qviz.sim.batches import split


def histogram_of(parts: list[np.ndarray]) -> Histogram:
    count = sum(len(p) for p in parts)
    batches = split(range(count), len(parts[0]))
    with ThreadPoolExecutor(2) as pool:
        gathered = gathering.Gathering(["x"], DISTINCT_LIMIT, pool)
        for batch, part in zip(batches, parts, strict=True):
            gathered.take({"x": gathering.look([part], [gathering.ends_of(part)], batch, count)})
        return gathered.finish()["x"]


@pytest.fixture(autouse=True)
def sampled_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sample above a million values, so that three million are enough to test with."""
    monkeypatch.setattr(gathering, "SAMPLED_ABOVE", 1 << 20)


@pytest.fixture(scope="module")
def parts() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [np.maximum(rng.laplace(size=(32, 16, 32, 32)), 0).astype(np.float32) for _ in range(6)]


def test_a_sampled_histogram_keeps_exact_extremes(parts: list[np.ndarray]) -> None:
    histogram = histogram_of(parts)
    values = sum(p.size for p in parts)
    assert histogram.looked_at < values / 2
    assert histogram.looked_at + histogram.left_out == values
    assert histogram.total == pytest.approx(values, rel=1e-4)
    assert histogram.min == min(p.min() for p in parts)
    assert histogram.max == max(p.max() for p in parts)


def test_a_sampled_histogram_predicts_the_error_of_all_values(parts: list[np.ndarray]) -> None:
    encoding = encoding_from_range(0, 3, UniformSpec(6))
    true = np.mean([np.square(p.astype(np.float64) - quantize_dequantize(p, encoding)).mean() for p in parts])
    error = quantization_error(histogram_of(parts), encoding)
    assert error.rounding + error.clipping == pytest.approx(true, rel=0.02)


def test_small_activations_are_counted_whole() -> None:
    parts = [np.full((4, 10), np.nan, np.float32), np.ones((4, 10), np.float32)]
    histogram = histogram_of(parts)
    assert (histogram.total, histogram.nan) == (40, 40)
