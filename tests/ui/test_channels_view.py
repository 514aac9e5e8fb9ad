"""The channels tab: keys, typed values, what it shows, its errors."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from qviz.encodings import Setting
from qviz.quant.error import quantization_error
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from qviz.ui.channels.errors import ChannelErrors
from tests.ui.channels_hands import LEFT, NO_KEY, OTHER, WEIGHT, asymmetric, entries, hands, opened, session

__all__ = ["hands", "opened", "session"]  # fixtures


def test_arrows_walk_along_the_channels_as_sorted(hands):
    hands.plot.pick(3)
    hands.key(Qt.Key.Key_Right)
    assert hands.plot.picked == 4
    hands.panel.order.setCurrentIndex(hands.panel.order.findData("width"))
    hands.key(Qt.Key.Key_Home)
    widths = hands.plot.rows.high - hands.plot.rows.low
    assert hands.plot.picked == int(np.argmax(widths))
    hands.key(Qt.Key.Key_Right)
    assert widths[hands.plot.picked] == np.sort(widths)[-2]
    hands.key(Qt.Key.Key_End)
    assert widths[hands.plot.picked] == widths.min()
    assert hands.numbers.channel.value() == hands.plot.picked


def test_up_and_down_move_the_edge_and_nudges_are_one_entry(hands, session):
    count, before = entries(session), hands.effective()[hands.plot.picked]
    hands.plot.setFocus()
    for _ in range(3):
        hands.key(Qt.Key.Key_Down)
    assert hands.effective()[hands.plot.picked] < before
    assert entries(session) == count + 1
    hands.key(Qt.Key.Key_Escape)
    assert hands.effective()[hands.plot.picked] == before


def test_tab_goes_to_the_other_edge_first(hands, session):
    asymmetric(session)
    hands.plot.setFocus()
    low = hands.ranges()[0].copy()
    hands.key(Qt.Key.Key_Tab)
    assert hands.plot.hasFocus()
    hands.key(Qt.Key.Key_Up)
    assert hands.ranges()[0][hands.plot.picked] > low[hands.plot.picked]


def test_typed_values_are_kept_exactly(hands, session):
    asymmetric(session)
    hands.numbers.channel.setValue(5)
    assert hands.plot.picked == 5
    box = hands.numbers.boxes["max"]
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box.lineEdit(), "0.125")
    QTest.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert hands.ranges()[1][5] == 0.125


def test_double_click_resets_the_channel(hands):
    before = hands.effective()
    hands.drag("max", 60)
    line = hands.handle("max").line
    QTest.mouseDClick(hands.plot, LEFT, NO_KEY, line.center().toPoint())
    np.testing.assert_allclose(hands.effective(), before)


def test_a_locked_quantizer_has_no_handles(hands, session):
    session.set_locked(WEIGHT, True)
    assert hands.plot.handles() == []
    assert not hands.numbers.boxes["max"].isEnabled()
    before = session.encodings
    y = hands.plot.geometry_().y(float(hands.effective()[18]))
    hands.press(hands.center(18), y)
    hands.move(hands.center(18), y + 40)
    hands.release(hands.center(18), y + 40)
    assert session.encodings is before


def test_the_wheel_zooms_about_the_channel_under_the_mouse(hands):
    x = hands.center(20)
    hands.wheel(x, 240)
    first, last = hands.plot.span
    assert last - first < 32
    assert hands.plot.channel_at(x) == 20
    stretch = hands.plot.geometry_().view
    hands.wheel(x, 240, Qt.KeyboardModifier.ControlModifier)
    assert hands.plot.geometry_().view[1] < stretch[1]
    QTest.mouseClick(hands.panel.all, LEFT)
    assert hands.plot.span == (0.0, 32.0)
    assert hands.plot.geometry_().view == stretch


def test_another_tensor_starts_with_its_own_channels(hands):
    hands.plot.pick(30)
    hands.wheel(hands.center(20), 240)
    hands.select(OTHER)
    assert hands.view.state.channel is None
    assert hands.plot.span == (0.0, 24.0)


def test_what_sticks_out_of_the_clip_range_is_drawn_so(hands, session):
    def clipped_pixels() -> int:
        image = hands.plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
        area = hands.plot.geometry_().ranges.toRect()
        part = pixels[area.top() : area.bottom(), area.left() : int(hands.center(15))]  # the tabs lie elsewhere
        return int((part == clip_color).sum())

    clip_color = np.uint32(QColor(hands.themes.current.clipping).rgb())
    assert clipped_pixels() == 0
    session.set_range(WEIGHT, -20.0, 20.0)
    assert clipped_pixels() > 50


def wide_histogram(channels: int, values: int) -> Histogram:
    rng = np.random.default_rng(0)
    histogram = Histogram(0)
    histogram.add((rng.standard_normal((channels, values)) * rng.lognormal(0, 1, (channels, 1))).astype(np.float32))
    return histogram


def encoding_of(histogram: Histogram, factor: float = 1.0):
    spec = UniformSpec(8, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
    low, high = histogram.channel_min * factor, histogram.channel_max * factor
    return Setting(spec=spec).with_range(low, high, "minmax").encoding


def test_errors_arrive_in_slices_and_end_exact():
    histogram = wide_histogram(1000, 300)
    errors = ChannelErrors()
    errors.follow(histogram, encoding_of(histogram))
    slices = 1
    while errors.work(0.5):
        slices += 1
    assert slices > 2
    whole = quantization_error(histogram, encoding_of(histogram))
    np.testing.assert_allclose(-errors.decibel, whole.channel_sqnr_db)
    assert -errors.tensor_decibel == pytest.approx(whole.sqnr_db)


def test_a_change_of_one_channel_costs_one_channel():
    histogram = wide_histogram(1000, 300)
    errors = ChannelErrors()
    errors.follow(histogram, encoding_of(histogram))
    while errors.work(1000):
        pass
    encoding = encoding_of(histogram)
    encoding.scale[7] *= 2
    errors.follow(histogram, encoding)
    assert list(np.flatnonzero(errors.stale)) == [7]
    before = errors.rounding[7]
    errors.find(7)
    assert errors.rounding[7] > before
    assert not errors.stale.any()


def test_4096_channels_never_wait_for_all_errors():
    histogram = wide_histogram(4096, 256)
    errors = ChannelErrors()
    errors.follow(histogram, encoding_of(histogram))
    histogram.spread  # noqa: B018 (made once, when the tensor is first shown)
    started = time.thread_time()
    quantization_error(histogram, encoding_of(histogram))
    whole = time.thread_time() - started
    longest = 0.0
    for _ in range(20):
        started = time.thread_time()
        more = errors.work(3.0)
        longest = max(longest, time.thread_time() - started)
        if not more:
            break
    assert longest < whole / 2
