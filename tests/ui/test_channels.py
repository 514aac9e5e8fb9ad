"""The channels tab under the mouse and the keyboard, on the sample's weights with a real engine behind it."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from qviz.encodings import Setting
from qviz.paths import sample
from qviz.quant.error import quantization_error
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from qviz.session import Session
from qviz.ui.channels.errors import ChannelErrors
from qviz.ui.channels.panel import ChannelsPanel
from qviz.ui.theme import ThemeSource
from qviz.ui.view_state import View

WEIGHT, OTHER = "block3/depthwise/conv.weight", "block1/depthwise/conv.weight"
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def opened():
    with Session.open(str(sample("digits_mobile.onnx"))) as session:
        yield session


@pytest.fixture
def session(opened):
    """The calibrated session; what a test edits is put back."""
    before = opened.committed
    yield opened
    opened.cancel_preview()
    opened.commit(before, "Back")


class Hands:
    """A panel in its window, and what a user's hands do to it."""

    def __init__(self, qtbot, session: Session) -> None:
        self.session, self.view, self.themes = session, View(), ThemeSource()
        self.panel = ChannelsPanel(session, self.view, self.themes)
        self.plot, self.numbers = self.panel.plot, self.panel.numbers
        self.stop = session.observe(lambda change: self.panel.refresh() if change.kind == "encodings" else None)
        qtbot.addWidget(self.panel)
        self.panel.resize(840, 590)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.panel.activateWindow()
        self.select(WEIGHT)

    def select(self, name: str) -> None:
        self.view.update(selected=(name,))
        self.panel.refresh()

    def ranges(self) -> tuple[np.ndarray, np.ndarray]:
        requested = self.session.encodings[self.view.state.current].range
        return np.array(requested.low), np.array(requested.high)

    def effective(self) -> np.ndarray:
        return self.session.encodings[self.view.state.current].encoding.max

    def center(self, channel: int) -> float:
        return self.plot.geometry_().x(self.plot.rows.position(channel) + 0.5)

    def handle(self, edge: str):
        return next(h for h in self.plot.handles() if h.edge == edge)

    def press(self, x: float, y: float) -> None:
        QTest.mousePress(self.plot, LEFT, NO_KEY, QPoint(round(x), round(y)))

    def move(self, x: float, y: float, keys=NO_KEY) -> None:
        at = QPointF(x, y)
        moved = QMouseEvent(
            QMouseEvent.Type.MouseMove, at, self.plot.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, keys
        )
        QApplication.sendEvent(self.plot, moved)

    def release(self, x: float, y: float) -> None:
        QTest.mouseRelease(self.plot, LEFT, NO_KEY, QPoint(round(x), round(y)))

    def drag(self, edge: str, by: float) -> None:
        x, y = self.handle(edge).line.center().x(), round(self.handle(edge).line.y1())
        self.press(x, y)
        self.move(x, y + by / 2)
        self.move(x, y + by)
        self.release(x, y + by)

    def wheel(self, x: float, delta: int, keys=NO_KEY) -> None:
        at = QPointF(x, 200)
        turned = QWheelEvent(
            at, self.plot.mapToGlobal(at), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, keys,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.plot, turned)

    def key(self, key: Qt.Key, keys=NO_KEY) -> None:
        QTest.keyClick(self.plot, key, keys)

    def text(self, name: str) -> str:
        return self.numbers.labels[name].text()


@pytest.fixture
def hands(qtbot, session):
    hands = Hands(qtbot, session)
    yield hands
    hands.stop()


def entries(session: Session) -> int:
    return session.history.index


def asymmetric(session: Session) -> None:
    session.set_spec(WEIGHT, scheme="asymmetric")


def test_a_channel_is_picked_and_its_edge_dragged_alone(hands, session):
    hands.press(hands.center(6), hands.plot.geometry_().errors.center().y())
    hands.release(hands.center(6), 0)
    assert hands.view.state.channel == 6
    before, count = hands.effective(), entries(session)
    sqnr = hands.text("sqnr")
    hands.drag("max", 30)
    after = hands.effective()
    assert after[6] < before[6] * 0.9
    others = np.arange(len(before)) != 6
    assert (after[others] == before[others]).all()
    assert hands.text("sqnr") != sqnr
    assert entries(session) == count + 1
    assert "channel 6" in session.history.undo_label
    session.undo()
    assert (hands.effective() == before).all()


