"""The callouts of the demo: a few words with an arrow at the thing they are about."""

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from qviz.ui.theme import Theme

ARROW = 9
MARGIN = 8


class Callout(QLabel):
    """A label of the window that points down or up to `target`; the mouse goes through it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._above = True  # the callout stands above what it points to
        self._tip = 0
        self._fill = QColor("black")
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._fill = QColor(theme.accent)
        self.setStyleSheet(f"color: {theme.accent_text}; background: transparent; font-weight: 600;")

    def point_at(self, target: QPoint, above: bool, left: int, right: int) -> None:
        """Stand above (or below) a point of the window, between x = `left` and `right`."""
        self._above = above
        top, bottom = (MARGIN, MARGIN + ARROW) if above else (MARGIN + ARROW, MARGIN)
        self.setContentsMargins(14, top, 14, bottom)
        self.adjustSize()
        room = right - self.width() - MARGIN
        x = max(left + MARGIN, min(target.x() - self.width() // 2, room))
        self._tip = target.x() - x
        self.move(x, target.y() - self.height() if above else target.y())
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0, 0 if self._above else ARROW, 0, -ARROW if self._above else 0)
        shape = QPainterPath()
        shape.addRoundedRect(box, 7, 7)
        tip = min(max(self._tip, 2 * ARROW), self.width() - 2 * ARROW)
        base, point = (box.bottom(), self.height()) if self._above else (box.top(), 0)
        shape.addPolygon([QPointF(tip - ARROW, base), QPointF(self._tip, point), QPointF(tip + ARROW, base)])
        shape.setFillRule(Qt.FillRule.WindingFill)
        painter.fillPath(shape, self._fill)
        painter.end()
        super().paintEvent(event)
