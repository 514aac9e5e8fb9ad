"""The mathematics of the editor's picture: axes, marks, views, and curves that must agree with the data."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from qviz.encodings import Setting
from qviz.graph.graph import Quantizer
from qviz.quant.encoding import encoding_from_range, quantize_dequantize
from qviz.quant.error import quantization_error
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from qviz.ui.editor import views
from qviz.ui.editor.axes import count_text, log_count_ticks
from qviz.ui.editor.curves import bar_pixels, error_curves, float_bars
from qviz.ui.editor.ghosts import MERGE, marks, snap
from qviz.ui.editor.levels import level_steps, level_ticks
from qviz.ui.editor.subject import Subject
from qviz.ui.editor.value_map import ValueMap, nice_step, tick_text

sizes = st.floats(1e-6, 1e6)
finite = st.floats(-1e6, 1e6)


def subject_with(values, low=-1.0, high=1.0, spec=UniformSpec(), axis=None) -> Subject:  # noqa: B008 (frozen)
    histogram = Histogram(axis)
    histogram.add(np.asarray(values, np.float32))
    quantizer = Quantizer("t", "activation", ("t",), "n", "Add", (1, 4), None, 1, False)
    return Subject("t", quantizer, Setting(spec=spec).with_range([low], [high], "manual"), histogram)


@given(finite, sizes, st.booleans())
def test_a_place_on_the_axis_means_the_value_drawn_there(value, unit, symlog):
    there = ValueMap(unit, symlog)
    assert there.value(there.plot(value)) == pytest.approx(value, rel=1e-9, abs=unit * 1e-9)


@given(finite, finite, sizes, st.booleans())
def test_larger_values_lie_further_right(a, b, unit, symlog):
    assume(b - a > 1e-6 * max(abs(a), abs(b), unit))
    there = ValueMap(unit, symlog)
    assert there.plot(a) < there.plot(b)


def test_a_drag_on_the_symmetric_log_axis_is_geometric():
    there = ValueMap(0.01, symlog=True)
    step = there.plot(20.0) - there.plot(10.0)
    assert there.value(there.plot(1000.0) + step) == pytest.approx(2000.0, rel=1e-6)


@given(finite, sizes, sizes, st.booleans(), st.floats(200, 2000))
@example(1278.0, 561967.0, 100001.0, True, 1280.0)
def test_ticks_lie_in_view_in_order_and_do_not_crowd(start, width, unit, symlog, pixels):
    there = ValueMap(unit, symlog)
    low = there.plot(start)
    high = low + min(max(width / unit, 1e-3 * max(1.0, abs(low))), 1e4 if not symlog else 20.0)
    ticks = there.ticks(low, high, pixels)
    places = [place for place, _ in ticks]
    assert all(low - 1e-6 * (high - low) <= p <= high + 1e-6 * (high - low) for p in places)
    assert places == sorted(places)
    assert len(ticks) <= pixels / 40 + 2


@given(st.floats(1e-9, 1e9))
def test_steps_between_ticks_are_1_2_or_5_times_a_power_of_ten(wanted):
    step = nice_step(wanted)
    assert step >= wanted * (1 - 1e-6)
    assert step <= wanted * 2.5000001
    assert round(step / 10 ** math.floor(math.log10(step * 1.0000001)), 6) in (1, 2, 5)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.25, "−0.25"), (250000, "250000"), (1e7, "1e7"), (2e-7, "2e−7"), (-1e-10, "−1e−10")],
)
def test_tick_texts_stand_for_themselves(value, text):
    assert tick_text(value) == text


def test_counts_are_short_and_never_scaled_in_secret():
    assert [count_text(c) for c in (0, 20, 1000, 250000, 3e6)] == ["0", "20", "1 k", "250 k", "3 M"]
    assert [text for _, text in log_count_ticks(0, math.log10(1001), 400)] == ["0", "1", "10", "100", "1 k", "10 k"]


@given(st.lists(st.tuples(st.floats(0, 800), st.sampled_from(["min-max", "percentile", "MSE"])), max_size=12),
       st.lists(st.floats(0, 800), max_size=2))  # fmt: skip
def test_labels_of_ghost_marks_never_overlap(places, lines):
    width = 6.0
    found = marks(places, lambda text: width * len(text), 0, 800, lines)
    spans = sorted((m.row, m.label_x, m.label_x + width * len(m.label)) for m in found if m.label_x is not None)
    assert all(a >= 0 and b <= 800 for _, a, b in spans)
    assert all(first[0] < second[0] or first[2] <= second[1] for first, second in itertools.pairwise(spans))
    assert not any(a < mark.x < b and row <= mark.row for row, a, b in spans for mark in found)
    assert not any(a < line < b for _, a, b in spans for line in lines)
    places_kept = [m.x for m in found]
    assert all(b - a >= MERGE for a, b in itertools.pairwise(places_kept))


def test_ghost_marks_that_crowd_are_all_named_in_steps():
    crowd = [(100.0 + 8 * i, f"calibrator {i}") for i in range(4)]
    found = marks(crowd, lambda text: 6.0 * len(text), 0, 800)
    assert all(mark.label_x is not None for mark in found)
    assert [(m.row, m.label_x > m.x) for m in found] == [(0, False), (1, False), (1, True), (0, True)]
    towards_the_edge = marks([(x + 660, name) for x, name in crowd], lambda text: 6.0 * len(text), 0, 800)
    assert [(m.row, m.label_x < m.x) for m in towards_the_edge] == [(i, True) for i in range(4)]


def test_marks_at_one_place_share_a_label():
    assert [m.label for m in marks([(100, "MSE"), (102, "percentile"), (300, "min-max")], len, 0, 400)] == [
        "MSE · percentile",
        "min-max",
    ]


def test_a_handle_snaps_to_the_nearest_mark_within_six_pixels():
    assert snap(100, [90, 104, 97]) == 2
    assert snap(100, [90, 107]) is None


@given(finite, st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0.05, 0.95), st.sampled_from([-1, 1]))
def test_revealing_a_handle_brings_it_under_the_mouse(low, width, beyond, share, side):
    place = low + width + beyond if side > 0 else low - beyond
    new_low, new_high = views.revealing((low, low + width), place, share, side)
    assert new_low + share * (new_high - new_low) == pytest.approx(place, abs=1e-6 * max(1, abs(place)))
    assert (new_low, new_high)[side < 0] == (low, low + width)[side < 0]


@given(st.floats(0.1, 10), finite)
def test_zooming_keeps_the_value_under_the_cursor(factor, anchor):
    view = (anchor - 3.0, anchor + 1.0)
    low, high = views.zoomed(view, factor, anchor)
    assert (anchor - low) / (high - low) == pytest.approx(0.75, rel=1e-3)


def test_the_first_view_shows_the_bulk_and_a_handle_that_is_near():
    values = np.random.default_rng(0).normal(size=20000)
    assert views.first(subject_with(values, -4, 40))[1] == 40
    far = views.first(subject_with(values, -4, 4000))[1]
    assert 3 < far < 4


@pytest.mark.parametrize("bits", [2, 4, 8, 12])
@pytest.mark.parametrize("symlog", [False, True])
def test_steps_of_the_quantized_values_hold_every_value(bits, symlog):
    values = np.random.default_rng(bits).normal(size=5000).astype(np.float32)
    subject = subject_with(values, -2.0, 2.0, UniformSpec(bits))
    there = views.map_for(subject, symlog)
    low, high = views.padded((-9, 9), there)
    steps = level_steps(subject.histogram, subject.setting.encoding, there, low, high, 800)
    area = (steps.heights * np.diff(steps.edges)).sum() / ((high - low) * bar_pixels(subject.histogram, 800) / 800)
    assert area == pytest.approx(5000, rel=1e-6)


def test_steps_agree_with_the_values_really_quantized():
    values = np.random.default_rng(1).normal(size=5000).astype(np.float32)
    subject = subject_with(values, -2.0, 2.0, UniformSpec(3))
    encoding, there = subject.setting.encoding, ValueMap()
    steps = level_steps(subject.histogram, encoding, there, -3.0, 3.0, 600)
    counts = steps.heights * np.diff(steps.edges) / (6 * bar_pixels(subject.histogram, 600) / 600)
    _, expected = np.unique(quantize_dequantize(values, encoding), return_counts=True)
    assert counts == pytest.approx(expected, abs=1)


def test_channels_with_levels_of_their_own_are_counted_each_on_its_own_grid():
    weights = np.random.default_rng(2).normal(size=(4, 500)).astype(np.float32) * np.array([[1], [2], [4], [8]])
    spec = UniformSpec(4, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
    subject = subject_with(weights, spec=spec, axis=0)
    limit = np.abs(weights).max(axis=1)
    encoding = encoding_from_range(-limit, limit, spec)
    steps = level_steps(subject.histogram, encoding, ValueMap(), -40.0, 40.0, 900)
    assert steps.heights.sum() * 1.5 == pytest.approx(2000)


def test_levels_are_marked_only_where_they_can_be_told_apart():
    encoding = encoding_from_range(-1, 1, UniformSpec(4))
    ticks = level_ticks(encoding, ValueMap(), -1.2, 1.2, 800)
    assert ticks.at == pytest.approx(encoding.levels())
    assert not ticks.thinned
    dense = encoding_from_range(-1, 1, UniformSpec(8))
    ticks = level_ticks(dense, ValueMap(), -1.2, 1.2, 800)
    assert ticks.thinned
    assert 0.0 in ticks.at
    assert set(np.diff(ticks.indices)) == {3}  # every third: 7.8 pixels apart
    assert ticks.at == pytest.approx(dense.levels()[ticks.indices])


def test_bars_hold_every_value_in_view():
    values = np.random.default_rng(3).normal(size=3000)
    assert float_bars(subject_with(values).histogram, ValueMap(), -9.0, 9.0, 700).heights.sum() == pytest.approx(3000)


def test_the_marked_optimum_is_the_best_position_of_the_edge():
    values = np.abs(np.random.default_rng(4).laplace(size=20000)).astype(np.float32)
    subject = subject_with(values, 0.0, 60.0, UniformSpec(4))
    there = views.map_for(subject, False)
    errors = error_curves(subject, "max", there, *views.padded((0, 60), there), 740)
    best = errors.values[errors.optimum]

    def exact(high: float) -> float:
        quantized = quantize_dequantize(values, encoding_from_range(0.0, high, UniformSpec(4)))
        return float(np.mean((quantized - values) ** 2))

    assert exact(best) <= 1.03 * min(exact(high) for high in np.linspace(1, 20, 200))
    assert errors.total[errors.optimum] == pytest.approx(exact(best), rel=0.05)


@pytest.mark.parametrize(("low", "high", "edge"), [(-9.0, 4.0, "min"), (-4.0, 9.0, "max")])
def test_the_error_curve_of_a_symmetric_range_passes_through_the_error_as_it_is(low, high, edge):
    values = np.random.default_rng(5).normal(size=20000).astype(np.float32)
    subject = subject_with(values, low, high, UniformSpec(4, Scheme.SYMMETRIC))
    assert subject.leading_edge == edge
    errors = error_curves(subject, edge, ValueMap(), -10.0, 10.0, 800)
    here = quantization_error(subject.histogram, subject.setting.encoding)
    at = np.interp(low if edge == "min" else high, errors.values, errors.total)
    assert at == pytest.approx(here.rounding + here.clipping, rel=0.05)
