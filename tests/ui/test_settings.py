"""The inspector, the whole-model settings and their controls."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from qviz.errors import QvizError
from qviz.quant.spec import Granularity, Scheme
from qviz.ui.controls.boxes import ChoiceBox, IntegerBox
from qviz.ui.controls.value_box import ValueBox, parse
from qviz.ui.data.fields import numbers, size
from qviz.ui.theme import DARK, LIGHT, Theme
from qviz.ui.window.main_window import MainWindow

CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit)


def wheel(widget: QWidget) -> None:
    middle = QPointF(widget.rect().center())
    keys, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(
        widget,
        QWheelEvent(
            middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, keys, phase, False
        ),
    )


def typed(box: ValueBox, text: str) -> None:
    box.lineEdit().selectAll()
    QTest.keyClicks(box, text)  # the box has the focus, as its line's proxy
    QTest.keyClick(box, Qt.Key.Key_Return)


# --- controls ---------------------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_finite_number_is_read_exactly(value: float) -> None:
    assert parse(repr(value)) == value


@pytest.mark.parametrize("text", ["", "abc", "nan", "inf", "-inf", "1e999", "1 2"])
def test_what_is_no_finite_number_is_not_taken(text: str) -> None:
    assert parse(text) is None


def test_a_typed_value_is_committed_once_and_exactly(qtbot: QtBot) -> None:
    box, committed = ValueBox(), []
    qtbot.addWidget(box)
    box.committed.connect(committed.append)
    box.set_value(1.0)
    typed(box, "0.1234567890123")
    assert committed == [0.1234567890123]
    assert box.value() == 0.1234567890123
    typed(box, "nonsense")
    typed(box, "-2,5")
    assert committed == [0.1234567890123, -2.5]


@pytest.mark.slow
def test_escape_restores_and_leaving_untouched_commits_nothing(qtbot: QtBot) -> None:
    box, committed = ValueBox(), []
    qtbot.addWidget(box)
    box.committed.connect(committed.append)
    box.set_value(1 / 3)
    assert box.lineEdit().text() == "0.333333"
    QTest.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    QTest.keyClicks(box.lineEdit(), "9")
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert box.lineEdit().text() == "0.333333"
    assert committed == []


def test_the_wheel_over_a_box_without_focus_edits_nothing(qtbot: QtBot) -> None:
    window = QWidget()
    integer, choice, value = IntegerBox(2, 16, window), ChoiceBox(window), ValueBox(window)
    qtbot.addWidget(window)
    window.show()
    integer.set_value(8)
    choice.set_choices({"a": "A", "b": "B", "c": "C"})
    choice.set_value("b")
    value.set_value(1.0)
    window.setFocus()
    for box in (integer, choice, value):
        wheel(box)
    assert (integer.value(), choice.value(), value.value()) == (8, "b", 1.0)


def test_boxes_show_mixed_values_and_say_nothing_while_they_do(qtbot: QtBot) -> None:
    integer, choice, told = IntegerBox(2, 16), ChoiceBox(), []
    qtbot.addWidget(integer)
    qtbot.addWidget(choice)
    integer.valueChanged.connect(told.append)
    choice.set_choices({"a": "A", "b": "B"})
    choice.currentIndexChanged.connect(told.append)
    integer.set_value(None, "mixed")
    choice.set_value(None, "mixed")
    assert integer.text() == "mixed"
    assert choice.value() is None
    assert choice.placeholderText() == "mixed"
    assert told == []
    integer.set_value(4)
    assert integer.minimum() == 2


# --- the data dialog's fields -------------------------------------------------------------------------------------


def test_numbers_and_sizes_as_people_write_them() -> None:
    assert numbers("1/255", "Scale") == (1 / 255,)
    assert numbers("0.5; 0.25, 1", "Mean") == (0.5, 0.25, 1.0)
    assert size("") is None
    assert (size("224"), size("224x160"), size("224 × 160")) == ((224, 224), (224, 160), (224, 160))


@pytest.mark.parametrize("text", ["", "a", "1,2", "1/0", "1,2,3,4"])
def test_numbers_that_are_none_end_in_a_sentence(text: str) -> None:
    with pytest.raises(QvizError, match="Mean "):
        numbers(text, "Mean")


@pytest.mark.parametrize("text", ["x", "0", "1x2x3", "-4"])
def test_sizes_that_are_none_end_in_a_sentence(text: str) -> None:
    with pytest.raises(QvizError, match="A size is"):
        size(text)


# --- in the window ------------------------------------------------------------------------------------------------


def test_many_selected_in_the_table_change_together_and_come_back_together(demo: MainWindow) -> None:
    session, form, table = demo.session, demo.inspector.form, demo.table
    weights = [n for n, q in session.quantizers.items() if q.kind == "param"]
    session.set_spec(weights[0], bits=4)
    before = session.committed
    table.filter.setText("param")
    table.table.selectAll()
    assert set(demo.view.state.selected) == set(weights)
    assert form.bits.text() == "mixed"
    assert form.scheme.value() == Scheme.SYMMETRIC
    form.bits.setValue(6)
    assert {session.committed[n].spec.bits for n in weights} == {6}
    session.undo()
    assert not session.committed.changed(before)


def test_a_typed_edge_keeps_the_other_and_symmetric_follows(demo: MainWindow) -> None:
    session, form = demo.session, demo.inspector.form
    activation = next(n for n, s in session.committed.settings.items() if s.range and s.range.low[0] < -1)
    low = session.committed[activation].range.low[0]  # type: ignore[union-attr]
    session.set_spec(activation, scheme=Scheme.ASYMMETRIC)
    demo.view.update(selected=(activation,))
    typed(form.high, "2.5")
    assert session.committed[activation].range.high == (2.5,)  # type: ignore[union-attr]
    assert session.committed[activation].range.low[0] == pytest.approx(low)  # type: ignore[union-attr]
    assert form.calibrator.placeholderText() == "set by hand"
    assert form.calibrator.value() is None
    session.set_spec(activation, scheme=Scheme.SYMMETRIC)
    typed(form.high, "1.27")
    assert session.committed[activation].range.low[0] == pytest.approx(-1.28)  # type: ignore[union-attr]


@pytest.mark.slow
def test_locked_quantizers_are_left_out_of_whole_model_changes(demo: MainWindow) -> None:
    name = next(n for n, q in demo.session.quantizers.items() if q.kind == "param")
    demo.view.update(selected=(name,))
    demo.inspector.form.locked.click()
    demo.header.weights.bits.setValue(5)
    weights = [n for n, q in demo.session.quantizers.items() if q.kind == "param"]
    bits = {n: demo.session.committed[n].spec.bits for n in weights}
    assert bits.pop(name) == 8
    assert set(bits.values()) == {5}


@pytest.mark.slow
def test_per_channel_is_offered_only_where_there_is_a_channel_axis(demo: MainWindow) -> None:
    form = demo.inspector.form
    assert not form.granularity.isEnabled()
    name = next(n for n, q in demo.session.quantizers.items() if q.axis is not None)
    demo.view.update(selected=(name,))
    assert form.granularity.isEnabled()
    form.granularity.setCurrentIndex(form.granularity.findData(str(Granularity.PER_CHANNEL)))
    form.granularity.activated.emit(form.granularity.currentIndex())
    assert demo.session.committed[name].spec.per_channel
    assert form.effective.text().endswith("channels")


def test_the_table_follows_the_selection_and_a_click_switches_off(
    demo: MainWindow, settled: Callable[[MainWindow], None]
) -> None:
    name = list(demo.session.quantizers)[3]
    demo.view.update(selected=(name,))
    rows = [i.row() for i in demo.table.table.selectionModel().selectedRows()]
    assert [demo.table.model.name_at(row) for row in rows] == [name]
    demo.inspector.form.enabled.click()
    settled(demo)
    assert not demo.session.committed[name].enabled
    assert demo.inspector.form.enabled.checkState() == Qt.CheckState.Unchecked


def test_every_control_has_a_name_and_is_large_enough(demo: MainWindow) -> None:
    nameless, small = [], []
    for control in demo.findChildren(QWidget):
        if not isinstance(control, CONTROLS) or not control.isVisible() or isinstance(control.parent(), CONTROLS):
            continue
        text = control.text() if isinstance(control, QAbstractButton) else ""
        if isinstance(control.parent(), QAbstractItemView):
            continue
        if not (control.accessibleName() or text):
            nameless.append(control)
        if control.height() < 24 or control.width() < 24:
            small.append((control, control.size()))
    assert nameless == []
    assert small == []


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_texts_and_marks_stand_out_from_what_they_lie_on(theme: Theme) -> None:
    for under in (theme.panel, theme.plot):
        for text in (theme.text, theme.muted, theme.good, theme.bad, theme.warning):
            assert contrast(text, under) >= 4.5
        for mark in (theme.handle_min, theme.handle_max, theme.histogram, theme.edge, *theme.category.values()):
            assert contrast(mark, under) >= 3.0
    assert contrast(theme.accent_text, theme.accent) >= 4.5


def contrast(a: str, b: str) -> float:
    """WCAG's contrast ratio."""
    high, low = sorted((_luminance(QColor(a)), _luminance(QColor(b))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: QColor) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
