"""A spin box for one real number, kept exactly as typed."""

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from qviz.ui.text import number


class ValueBox(QAbstractSpinBox):
    """A finite float with a point in every locale. Enter, leaving the box or stepping commits; Esc restores."""

    committed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.step = 0.1
        self._value: float | None = None
        self._empty = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().textEdited.connect(self._check)
        self.lineEdit().returnPressed.connect(self._commit_typed)

    def value(self) -> float | None:
        return self._value

    def set_value(self, value: float | None, empty: str = "") -> None:
        """Show a value without telling anyone; None shows `empty`. What is being typed stays."""
        if (value, empty) == (self._value, self._empty) and not self.lineEdit().isModified():
            return
        self._value, self._empty = value, empty
        if not (self.hasFocus() and self.lineEdit().isModified()):
            self._show()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        state = QValidator.State.Intermediate if parse(text) is None else QValidator.State.Acceptable
        return state, text, position

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags = QAbstractSpinBox.StepEnabledFlag
        return flags.StepNone if self._value is None else flags.StepUpEnabled | flags.StepDownEnabled

    def stepBy(self, steps: int) -> None:
        if self._value is not None:
            self._commit(self._value + steps * self.step)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.lineEdit().isModified():
            self._show()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._commit_typed()  # a spin box would read the text first, and this one has no value for it
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._commit_typed()
        super().focusOutEvent(event)

    def _commit_typed(self) -> None:
        typed = parse(self.lineEdit().text())
        if self.lineEdit().isModified() and typed is not None and typed != self._value:
            self._commit(typed)
        else:
            self._show()

    def _commit(self, value: float) -> None:
        self._value = value
        self._show()
        self.committed.emit(value)

    def _show(self) -> None:
        self.lineEdit().setText(self._empty if self._value is None else number(self._value, 6))
        self.lineEdit().setModified(False)
        self._check(self.lineEdit().text())

    def _check(self, text: str) -> None:
        wrong = self.lineEdit().isModified() and parse(text) is None
        self.setToolTip(self.tr("Type a finite number, such as -1.5 or 2e-3.") if wrong else repr(self._value))


def parse(text: str) -> float | None:
    """The finite number that a user typed (a comma or a real minus sign will do), or None."""
    try:
        value = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
