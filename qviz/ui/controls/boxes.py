"""Spin and combo boxes in which a wheel edits only what has the focus, and that can show "mixed"."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget


class IntegerBox(QSpinBox):
    """A whole number; `set_value(None)` shows that several values are selected."""

    def __init__(self, low: int, high: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low = low
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

    def value(self) -> str | None:
        """The value chosen, or None where mixed."""
        data = self.currentData()
        return None if data is None else str(data)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
