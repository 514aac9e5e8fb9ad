"""The scale of the overlay under the graph: its colours with the numbers at both ends, and what hatching means."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from qviz.ui.graphview.overlay import SCALES, Scale
from qviz.ui.graphview.tint import hatching, plain, tint
from qviz.ui.text import number
from qviz.ui.theme import Theme, scaled_font

BAR, GAP, SWATCH = 56, 6, 16
SHORTEST = 16  # a bar where the room is narrow
SMALL = 0.83  # of the interface's text


class Legend(QWidget):
    """Worst on the left; hidden while no overlay is shown."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._scale = theme, SCALES["cumulative"]
        self.setMinimumHeight(28)
        self.retranslate()

    def retranslate(self) -> None:
        self._unknown = self.tr("no data")
        self.setToolTip(self.tr("Colour of a card; hatched where there is no number"))
        self.updateGeometry()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_scale(self, scale: Scale) -> None:
        self._scale = scale
        self.updateGeometry()
        self.update()

    def texts(self) -> tuple[str, str]:
        """Numbers at the left and the right end."""
        return end_text(self._scale, self._scale.worst, False), end_text(self._scale, self._scale.clean, True)

    def needed(self) -> int:
        """Width that all of it takes."""
        return self._around_bar() + BAR + _advance(self._unknown) + SWATCH + 2 * GAP

    def _around_bar(self) -> int:
        """Width that the numbers and the room between them take."""
        return sum(map(_advance, self.texts())) + 3 * GAP + 12

    def sizeHint(self) -> QSize:
        return QSize(self.needed(), max(28, QFontMetrics(scaled_font(SMALL)).height() + 8))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(scaled_font(SMALL))
        worst, clean = self.texts()
        x = self._word(painter, 10.0, worst)
        bar = QRectF(x, self.height() / 2 - 4, max(SHORTEST, min(BAR, self.width() - self._around_bar())), 8)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(9):
            gradient.setColorAt(step / 8, QColor(tint(1 - step / 8, self._theme.dark)))
        painter.setPen(QColor(self._theme.border))
        painter.setBrush(gradient)
        painter.drawRoundedRect(bar, 3, 3)
        x = self._word(painter, bar.right() + GAP, clean) + GAP
        if self.width() >= self.needed():
            self._paint_unknown(painter, x, bar)

    def _paint_unknown(self, painter: QPainter, x: float, bar: QRectF) -> None:
        swatch = QRectF(x, bar.top(), SWATCH, bar.height())
        painter.setPen(QColor(self._theme.border))
        painter.setBrush(QColor(plain(self._theme)))
        painter.drawRoundedRect(swatch, 3, 3)
        painter.setBrush(hatching(self._theme))
        painter.drawRoundedRect(swatch, 3, 3)
        self._word(painter, swatch.right() + GAP, self._unknown)

    def _word(self, painter: QPainter, x: float, text: str) -> float:
        painter.setPen(QColor(self._theme.muted))
        width = painter.fontMetrics().horizontalAdvance(text)
        painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        return x + width + GAP


def _advance(text: str) -> int:
    return QFontMetrics(scaled_font(SMALL)).horizontalAdvance(text)


def end_text(scale: Scale, value: float, with_unit: bool) -> str:
    """A number of a scale as the legend and tool tips write it."""
    shown = number(100 * value if scale.unit == "%" else value, 3)
    return f"{shown} {scale.unit}" if with_unit else shown
