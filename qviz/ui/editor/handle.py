"""One clip handle: a line over the full height and a tab with the value, or a chevron where it is out of view."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import (
    QGraphicsObject,
    QGraphicsSceneHoverEvent,
    QGraphicsSceneMouseEvent,
    QStyleOptionGraphicsItem,
    QWidget,
)

from qviz.ui.editor.subject import Edge
from qviz.ui.plot_text import plot_text
from qviz.ui.theme import DARK, Theme

GRAB = 8.0  # pixels to either side of the line
TAB_HEIGHT = 20.0  # at the normal size of text
ARROW = 12.0  # width of the arrow in a tab


class ClipHandle(QGraphicsObject):
    """Drawn in scene coordinates. It reports what the mouse does and decides nothing."""

    pressed = Signal(float)  # scene x
    moved = Signal(float, bool, bool)  # scene x, fine (Shift), free of snapping (Alt)
    released = Signal()
    double_clicked = Signal()

    def __init__(self, edge: Edge) -> None:
        super().__init__()
        self.edge = edge
        self.theme: Theme = DARK
        self.x_at = 0.0
        self.outside = 0  # -1: left of the view, 1: right of it
        self.row = 0
        self.text = ""
        self._text_width = 0.0
        self.fixed = self.muted = self.hovered = self.focused = False
        self._areas = (QRectF(), QRectF())
        self._area = QRectF()
        self._words = plot_text()
        self.setAcceptHoverEvents(True)
        self.setZValue(100)

    def place(self, x: float, areas: tuple[QRectF, QRectF], text: str, row: int = 0) -> None:
        """Stand at scene `x` through both plots; beyond them, a chevron at the edge."""
        self.prepareGeometryChange()
        area = areas[0].united(areas[1])
        self.outside = -1 if x < area.left() - 0.5 else 1 if x > area.right() + 0.5 else 0
        self.x_at = min(max(x, area.left()), area.right())
        if text != self.text:
            self._measure(text)
        self._areas, self._area, self.text, self.row = areas, area, text, row
        self.update()

    def refit(self) -> None:
        """The size of text was changed."""
        self.prepareGeometryChange()
        self._words = plot_text()
        self._measure(self.text)

    def _measure(self, text: str) -> None:
        self._text_width = QFontMetricsF(self._words.strong).horizontalAdvance(text)

    def show_as(self, theme: Theme, fixed: bool, muted: bool, movable: bool) -> None:
        """Look: colours, whether it is a fixed zero edge, drawn pale, or may be moved."""
        self.theme, self.fixed, self.muted = theme, fixed, muted
        self.setAcceptedMouseButtons(Qt.MouseButton.LeftButton if movable and not fixed else Qt.MouseButton.NoButton)
        self.setCursor(Qt.CursorShape.SizeHorCursor if movable and not fixed else Qt.CursorShape.ArrowCursor)
        self.update()

    @property
    def movable(self) -> bool:
        return self.acceptedMouseButtons() != Qt.MouseButton.NoButton

    def tab(self) -> QRectF:
        """The tab: outside the range beside the line; inside the area whatever happens."""
        width = self._text_width + (10 if self.fixed else 12 + ARROW)
        left = self.x_at - width if self.edge == "min" else self.x_at
        left = min(max(left, self._area.left()), self._area.right() - width)
        height = self._words.px(TAB_HEIGHT)
        return QRectF(left, self._area.top() + 3 + self.row * (height + 3), width, height)

    def boundingRect(self) -> QRectF:
        band = QRectF(self.x_at - GRAB, self._area.top(), 2 * GRAB, self._area.height())
        return band.united(self.tab()).adjusted(-4, -4, 4, 4)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        if not self.outside:
            path.addRect(QRectF(self.x_at - GRAB, self._area.top(), 2 * GRAB, self._area.height()))
        path.addRect(self.tab().adjusted(-2, -2, 2, 2))
        return path

    def color(self) -> QColor:
        color = QColor(self.theme.handle_min if self.edge == "min" else self.theme.handle_max)
        return QColor(self.theme.muted) if self.fixed or self.muted else color

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.outside:
            self._paint_line(painter)
        if self.fixed:
            self._paint_fixed_tab(painter)
        else:
            self._paint_tab(painter)

    def _paint_line(self, painter: QPainter) -> None:
        strong = (self.hovered or self.focused) and self.movable
        pen = QPen(self.color(), 2.5 if strong else 1.5)
        if self.fixed:
            pen = QPen(self.color(), 1.0, Qt.PenStyle.DotLine)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        x = round(self.x_at) + (0.0 if strong else 0.5)
        upper, lower = self._areas
        painter.drawLine(QPointF(x, self.tab().center().y()), QPointF(x, upper.bottom()))
        painter.drawLine(QPointF(x, lower.top()), QPointF(x, lower.bottom()))

    def _paint_fixed_tab(self, painter: QPainter) -> None:
        tab = self.tab().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setBrush(QColor(self.theme.plot))
        painter.setPen(QPen(QColor(self.theme.border), 1))
        painter.drawRoundedRect(tab, 4, 4)
        painter.setFont(self._words.strong)
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(tab, Qt.AlignmentFlag.AlignCenter, self.text)

    def _paint_tab(self, painter: QPainter) -> None:
        tab = self.tab()
        if self.focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self.theme.accent), 2))
            painter.drawRoundedRect(tab.adjusted(-2.5, -2.5, 2.5, 2.5), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color())
        painter.drawRoundedRect(tab, 4, 4)
        ink = QColor(self.theme.plot)
        self._paint_arrow(painter, tab, ink)
        painter.setFont(self._words.strong)
        painter.setPen(ink)
        text = tab.adjusted(ARROW + 2, 0, -6, 0) if self._points_left() else tab.adjusted(6, 0, -ARROW - 2, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignCenter, self.text)

    def _points_left(self) -> bool:
        return self.outside < 0 or (self.outside == 0 and self.edge == "min")

    def _paint_arrow(self, painter: QPainter, tab: QRectF, ink: QColor) -> None:
        """A filled triangle on the outer side; a double chevron where the handle itself is out of view."""
        sign = -1 if self._points_left() else 1
        tip, y = (tab.left() + 5 if sign < 0 else tab.right() - 5), tab.center().y()
        if not self.outside:
            painter.setBrush(ink)
            painter.drawPolygon(QPolygonF([QPointF(tip, y), *(QPointF(tip - sign * 5, y + d) for d in (-4, 4))]))
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 1.6))
        for shift in (0, 4):
            x = tip - sign * shift
            painter.drawPolyline([QPointF(x - sign * 3, y - 4), QPointF(x, y), QPointF(x - sign * 3, y + 4)])

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self.hovered = True
        self.update()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self.hovered = False
        self.update()

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()
        self.pressed.emit(event.scenePos().x())

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        keys = event.modifiers()
        fine = bool(keys & Qt.KeyboardModifier.ShiftModifier)
        self.moved.emit(event.scenePos().x(), fine, bool(keys & Qt.KeyboardModifier.AltModifier))

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.released.emit()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()
        self.double_clicked.emit()
