"""A number that keeps its place and width, in a font that follows the size of text."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel

from qviz.ui.theme import scaled_font

SPARE = 3  # pixels beside a text that surely fits


class NumberLabel(QLabel):
    """`widest` is the longest text that stands here; `factor` times the interface font's size.

    Its size is fixed, so that a number that changes lays nothing out anew: Qt would do so in the whole window.
    """

    def __init__(self, widest: str, factor: float = 1.0, weight: QFont.Weight = QFont.Weight.Normal) -> None:
        super().__init__()
        self._widest, self._factor, self._weight = widest, factor, weight
        self.setProperty("verbatim", True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._fit()

    def setText(self, text: str) -> None:
        if text != self.text():
            super().setText(text)
            self._take_room()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._fit()
        super().changeEvent(event)

    def _fit(self) -> None:
        font = scaled_font(self._factor, self._weight)
        if font != self.font():
            self.setFont(font)
        self._least = self.fontMetrics().horizontalAdvance(self._widest) + 3 if self._widest else 0
        self._take_room()

    def _take_room(self) -> None:
        """That of the widest text, or of one wider still; asking Qt takes a while, at every frame of a drag."""
        room = self.width() - self.fontMetrics().horizontalAdvance(self.text())
        if self.width() == self._least == self.minimumWidth() and self.text() and room >= SPARE:
            return
        asked = self.sizeHint()
        self.setFixedSize(max(self._least, asked.width()), asked.height())
