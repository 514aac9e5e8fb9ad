"""AIMET's calibrators: batches are counted when one of them is asked for, here or in the engine's own process."""

import pickle
from collections.abc import Mapping

import numpy as np
import pytest

from qviz.errors import QvizError
from qviz.quant.batches import BatchStats, Watched
from qviz.quant.calibrators import range_of
from qviz.quant.found import Wish
from qviz.quant.histogram import Histogram
from qviz.quant.spec import UniformSpec
from qviz.sim.applied import NOTHING
from qviz.sim.calibration import activation_groups
from qviz.sim.engine import Engine
from qviz.sim.events import Calibrated
from qviz.sim.find import FindRanges, RangesFound
from tests.sim.conftest import MakeEngine

SPEC = UniformSpec(8)
COUNTED = ("aimet-tf_enhanced", "aimet-percentile")


def calibrated(engine: Engine) -> Mapping[str, Histogram]:
    events: list[object] = []
    engine._emit = events.append
    engine.calibrate(engine.model.encodings)
    return next(e for e in events if isinstance(e, Calibrated)).histograms


def counted_at_once(engine: Engine, tensors: tuple[str, ...]) -> Histogram:
    """The float values of whole batches of 64 samples, counted one after the other."""
    assert engine._calibration is not None
    data, samples = engine._calibration
    executor, stats = engine._executor_for(engine.model.encodings), BatchStats()
    for start in range(0, len(samples), 64):
        feed = data.feed(samples[start : start + 64])
        values = executor.run(feed, None, tensors, executor.program(NOTHING))
        stats.add(np.concatenate([np.asarray(values[t], np.float32).reshape(1, -1) for t in tensors], axis=1))
    histogram = Histogram()
    histogram.watched = Watched(stats, stats)
    return histogram


@pytest.mark.parametrize("method", [*COUNTED, "aimet-minmax", "moving-average"])
def test_ranges_are_those_of_batches_counted_at_once(make_engine: MakeEngine, method: str) -> None:
    engine, _ = make_engine("digits_cnn.onnx")
    histograms = calibrated(engine)
    for name, tensors in activation_groups(engine.graph, engine.model.encodings).items():
        expected = range_of(counted_at_once(engine, tensors), SPEC, method)
        np.testing.assert_allclose(range_of(histograms[name], SPEC, method), expected, rtol=1e-5, atol=1e-6)


def test_all_batches_are_counted_in_one_pass(make_engine: MakeEngine) -> None:
    engine, _ = make_engine("digits_cnn.onnx")
    histograms = [h for n, h in calibrated(engine).items() if not engine.graph.quantizers[n].constant]
    passes = []
    assert engine._recount is not None
    count, engine._recount._count = engine._recount._count, lambda g: passes.append(g) or count(g)  # type: ignore
    for histogram in histograms:
        for method in COUNTED:
            range_of(histogram, SPEC, method)
    assert len(passes) == 1


def test_a_histogram_that_travelled_is_counted_by_the_engine(make_engine: MakeEngine) -> None:
    engine, _ = make_engine("digits_cnn.onnx")
    here = next(h for n, h in calibrated(engine).items() if not engine.graph.quantizers[n].constant)
    there = pickle.loads(pickle.dumps(here))
    with pytest.raises(QvizError, match="not counted"):
        range_of(there, SPEC, COUNTED[0])
    events: list[object] = []
    engine._emit = events.append
    engine.look(FindRanges(7, (Wish(there, SPEC, COUNTED[0]),)))
    assert isinstance(events[0], RangesFound)
    np.testing.assert_array_equal(events[0].ranges[0], range_of(here, SPEC, COUNTED[0]))