def test_any_wide_enough_bar_can_be_taken_by_its_edge_at_once(hands):
    asked = 7
    y = hands.plot.geometry_().y(float(hands.effective()[asked]))
    before = hands.effective()
    hands.press(hands.center(asked), y + 5)
    hands.move(hands.center(asked), y + 5 - 20)
    assert hands.view.state.channel == asked
    assert hands.view.state.dragging == WEIGHT
    assert hands.effective()[asked] > before[asked]
    hands.release(hands.center(asked), y - 15)
    assert hands.view.state.dragging is None


def test_a_press_alone_is_no_edit(hands, session):
    before, count = session.encodings, entries(session)
    handle = hands.handle("max").line
    hands.press(handle.center().x(), handle.y1())
    hands.release(handle.center().x(), handle.y1())
    assert session.encodings is before
    assert entries(session) == count


def test_the_value_follows_the_mouse_and_shift_is_ten_times_finer(hands, session):
    asymmetric(session)
    x, y = hands.handle("max").line.center().x(), round(hands.handle("max").line.y1())
    g, high = hands.plot.geometry_(), hands.ranges()[1].max()
    pixel = (g.value(0) - g.value(100)) / 100
    hands.press(x, y)
    hands.move(x, y + 40)
    assert hands.ranges()[1][hands.plot.picked] == pytest.approx(high - 40 * pixel, rel=1e-6)
    hands.move(x, y + 60, Qt.KeyboardModifier.ShiftModifier)
    assert hands.ranges()[1][hands.plot.picked] == pytest.approx(high - 42 * pixel, rel=1e-6)
    hands.release(x, y + 60)


def test_escape_restores_and_leaves_no_entry(hands, session):
    before, count = hands.effective(), entries(session)
    x, y = hands.handle("max").line.center().x(), hands.handle("max").line.y1()
    hands.press(x, y)
    hands.move(x, y + 50)
    assert (hands.effective() != before).any()
    hands.key(Qt.Key.Key_Escape)
    hands.release(x, y + 50)
    assert (hands.effective() == before).all()
    assert entries(session) == count


def test_as_one_moves_all_in_proportion(hands, session):
    QTest.mouseClick(hands.panel.as_one, LEFT)
    before = hands.effective()
    hands.drag("max", 40)
    ratio = hands.effective() / before
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    assert ratio[0] < 0.9
    assert "channel" not in session.history.undo_label


def test_as_one_moves_one_side_where_the_sides_are_free(hands, session):
    asymmetric(session)
    hands.panel.as_one.setChecked(True)
    low, high = hands.ranges()
    hands.drag("min", -40)
    after_low, after_high = hands.ranges()
    assert (after_high == high).all()
    moved = low < 0
    np.testing.assert_allclose(after_low[moved] / low[moved], (after_low[moved] / low[moved])[0], rtol=1e-6)
    assert (after_low[moved] > low[moved]).all()


def test_per_tensor_shows_and_moves_the_one_range(hands, session):
    QTest.mouseClick(hands.panel.granularity[Granularity.PER_TENSOR], LEFT)
    assert not session.encodings[WEIGHT].spec.per_channel
    assert not hands.panel.as_one.isEnabled()
    handle = hands.handle("max").line
    area = hands.plot.geometry_().ranges
    assert (handle.x1(), handle.x2()) == (area.left(), area.right())
    before = hands.ranges()[1]
    x = hands.center(2)
    hands.press(x, handle.y1() + 3)
    hands.move(x, handle.y1() + 43)
    hands.release(x, handle.y1() + 43)
    assert len(hands.ranges()[1]) == 1
    assert hands.ranges()[1] < before
    QTest.mouseClick(hands.panel.granularity[Granularity.PER_CHANNEL], LEFT)
    assert len(hands.ranges()[1]) == 32


def test_one_range_for_all_ruins_narrow_channels_and_the_numbers_say_so(hands, session):
    narrow = int(np.argmin(hands.plot.rows.high - hands.plot.rows.low))
    hands.plot.pick(narrow)
    own = float(hands.text("sqnr").split()[0])
    session.set_spec(WEIGHT, granularity="per-tensor")
    shared = float(hands.text("sqnr").replace("−", "-").split()[0])
    assert own > 40 > 20 > shared
    assert int(hands.text("levels").split()[0]) <= 3


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
