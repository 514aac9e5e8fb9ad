"""The calibration pass watches whole batches of 64 samples exactly, whatever its micro-batches and threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qviz.quant.batches import BatchStats
from qviz.sim.batches import split
from qviz.sim.watching import Watching


@pytest.fixture
def tensors():
    """200 samples: one tensor as usual, one that is zero in the first whole batch, one that never wakes up."""
    rng = np.random.default_rng(0)
    late = rng.normal(size=(200, 50)).astype(np.float32)
    late[:64] = 0
    return {"usual": rng.normal(size=(200, 300)).astype(np.float32), "late": late, "dead": np.zeros((200, 9), "f4")}


def watched(tensors, size, threads):
    def read(batch, names):
        at = list(batch.samples)
        return {n: [tensors[n][at][:, :2].copy(), tensors[n][at][:, 2:].copy()] for n in names}

    batches = split(range(200), size)
    watching = Watching(tensors, batches, read)
    with ThreadPoolExecutor(threads) as pool:
        for batch, glimpses in zip(
            batches, pool.map(lambda b: watching.look(b, read(b, tensors)), batches), strict=True
        ):
            watching.take(batch, glimpses)
    return watching.stats


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [1, 8, 32])
def test_whole_batches_are_seen_as_aimet_sees_them(tensors, size, threads):
    for name, stats in watched(tensors, size, threads).items():
        expected = BatchStats()
        for start in range(0, 200, 64):
            expected.add(tensors[name][start : start + 64].reshape(1, -1))
        assert stats.batches == expected.batches == 4
        np.testing.assert_array_equal(stats.density, expected.density)
        np.testing.assert_array_equal(stats.grid.left_edges(), expected.grid.left_edges())
        assert (stats.low, stats.high) == (expected.low, expected.high)
        assert (stats.low_sum, stats.high_sum) == (expected.low_sum, expected.high_sum)
