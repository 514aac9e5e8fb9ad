"""A number that keeps its place and width, in a font that follows the size of text."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel

from qviz.ui.theme import scaled_font


class NumberLabel(QLabel):
    """`widest` is the longest text that stands here; `factor` times the interface font's size."""

    def __init__(self, widest: str, factor: float = 1.0, weight: QFont.Weight = QFont.Weight.Normal) -> None:
        super().__init__()
        self._widest, self._factor, self._weight = widest, factor, weight
        self.setProperty("verbatim", True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._fit()
        super().changeEvent(event)

    def _fit(self) -> None:
        font = scaled_font(self._factor, self._weight)
        if font != self.font():
            self.setFont(font)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(self._widest) + 3 if self._widest else 0)
