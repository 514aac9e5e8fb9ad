"""The image tab: what its pixels mean, and what mouse and keys do to it, with a real engine behind it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from qviz.encodings import Setting
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from qviz.sim.detail import WeightImage, WeightPixels
from qviz.sim.detail_image import image_of
from qviz.ui.theme import DARK, LIGHT
from qviz.ui.weight_image.colors import LEVELS, color_table, levels
from qviz.ui.weight_image.pixels import PixelStore
from qviz.ui.weight_image.region import whole
from qviz.ui.weight_image.shades import SIDES, found_at, limits_of, shares

WEIGHT, OTHER = "block3/depthwise/conv.weight", "head/conv.weight"
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


# --- colours --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_the_colours_read_without_telling_hues_apart(theme):
    table = color_table(theme.dark, theme.bad)[:LEVELS].astype(np.int64)
    r, g, b = (table >> 16) & 255, (table >> 8) & 255, table & 255
    luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b
    middle = LEVELS // 2
    sign = 1 if theme.dark else -1
    assert (sign * np.diff(luminance[middle:]) >= -1e-9).all()  # ever farther from zero's colour, on both sides
    assert (sign * np.diff(luminance[: middle + 1]) <= 1e-9).all()
    assert (b > r)[: middle - 20].all()  # blue below zero, orange above
    assert (r > b)[middle + 20 :].all()


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=50))
def test_zero_has_the_middle_colour_and_equal_sizes_are_equally_far(values):
    shown = np.array(values)
    place = levels(shown).astype(int) - LEVELS // 2
    assert (np.sign(place) * np.sign(shown) >= 0).all()
    assert (place == -(levels(-shown).astype(int) - LEVELS // 2)).all()
    assert levels(np.array([0.0, np.nan])).tolist() == [LEVELS // 2, LEVELS]


# --- what is in view ------------------------------------------------------------------------------------------


@given(
    st.integers(1, 500), st.integers(1, 5000),
    st.lists(st.tuples(st.floats(0.1, 4), st.floats(0, 1), st.floats(0, 1), st.floats(-50, 50)), max_size=8),
)  # fmt: skip
def test_a_region_stays_within_the_weight_and_its_part_covers_it(rows, columns, moves):
    region = whole(rows, columns)
    for factor, down, along, by in moves:
        row = region.top + down * (region.bottom - region.top)
        column = region.left + along * (region.right - region.left)
        region = region.zoomed(factor, row, column).moved(by, -by)
    top, bottom, left, right = region.part
    assert 0 <= top < bottom <= rows
    assert 0 <= left < right <= columns
    assert top <= region.top + 1e-9
    assert bottom >= region.bottom - 1e-6
    assert left <= region.left + 1e-9
    assert right >= region.right - 1e-6


def test_zooming_keeps_the_place_under_the_mouse():
    region = whole(100, 1000).zoomed(0.5, 30, 700)
    assert (30 - region.top) / (region.bottom - region.top) == pytest.approx(0.3)
    assert (700 - region.left) / (region.right - region.left) == pytest.approx(0.7)


# --- what a pixel means ---------------------------------------------------------------------------------------


GRANULARITIES = (Granularity.PER_TENSOR, Granularity.PER_CHANNEL)


def pixels_of(weight: np.ndarray, setting: Setting, rows: int, columns: int) -> WeightPixels:
    return image_of(
        weight, WeightImage("w", setting, "weights", (0, *weight.shape[:1], 0, weight.shape[1]), rows, columns)
    )


def setting_of(weight: np.ndarray, granularity: Granularity, bits: int = 4) -> Setting:
    spec = UniformSpec(bits, Scheme.SYMMETRIC, granularity)
    axis = 1 if granularity is Granularity.PER_CHANNEL else None
    return Setting(spec=spec).with_range(
        np.atleast_1d(weight.min(axis=axis)), np.atleast_1d(weight.max(axis=axis)), "minmax"
    )


def histogram_of(weight: np.ndarray) -> Histogram:
    histogram = Histogram(0)
    histogram.add(weight)
    return histogram


@given(st.integers(2, 20), st.integers(2, 30), st.sampled_from(GRANULARITIES), st.booleans(), st.integers(0, 99))
def test_no_side_leaves_the_colour_bar(channels, values, granularity, by_channel, seed):
    rng = np.random.default_rng(seed)
    weight = (rng.standard_normal((channels, values)) * rng.lognormal(0, 2, (channels, 1))).astype(np.float32)
    setting = setting_of(weight, granularity)
    limits = limits_of(histogram_of(weight), setting.encoding, by_channel)
    pixels = pixels_of(weight, setting, 50, 50)
    for side in SIDES:
        shown = shares(pixels, side, limits)
        room = 1 + 1e-5 if side != "quantized" else 1.15  # the grid of 4 bits reaches half a step beyond the values
        if not (by_channel and side != "float"):
            assert np.abs(shown).max() <= room


def test_colours_by_channel_show_small_channels():
    weight = np.array([[100.0, -50.0], [0.01, -0.02]], np.float32)
    setting = setting_of(weight, Granularity.PER_TENSOR, 8)
    plain = limits_of(histogram_of(weight), setting.encoding, False)
    own = limits_of(histogram_of(weight), setting.encoding, True)
    pixels = pixels_of(weight, setting, 9, 9)
    assert np.abs(shares(pixels, "float", plain)[1]).max() < 0.001
    assert np.abs(shares(pixels, "float", own)[1]).max() == 1
    assert np.abs(shares(pixels, "quantized", own)[1]).max() == 0  # one range for all has swallowed them


@given(st.integers(1, 30), st.integers(1, 60), st.integers(1, 9), st.integers(1, 9), st.data())
def test_what_is_read_out_is_a_weight_at_its_place(channels, values, rows, columns, data):
    weight = np.random.default_rng(channels).standard_normal((channels, values)).astype(np.float32)
    pixels = pixels_of(weight, Setting(), rows, columns)
    row, column = data.draw(st.floats(0, channels - 0.01)), data.draw(st.floats(0, values - 0.01))
    found = found_at(pixels, row, column)
    assert found is not None
    assert found.value == weight[found.channel, found.index]
    assert found.channel // pixels.block[0] == int(row) // pixels.block[0]
    assert found.index // pixels.block[1] == int(column) // pixels.block[1]
    assert found_at(pixels, channels + 0.5, 0) is None


# --- memory ---------------------------------------------------------------------------------------------------


class Asked:
    """A session that only notes what it is asked."""

    def __init__(self) -> None:
        self.requests: list[WeightImage] = []

    def look(self, request: WeightImage) -> None:
        self.requests.append(request)


def answer(request: WeightImage) -> WeightPixels:
    return image_of(np.ones((request.part[1], request.part[3]), np.float32), request)


def request(size: int) -> WeightImage:
    return WeightImage("w", Setting(), "weights", (0, size, 0, 10), 100, 100)


def test_of_many_wishes_the_first_and_the_newest_are_sent():
    asked = Asked()
    store = PixelStore(asked)
    for size in range(1, 9):
        assert store.find(request(size)) is None
    assert asked.requests == [request(1)]
    store.take(answer(request(1)))
    assert asked.requests == [request(1), request(8)]
    store.take(answer(request(8)))
    assert store.find(request(8)).weight.shape == (8, 10)
    assert len(asked.requests) == 2


def test_memory_is_bounded_and_what_was_used_last_stays():
    asked = Asked()
    store = PixelStore(asked, budget=12 * 10 * 10 * 3)
    for size in (10, 9, 8, 7, 6):
        store.find(request(size))
        store.take(answer(request(size)))
        store.find(request(10))
    assert store.size <= 12 * 10 * 10 * 3
    sent = len(asked.requests)
    assert store.find(request(10)) is not None
    assert store.find(request(9)) is None
    assert len(asked.requests) == sent + 1
