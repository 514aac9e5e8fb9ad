"""The tensor editor under the mouse and the keyboard, on the sample model with a real engine behind it."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from qviz.paths import sample
from qviz.quant.spec import Scheme
from qviz.session import Session
from qviz.ui.editor.panel import EditorPanel
from qviz.ui.theme import DARK, LIGHT, ThemeSource
from qviz.ui.view_state import View

TWO_SIDED, ONE_SIDED, WEIGHT = "block2/add", "block3/expand/relu", "block2/expand/conv.weight"
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def opened():
    with Session.open(str(sample("digits_mobile.onnx")), str(sample("digits_eval.npz"))) as session:
        yield session


@pytest.fixture
def session(opened):
    """The calibrated session; what a test edits is put back."""
    before = opened.committed
    yield opened
    opened.commit(before, "Back")


class Hands:
    """A panel in its window, and what a user's hands do to it."""

    def __init__(self, qtbot, session: Session) -> None:
        self.session, self.view, self.themes = session, View(), ThemeSource()
        self.panel = EditorPanel(session, self.view, self.themes)
        self.plot, self.handles = self.panel.plot, self.panel.plot.pair.handles
        self.stop = session.observe(self._told)
        qtbot.addWidget(self.panel)
        self.panel.resize(840, 520)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.panel.activateWindow()

    def _told(self, change) -> None:
        if change.kind in ("encodings", "histograms"):
            getattr(self.panel, f"refresh_{change.kind}")()

    def select(self, name: str) -> None:
        self.view.update(selected=(name,))
        self.plot.grab()

    def range(self, name: str | None = None) -> tuple[float, float]:
        setting = self.session.encodings[name or self.view.state.current]
        return min(setting.range.low), max(setting.range.high)

    def at(self, x: float, y: float = 220):
        return self.plot.mapFromScene(QPointF(x, y))

    def press(self, x: float, y: float = 220, button=LEFT) -> None:
        QTest.mousePress(self.plot.viewport(), button, NO_KEY, self.at(x, y))

    def move(self, x: float, y: float = 220, keys=NO_KEY) -> None:
        at = QPointF(self.at(x, y))
        port = self.plot.viewport()
        held = QMouseEvent(QMouseEvent.Type.MouseMove, at, port.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, keys)
        QApplication.sendEvent(port, held)

    def release(self, x: float, y: float = 220, button=LEFT) -> None:
        QTest.mouseRelease(self.plot.viewport(), button, NO_KEY, self.at(x, y))

    def wheel(self, x: float, delta: int) -> None:
        port, at = self.plot.viewport(), QPointF(self.at(x))
        turned = QWheelEvent(
            at, port.mapToGlobal(at), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, NO_KEY,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(port, turned)

    def drag(self, edge: str, by: float) -> None:
        start = self.handles[edge].x_at
        self.press(start)
        self.move(start + by / 2)
        self.move(start + by)
        self.release(start + by)

    def pixel(self) -> float:
        low, high = self.plot.span
        return (self.plot.value_map.value(high) - self.plot.value_map.value(low)) / self.plot.pixels()

    def number(self, name: str) -> str:
        return self.panel.readout._values[name].text()


@pytest.fixture
def hands(qtbot, session):
    hands = Hands(qtbot, session)
    yield hands
    hands.stop()


def entries(session: Session) -> int:
    return session.history.index


def test_dragging_a_handle_moves_the_range_at_once_and_is_one_undo(hands, session):
    hands.select(TWO_SIDED)
    low, high = hands.range()
    count, sqnr = entries(session), hands.number("sqnr")
    start = hands.handles["max"].x_at
    hands.press(start + 6)
    hands.move(start + 6 - 80, keys=Qt.KeyboardModifier.AltModifier)
    assert hands.range()[1] == pytest.approx(high - 80 * hands.pixel(), rel=1e-6)
    assert hands.range()[0] == low
    assert hands.number("sqnr") != sqnr
    assert entries(session) == count
    assert hands.view.state.dragging == TWO_SIDED
    hands.move(start + 6 - 120)
    hands.release(start + 6 - 120)
    assert entries(session) == count + 1
    assert TWO_SIDED in session.history.undo_label
    assert hands.view.state.dragging is None
    session.undo()
    assert hands.range() == (low, high)
    assert hands.number("sqnr") == sqnr


def test_a_press_without_a_move_is_no_edit(hands, session):
    hands.select(TWO_SIDED)
    count, before = entries(session), session.encodings
    hands.press(hands.handles["max"].x_at)
    hands.release(hands.handles["max"].x_at)
    assert entries(session) == count
    assert session.encodings is before


def test_a_press_more_than_eight_pixels_away_takes_no_handle(hands, session):
    hands.select(TWO_SIDED)
    before = session.encodings
    hands.press(hands.handles["max"].x_at - 9)
    hands.move(hands.handles["max"].x_at - 60)
    hands.release(hands.handles["max"].x_at - 60)
    assert session.encodings is before


def test_the_tab_with_the_value_is_a_handle_too(hands):
    hands.select(TWO_SIDED)
    tab = hands.handles["max"].tab().center()
    assert tab.x() > hands.handles["max"].x_at + 9
    _, high = hands.range()
    hands.press(tab.x(), tab.y())
    hands.move(tab.x() - 40, tab.y())
    assert hands.range()[1] == pytest.approx(high - 40 * hands.pixel(), rel=1e-6)
    hands.release(tab.x() - 40, tab.y())


def test_escape_during_a_drag_restores_and_leaves_no_entry(hands, session):
    hands.select(TWO_SIDED)
    before, count = hands.range(), entries(session)
    start = hands.handles["min"].x_at
    hands.press(start)
    hands.move(start + 50)
    assert hands.range() != before
    QTest.keyClick(hands.plot, Qt.Key.Key_Escape)
    assert hands.range() == before
    hands.move(start + 90)
    hands.release(start + 90)
    assert hands.range() == before
    assert entries(session) == count


def test_a_drag_does_not_move_the_view(hands):
    hands.select(TWO_SIDED)
    span, counts = hands.plot.span, hands.plot.histogram_box.viewRange()
    start = hands.handles["max"].x_at
    hands.press(start)
    hands.move(start + 300)
    assert hands.plot.span == span
    assert hands.plot.histogram_box.viewRange() == counts
    hands.release(start + 300)
    assert hands.handles["max"].outside == 1


def test_shift_makes_a_drag_ten_times_finer(hands):
    hands.select(TWO_SIDED)
    _, high = hands.range()
    start = hands.handles["max"].x_at
    hands.press(start)
    hands.move(start - 100, keys=Qt.KeyboardModifier.ShiftModifier)
    assert hands.range()[1] == pytest.approx(high - 10 * hands.pixel(), rel=1e-6)
    hands.release(start - 100)


@pytest.mark.parametrize(("by", "moved"), [(-30, "min"), (30, "max")])
def test_where_both_handles_stand_at_one_place_the_first_movement_decides(hands, session, by, moved):
    session.set_range(TWO_SIDED, -1e-9, 1e-9)
    hands.select(TWO_SIDED)
    hands.panel.view_buttons["bulk"].click()
    x = hands.handles["max"].x_at
    assert abs(x - hands.handles["min"].x_at) < 1
    hands.press(x)
    hands.move(x + by)
    low, high = hands.range()
    assert (low < -1e-3, high > 1e-3) == (moved == "min", moved == "max")
    hands.release(x + by)


def test_the_zero_edge_of_a_one_sided_tensor_stays(hands, session):
    hands.select(ONE_SIDED)
    before = session.encodings
    x = hands.handles["min"].x_at
    hands.press(x)
    hands.move(x + 40)
    hands.release(x + 40)
    assert session.encodings is before
    assert hands.handles["min"].fixed
    assert not hands.handles["max"].fixed


def test_an_edge_stops_at_zero(hands):
    hands.select(TWO_SIDED)
    hands.drag("max", -600)
    assert hands.range()[1] == 0.0


def test_a_symmetric_range_moves_both_edges(hands, session):
    session.set_spec(TWO_SIDED, scheme=Scheme.SYMMETRIC)
    hands.select(TWO_SIDED)
    hands.drag("max", -60)
    low, high = hands.range()
    assert low == pytest.approx(-high * 128 / 127)


def test_dragging_a_channelwise_range_caps_each_channels_own(hands, session):
    session.set_spec(WEIGHT, granularity="per-channel")
    hands.select(WEIGHT)
    own = session.encodings[WEIGHT].range.high
    hands.drag("max", -120)
    cap = hands.range()[1]
    assert cap < max(own)
    assert session.encodings[WEIGHT].range.high == pytest.approx([min(c, cap) for c in own])


def test_a_handle_out_of_view_comes_when_its_chevron_is_pulled_inwards(hands, session):
    session.set_range(TWO_SIDED, -8.0, 5000.0)
    hands.select(TWO_SIDED)
    handle = hands.handles["max"]
    assert handle.outside == 1
    assert "5000" in handle.text
    tab = handle.tab().center()
    hands.press(tab.x(), tab.y())
    hands.move(tab.x() - 10, tab.y())
    assert handle.outside == 0
    assert hands.range()[1] == 5000.0
    hands.move(tab.x() - 60, tab.y())
    assert hands.range()[1] < 5000.0
    hands.release(tab.x() - 60, tab.y())


def test_a_drag_snaps_to_a_calibrators_mark_and_alt_lets_it_pass(hands, session):
    session.set_range(TWO_SIDED, hands_low(session), 6.0)
    hands.select(TWO_SIDED)
    mark = session.histograms[TWO_SIDED].max
    start, goal = hands.handles["max"].x_at, hands.plot.scene_x(mark)
    hands.press(start)
    hands.move(goal - 4, keys=Qt.KeyboardModifier.AltModifier)
    assert hands.range()[1] == pytest.approx(mark - 4 * hands.pixel(), rel=1e-2)
    hands.move(goal - 3)
    assert hands.range()[1] == mark
    hands.release(goal - 3)
    assert session.encodings[TWO_SIDED].source == "minmax"


def hands_low(session: Session) -> float:
    return session.histograms[TWO_SIDED].min


def test_a_double_click_brings_back_the_calibrated_range(hands, session):
    session.set_range(TWO_SIDED, -3.0, 4.0)
    hands.select(TWO_SIDED)
    x = hands.handles["max"].x_at
    hands.press(x)
    hands.release(x)
    QTest.mouseDClick(hands.plot.viewport(), LEFT, NO_KEY, hands.at(x))
    histogram = session.histograms[TWO_SIDED]
    assert hands.range() == (histogram.min, histogram.max)


def test_a_left_drag_on_the_empty_plot_changes_nothing_and_the_middle_button_pans(hands, session):
    hands.select(TWO_SIDED)
    before, span = session.encodings, hands.plot.span
    middle = (hands.handles["min"].x_at + hands.handles["max"].x_at) / 2
    hands.press(middle)
    hands.move(middle + 50)
    hands.release(middle + 50)
    assert (session.encodings, hands.plot.span) == (before, span)
    hands.press(middle, button=Qt.MouseButton.MiddleButton)
    hands.move(middle + 50)
    hands.release(middle + 50, button=Qt.MouseButton.MiddleButton)
    width = span[1] - span[0]
    assert hands.plot.span[0] == pytest.approx(span[0] - 50 * width / hands.plot.pixels())
    assert session.encodings is before


def test_space_pans_too(hands):
    hands.select(TWO_SIDED)
    span = hands.plot.span
    middle = (hands.handles["min"].x_at + hands.handles["max"].x_at) / 2
    QTest.keyPress(hands.plot, Qt.Key.Key_Space)
    hands.press(middle)
    hands.move(middle - 40)
    hands.release(middle - 40)
    QTest.keyRelease(hands.plot, Qt.Key.Key_Space)
    assert hands.plot.span[0] > span[0]


def test_the_wheel_zooms_about_the_cursor(hands):
    hands.select(TWO_SIDED)
    box = hands.plot.histogram_box
    under, pixel = box.plot_x(500), hands.pixel()
    hands.wheel(500, 120)
    assert box.plot_x(500) == pytest.approx(under)
    assert hands.pixel() < pixel
    hands.wheel(500, -120)
    assert hands.pixel() == pytest.approx(pixel)


def test_view_buttons_show_bulk_range_and_all(hands, session):
    session.set_range(TWO_SIDED, -1.0, 30.0)
    hands.select(TWO_SIDED)
    shown = {}
    for name, button in hands.panel.view_buttons.items():
        button.click()
        low, high = hands.plot.span
        shown[name] = hands.plot.value_map.value(low), hands.plot.value_map.value(high)
    low, high = session.histograms[TWO_SIDED].mass_range(0.999)
    assert shown["bulk"][0] < low < high < shown["bulk"][1] < 30
    assert low < shown["clip"][0] < -1 < 30 < shown["clip"][1]
    assert shown["all"][0] < session.histograms[TWO_SIDED].min < 30 < shown["all"][1]


def test_tab_reaches_each_handle_and_arrows_move_one_pixels_worth(hands, session, qtbot):
    hands.select(TWO_SIDED)
    low, high = hands.range()
    hands.plot.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(hands.plot.hasFocus)
    assert hands.handles["min"].focused
    QTest.keyClick(hands.plot, Qt.Key.Key_Tab)
    assert hands.handles["max"].focused
    count = entries(session)
    QTest.keyClick(hands.plot, Qt.Key.Key_Left)
    assert hands.range() == (low, pytest.approx(high - hands.pixel()))
    QTest.keyClick(hands.plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert hands.range()[1] == pytest.approx(high - 1.1 * hands.pixel())
    assert entries(session) == count + 1
    QTest.keyClick(hands.plot, Qt.Key.Key_Escape)
    assert hands.range() == (low, high)
    QTest.keyClick(hands.plot, Qt.Key.Key_Tab)
    assert not hands.plot.hasFocus() or hands.plot.pair.focused is None


def test_a_locked_range_cannot_be_dragged_and_says_so(hands, session):
    session.set_locked(TWO_SIDED, True)
    hands.select(TWO_SIDED)
    before = session.encodings
    hands.drag("max", -50)
    assert session.encodings is before
    assert hands.panel.header._lock.isVisible()


def test_the_header_says_what_is_selected(hands, session):
    session.set_enabled(WEIGHT, False)
    hands.select(WEIGHT)
    assert hands.panel.header._name.text() == WEIGHT
    details = hands.panel.header._details.text()
    assert all(part in details for part in ("Conv", "32×", "8 bits symmetric", "left in float"))


def test_the_numbers_are_those_of_the_histogram(hands, session):
    session.set_spec(TWO_SIDED, bits=4)
    session.set_range(TWO_SIDED, -4.0, 4.0)
    hands.select(TWO_SIDED)
    effective = session.encodings[TWO_SIDED].encoding
    outside = session.histograms[TWO_SIDED].resample([-1e9, effective.min[0], effective.max[0], 1e9])
    share = 100 * (outside[0] + outside[2]) / outside.sum()
    assert float(hands.number("clipped").split()[0]) == pytest.approx(share, abs=0.15)
    assert float(hands.number("step")) == pytest.approx(8 / 15, rel=0.01)
    assert float(hands.number("rounding").split()[0]) + float(hands.number("clipping").split()[0]) == pytest.approx(
        100, abs=0.11
    )


def test_on_a_logarithmic_axis_the_same_values_stay_in_view_and_drags_work(hands):
    hands.select(TWO_SIDED)
    there = hands.plot.value_map
    shown = [there.value(edge) for edge in hands.plot.span]
    hands.panel.log_axis.click()
    there = hands.plot.value_map
    assert there.symlog
    assert [there.value(edge) for edge in hands.plot.span] == pytest.approx(shown)
    _, high = hands.range()
    hands.drag("max", -30)
    assert 0 < hands.range()[1] < high


def test_another_theme_recolours_the_plots(hands):
    hands.select(TWO_SIDED)
    for dark, theme in ((True, DARK), (False, LIGHT)):
        hands.themes.choose(dark)
        assert hands.plot.backgroundBrush().color().name() == theme.plot
        assert hands.plot.levels.opts["pen"].color().name() == theme.quantized


def test_nothing_selected_says_what_to_do(hands):
    assert hands.panel.message.isVisible()
    assert "Select" in hands.panel.message.text()


def test_without_data_weights_are_editable_and_activations_say_what_is_missing(qtbot):
    with Session.open(str(sample("digits_cnn.onnx"))) as session:
        hands = Hands(qtbot, session)
        kinds = {q.kind: q.name for q in session.quantizers.values()}
        hands.select(kinds["activation"])
        assert "No data" in hands.panel.message.text()
        hands.select(kinds["param"])
        assert not hands.panel.message.isVisible()
        before = hands.range()
        hands.drag("max", -40)
        assert hands.range() != before
        assert "dB" in hands.number("sqnr")


def test_the_menu_resets_and_copies(hands, session):
    session.set_range(TWO_SIDED, -3.0, 4.0)
    hands.select(TWO_SIDED)
    actions = {action.text(): action for action in hands.panel.menu().actions()}
    actions["Copy range"].trigger()
    assert QApplication.clipboard().text() == "-3.0, 4.0"
    actions["Reset to the calibrated range"].trigger()
    assert hands.range() == (session.histograms[TWO_SIDED].min, session.histograms[TWO_SIDED].max)


def test_a_callout_finds_the_handle(hands):
    assert hands.panel.anchor("max") is None
    hands.select(TWO_SIDED)
    at = hands.panel.anchor("max")
    assert hands.panel.rect().contains(at)


def test_it_folds_where_there_is_little_room(hands):
    hands.select(TWO_SIDED)
    hands.panel.resize(480, 360)
    hands.plot.grab()
    assert hands.panel.width() == 480
    last = hands.panel.view_buttons["all"]
    assert last.mapTo(hands.panel, last.rect().bottomRight()).x() < 480
    assert all(label.isVisible() for label in hands.panel.readout.findChildren(QLabel))
