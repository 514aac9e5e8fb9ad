"""What is drawn in screen pixels around the curves: effective range, ghost marks, level ticks, legends, optimum."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from qviz.ui.editor.canvas import DASH, GAP
from qviz.ui.editor.ghosts import Mark
from qviz.ui.theme import DARK, Theme, blend

GHOST_TOP = 27.0  # below the row of tabs
LEVELS = 9.0  # length of the ticks that mark levels


@dataclass(frozen=True)
class Marks:
    """Places in scene pixels; everything may be empty."""

    histogram: QRectF = field(default_factory=QRectF)
    error: QRectF = field(default_factory=QRectF)
    effective: tuple[float, float] | None = None
    levels: tuple[float, ...] = ()
    ghosts: tuple[Mark, ...] = ()
    optimum: tuple[float, float, str] | None = None  # x, y, text
    error_title: str = ""
    quantized: bool = False
    muted: bool = False


class Shade(QGraphicsObject):
    """The effective range behind the curves, with a thin tick at each end. Opaque colour: a frame costs less."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = DARK
        self.marks = Marks()
        self.setZValue(-50)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_marks(self, marks: Marks, theme: Theme) -> None:
        self.prepareGeometryChange()
        self.marks, self.theme = marks, theme
        self.update()

    def boundingRect(self) -> QRectF:
        return self.marks.histogram.united(self.marks.error)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self.marks.effective is None:
            return
        color = QColor(blend(self.theme.plot, self.theme.effective, 0.05 if self.marks.muted else 0.1))
        tick = QColor(blend(self.theme.plot, self.theme.effective, 0.65))
        for area in (self.marks.histogram, self.marks.error):
            left, right = (min(max(x, area.left()), area.right()) for x in self.marks.effective)
            painter.fillRect(QRectF(left, area.top(), right - left, area.height()), color)
            painter.setPen(QPen(tick, 1))
            for x in (x for x in self.marks.effective if area.left() <= x <= area.right()):
                painter.drawLine(QLineF(round(x) + 0.5, area.bottom() - 14, round(x) + 0.5, area.bottom()))


class Overlay(QGraphicsObject):
    """Painted in scene coordinates; takes no mouse."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = DARK
        self.marks = Marks()
        self.font = QFont()
        self.font.setPixelSize(11)
        self._widths: dict[str, float] = {}
        self.setZValue(50)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_marks(self, marks: Marks, theme: Theme) -> None:
        self.prepareGeometryChange()
        self.marks, self.theme = marks, theme
        self.update()

    def text_width(self, text: str) -> float:
        if text not in self._widths:
            self._widths[text] = QFontMetricsF(self.font).horizontalAdvance(text)
        return self._widths[text]

    def boundingRect(self) -> QRectF:
        both = self.marks.histogram.united(self.marks.error)
        return both.adjusted(-2, -GAP, 2, 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setFont(self.font)
        self._paint_levels(painter)
        self._paint_ghosts(painter)
        self._paint_legends(painter)
        self._paint_optimum(painter)

    def _paint_levels(self, painter: QPainter) -> None:
        ink = QColor(self.theme.quantized)
        ink.setAlpha(110 if self.marks.muted else 200)
        painter.setPen(QPen(ink, 1))
        bottom = self.marks.histogram.bottom()
        painter.drawLines(
            [QLineF(round(x) + 0.5, bottom, round(x) + 0.5, bottom + LEVELS - 3) for x in self.marks.levels]
        )

    def _paint_ghosts(self, painter: QPainter) -> None:
        area = self.marks.histogram
        top = area.top() + GHOST_TOP
        for mark in self.marks.ghosts:
            painter.setPen(QPen(QColor(self.theme.edge), 1, Qt.PenStyle.DashLine))
            x = round(mark.x) + 0.5
            painter.drawLine(QLineF(x, top, x, top + 30))
            if mark.label_x is not None:
                painter.setPen(QColor(self.theme.muted))
                painter.drawText(QPointF(mark.label_x, top + 10), mark.label)

    def _paint_legends(self, painter: QPainter) -> None:
        theme, upper, lower = self.theme, self.marks.histogram, self.marks.error
        solid = Qt.PenStyle.SolidLine
        self._legend(painter, upper, self.tr("Distribution"), [
            (self.tr("float"), theme.histogram, None),
            *([(self.tr("quantized"), theme.quantized, solid)] if self.marks.quantized else []),
        ])  # fmt: skip
        words = {"total": self.tr("total"), "rounding": self.tr("rounding"), "clipping": self.tr("clipping")}
        if self.marks.error_title:
            entries = [(words[name], getattr(theme, name), style) for name, style in DASH.items()]
            self._legend(painter, lower, self.marks.error_title, entries)

    def _legend(
        self, painter: QPainter, area: QRectF, title: str, entries: Sequence[tuple[str, str, Qt.PenStyle | None]]
    ) -> None:
        """A line of text above a plot: its title left, samples of its curves right."""
        base = area.top() - 7
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(QPointF(area.left(), base), title)
        x = area.right() + 14
        for text, color, style in reversed(entries):
            x -= self.text_width(text) + 14
            painter.setPen(QColor(self.theme.muted))
            painter.drawText(QPointF(x, base), text)
            x -= 28
            if style is None:
                painter.fillRect(QRectF(x + 10, base - 8, 12, 8), QColor(color))
            else:
                painter.setPen(QPen(QColor(color), 2, style))
                painter.drawLine(QLineF(x, base - 4, x + 22, base - 4))

    def _paint_optimum(self, painter: QPainter) -> None:
        area = self.marks.error
        if self.marks.optimum is None or not area.left() <= self.marks.optimum[0] <= area.right():
            return
        x, y, text = self.marks.optimum
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.theme.plot), 1.5))
        painter.setBrush(QColor(self.theme.good))
        painter.drawPolygon(QPolygonF([QPointF(x, y - 6), QPointF(x + 6, y), QPointF(x, y + 6), QPointF(x - 6, y)]))
        painter.setPen(QColor(self.theme.good))
        width = QFontMetricsF(self.font).horizontalAdvance(text)  # a text that changes is not worth keeping
        left = x + 10 if x + 14 + width < area.right() else x - 10 - width
        base = min(y + 18, area.bottom() - 5)
        ground = QColor(self.theme.plot)
        ground.setAlpha(210)
        painter.fillRect(QRectF(left - 3, base - 11, width + 6, 14), ground)
        painter.drawText(QPointF(left, base), text)
