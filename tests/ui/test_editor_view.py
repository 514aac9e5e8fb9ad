"""What the tensor editor shows: view, axis, numbers, states."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from qviz.paths import sample
from qviz.session import Session
from qviz.ui.theme import DARK, LIGHT
from tests.ui.editor_hands import ONE_SIDED, TWO_SIDED, WEIGHT, Hands, entries, hands, opened, session

__all__ = ["hands", "opened", "session"]  # fixtures


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


def test_a_histogram_of_a_sample_says_so(qtbot, monkeypatch):
    for limit in ("SAMPLED_ABOVE", "SAMPLE"):
        monkeypatch.setattr(f"qviz.sim.gathering.{limit}", 1 << 14)
    with Session.open(str(sample("digits_mobile.onnx")), str(sample("digits_eval.npz"))) as session:
        hands = Hands(qtbot, session)
        hands.select(TWO_SIDED)
        assert "sample" in hands.panel.header._details.text()
        values = session.data.calibration_samples * 12 * 8 * 8
        counted = session.histograms[TWO_SIDED].looked_at
        assert counted < values / 4
        assert f"{counted:,} of {values:,} values" in hands.panel.header._details.toolTip()
        hands.stop()


def test_on_a_logarithmic_axis_a_one_sided_tensor_does_not_give_half_of_the_view_to_nothing(hands, session):
    session.set_range(ONE_SIDED, 0.0, 140.0)
    hands.select(ONE_SIDED)
    hands.panel.view_buttons["all"].click()
    hands.panel.log_axis.click()
    zero = hands.plot.scene_x(0.0) - hands.plot.areas()[0].left()
    assert 0 < zero < 0.2 * hands.plot.pixels()


def test_a_ghost_mark_tells_on_hover_whose_it_is(hands):
    hands.select(TWO_SIDED)
    plot = hands.plot
    mark = plot.overlay.marks.ghosts[0]
    at = QPointF(mark.x, plot.areas()[0].top() + plot.overlay.words.px(30))
    assert all(name in plot.told_at(at) for name in mark.names)
    assert plot.told_at(at + QPointF(0, 150)) == ""


def test_a_frame_of_a_drag_repaints_all_that_has_changed(hands):
    hands.select(TWO_SIDED)
    start = hands.handles["max"].x_at
    hands.press(start)
    for x in (start - 40, start - 43, start - 160, start - 20, start - 90):
        hands.move(x)
        QApplication.processEvents()
        at = hands.plot.mapTo(hands.panel, QPoint())
        shown = hands.panel.screen().grabWindow(
            hands.panel.winId(), at.x(), at.y(), hands.plot.width(), hands.plot.height()
        )
        assert np.abs(pixels(shown) - pixels(hands.plot.grab())).max() < 32  # text may lie a fraction of a pixel beside
    hands.release(start)


def pixels(picture: QPixmap) -> np.ndarray:
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return found[:, : image.width(), :3].astype(int)
