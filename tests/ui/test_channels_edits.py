"""Ranges of single channels, and of all as one: pure functions of a setting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qviz.edits import scaled, with_channel_range
from qviz.encodings import IMPORTED, MANUAL, Setting, Stored
from qviz.quant.error import channel_errors, quantization_error
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, UniformSpec

edge = st.floats(0, 1e4, allow_subnormal=False)
pairs = st.lists(st.tuples(edge.map(lambda v: -v), edge), min_size=2, max_size=9)
specs = st.builds(UniformSpec, st.integers(3, 16), st.sampled_from(Scheme), st.just(Granularity.PER_CHANNEL))
factors = st.floats(0, 8)


def setting_of(ranges, spec=None) -> Setting:
    low, high = zip(*ranges, strict=True)
    return Setting(spec=spec or UniformSpec(8, Scheme.ASYMMETRIC, Granularity.PER_CHANNEL)).with_range(
        low, high, "minmax"
    )


def histogram_of(weight: np.ndarray) -> Histogram:
    histogram = Histogram(0)
    histogram.add(weight.astype(np.float32))
    return histogram


@given(pairs, specs, st.data())
def test_one_channel_moves_and_the_others_stay(ranges, spec, data):
    channel = data.draw(st.integers(0, len(ranges) - 1))
    low, high = data.draw(st.floats(-1e4, 1e4)), data.draw(st.floats(-1e4, 1e4))
    before = setting_of(ranges, spec)
    after = with_channel_range(before, None, channel, low, high)
    got = list(zip(after.range.low, after.range.high, strict=True))
    assert got[:channel] + got[channel + 1 :] == ranges[:channel] + ranges[channel + 1 :]
    assert got[channel] == (min(low, 0.0), max(high, 0.0))
    assert after.source == MANUAL
    assert (after.encoding.min <= 0).all()
    assert (after.encoding.max >= 0).all()


@given(pairs, specs)
def test_scaling_by_one_changes_no_number(ranges, spec):
    before = setting_of(ranges, spec)
    assert scaled(before, None, 1.0, 1.0).encoding == before.encoding


@given(pairs, specs, factors, factors)
def test_all_ranges_keep_their_proportion(ranges, spec, low, high):
    after = scaled(setting_of(ranges, spec), None, low, high).range
    np.testing.assert_allclose(after.low, [r[0] * low for r in ranges])
    np.testing.assert_allclose(after.high, [r[1] * high for r in ranges])


@given(pairs, factors.filter(lambda f: f > 1e-3))
def test_scaling_there_and_back_arrives(ranges, factor):
    before = setting_of(ranges)
    back = scaled(scaled(before, None, factor, factor), None, 1 / factor, 1 / factor).range
    np.testing.assert_allclose(back.low, before.range.low)
    np.testing.assert_allclose(back.high, before.range.high)


def test_a_negative_factor_does_not_turn_a_range_over():
    assert scaled(setting_of([(-1.0, 2.0)]), None, -3.0, -3.0).range.high == (0.0,)


def test_what_a_file_stored_becomes_the_range_of_the_other_channels():
    spec = UniformSpec(8, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
    before = Setting(spec=spec, stored=Stored((0.01, 0.5), (-128, -128)), source=IMPORTED)
    after = with_channel_range(before, None, 0, -2.0, 2.0)
    assert after.stored is None
    assert after.encoding.scale[1] == pytest.approx(0.5)
    assert after.range.high[0] == 2.0


def test_without_a_range_the_other_channels_start_from_their_values():
    weight = np.array([[-1.0, 0.5], [2.0, 3.0], [0.0, 0.0]])
    spec = UniformSpec(8, Scheme.ASYMMETRIC, Granularity.PER_CHANNEL)
    after = with_channel_range(Setting(spec=spec), histogram_of(weight), 0, -0.1, 0.1).range
    assert after.low == (-0.1, 0.0, 0.0)
    assert after.high == pytest.approx((0.1, 3.0, 0.0))


def test_one_pair_for_all_channels_becomes_one_each():
    weight = np.array([[-1.0, 0.5], [2.0, 3.0], [0.0, 1.0]])
    after = with_channel_range(setting_of([(-4.0, 4.0)]), histogram_of(weight), 2, -1.0, 1.0).range
    assert after.high == (4.0, 4.0, 1.0)


def test_per_tensor_there_is_one_range():
    before = Setting(spec=UniformSpec()).with_range([-1.0], [1.0], "minmax")
    histogram = histogram_of(np.ones((5, 3)))
    assert with_channel_range(before, histogram, 0, -2.0, 3.0).range.high == (3.0,)
    with pytest.raises(ValueError, match="no channel 3"):
        with_channel_range(before, histogram, 3, -2.0, 3.0)


@given(st.integers(1, 30), st.integers(0, 99), specs, st.data())
def test_errors_of_some_channels_are_those_of_all(channels, seed, spec, data):
    rng = np.random.default_rng(seed)
    histogram = histogram_of(rng.standard_normal((channels, 50)) * rng.lognormal(0, 2, (channels, 1)))
    low, high = histogram.channel_min * 0.7, histogram.channel_max * 0.7
    encoding = Setting(spec=spec).with_range(low, high, MANUAL).encoding
    whole = quantization_error(histogram, encoding)
    first = data.draw(st.integers(0, channels - 1))
    last = data.draw(st.integers(first + 1, channels))
    part = channel_errors(histogram, encoding, first, last)
    np.testing.assert_allclose(part[0], whole.roundings[first:last])
    np.testing.assert_allclose(part[1], whole.clippings[first:last])
    np.testing.assert_allclose(part[2], whole.clipped[first:last], atol=1e-9)
