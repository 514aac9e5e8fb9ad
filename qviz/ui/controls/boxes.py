"""Spin and combo boxes in which a wheel edits only what has the focus, that can show "mixed", and grey some values."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent, QPalette, QStandardItemModel, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)


class IntegerBox(QSpinBox):
    """A whole number; `set_value(None)` shows that several values are selected.

    Refused values can be shown, but neither typed nor stepped onto; typing one shows why.
    """

    def __init__(self, low: int, high: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low = low
        self._refused: Mapping[int, str] = {}
        self.setRange(low, high)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_value(self, value: int | None, mixed: str = "") -> None:
        """Show a value without telling anyone; None shows `mixed`."""
        blocked = self.blockSignals(True)
        self.setSpecialValueText(mixed if value is None else "")
        self.setMinimum(self._low - 1 if value is None else self._low)
        self.setValue(self.minimum() if value is None else value)
        self.blockSignals(blocked)

    def set_refused(self, reasons: Mapping[int, str]) -> None:
        """Values that cannot be chosen, each with the reason."""
        if reasons != self._refused:
            self._refused = dict(reasons)
            self.update()  # arrows that lead nowhere are greyed

    def _next(self, step: int) -> int | None:
        """The nearest value in one direction that can be chosen."""
        values = range(self.value() + step, self.maximum() + 1 if step > 0 else self._low - 1, step)
        return next((v for v in values if v >= self._low and v not in self._refused), None)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags = QAbstractSpinBox.StepEnabledFlag
        up = flags.StepNone if self._next(1) is None else flags.StepUpEnabled
        return up | (flags.StepNone if self._next(-1) is None else flags.StepDownEnabled)

    def stepBy(self, steps: int) -> None:
        for _ in range(abs(steps)):
            value = self._next(1 if steps > 0 else -1)
            if value is None:
                return
            self.setValue(value)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        judged = super().validate(text, position)
        assert isinstance(judged, tuple)  # PySide's way of giving back what Qt changes in place
        state, text, position = judged
        if state == QValidator.State.Acceptable and self.hasFocus() and (why := self._refusal(text)):
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), why, self)
            state = QValidator.State.Intermediate
        return state, text, position

    def fixup(self, text: str) -> str:
        return str(self.value())

    def event(self, event: QEvent) -> bool:
        """With values refused, the tool tip says which and why."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._refused:
            reason = self._refused.get(self.value()) or next(iter(self._refused.values()))
            QToolTip.showText(event.globalPos(), "\n".join(t for t in (self.toolTip(), reason) if t), self)
            return True
        return super().event(event)

    def _refusal(self, text: str) -> str | None:
        return self._refused.get(int(text)) if text.isdigit() and int(text) != self.value() else None

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceBox(QComboBox):
    """One of a few values, each with a translatable text; `set_value(None)` shows that several are selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def set_choices(self, choices: dict[str, str]) -> None:
        """Value -> text as shown, keeping the value chosen."""
        if [self.itemData(i) for i in range(self.count())] == list(choices):
            for i, text in enumerate(choices.values()):
                self.setItemText(i, text)
            return
        blocked = self.blockSignals(True)
        value = self.value()
        self.clear()
        for data, text in choices.items():
            self.addItem(text, data)
        self.setCurrentIndex(self.findData(value))
        self.blockSignals(blocked)

    def set_value(self, value: str | None, mixed: str = "") -> None:
        """Show a value without telling anyone; None shows `mixed`."""
        blocked = self.blockSignals(True)
        self.setPlaceholderText(mixed)
        self.setCurrentIndex(-1 if value is None else self.findData(value))
        self.blockSignals(blocked)

    def set_refused(self, reasons: Mapping[Any, str]) -> None:
        """Values that cannot be chosen, greyed, each with the reason as its tool tip."""
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        for i in range(self.count()):
            reason = reasons.get(self.itemData(i))
            model.item(i).setEnabled(reason is None)
            self.setItemData(i, reason, Qt.ItemDataRole.ToolTipRole)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt paints it, but a text that does not fit ends in an ellipsis."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        frame, label = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(frame, option, label, self).width()
        text = self.placeholderText() if self.currentIndex() < 0 else self.currentText()
        option.currentText = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawComplexControl(frame, option)
        if self.currentIndex() < 0:
            option.palette.setBrush(QPalette.ColorRole.ButtonText, option.palette.placeholderText())
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def value(self) -> str | None:
        """The value chosen, or None where mixed."""
        data = self.currentData()
        return None if data is None else str(data)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
