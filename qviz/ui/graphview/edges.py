"""Edges of the graph as curves, edges of crowded tensors as stubs with their name, and its inputs and outputs."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from qviz.graph.layout import Edge
from qviz.ui.graphview.nodes import Look, Middle, elided, metrics, text_font

GRIP = 8.0  # pixels across an edge in which it is hit
LABEL = 60.0  # width of a stub's name at most
PILL = 130.0
LABEL_SIZE = 9.0


class EdgeItem(QGraphicsPathItem):
    """A curve along the layout's points with an arrow at its end; a stub is dashed and names its tensor."""

    def __init__(self, edge: Edge, look: Look) -> None:
        super().__init__(curve(edge.points))
        self.edge = edge
        self.lit = False  # it touches a selected node
        self._look = look
        self._label = elided(edge.tensor, LABEL, LABEL_SIZE, False, Middle) if edge.stub else ""
        bounds = self.path().controlPointRect().adjusted(-5, -2, 5, 2)
        self._bounds = bounds.united(self._label_area()) if edge.stub else bounds
        if edge.stub:
            self.setToolTip(edge.tensor)

    def light(self, lit: bool) -> None:
        if lit != self.lit:
            self.lit = lit
            self.setZValue(0.5 if lit else 0)
            self.update()

    def far_end(self, point: QPointF) -> str:
        """The node at the end that is further from `point`; of a stub its source. "" for an input or output."""
        if self.edge.stub:
            return self.edge.source
        to_start, to_end = (abs(p[0] - point.x()) + abs(p[1] - point.y()) for p in self._ends())
        return self.edge.source if to_start > to_end else self.edge.target

    def _ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return self.edge.points[0], self.edge.points[-1]

    def _label_area(self) -> QRectF:
        x, y = self.edge.points[0]
        return QRectF(x + 3, y - 5, LABEL, 11)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(GRIP)
        path = stroker.createStroke(self.path())
        if self.edge.stub:
            path.addRect(self._label_area())
        return path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        theme = self._look.theme
        color = QColor(theme.accent if self.lit else theme.edge)
        pen = QPen(color, 2.0 if self.lit else 1.2)
        if self.edge.stub:
            pen.setDashPattern([2.0, 2.0])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        x, y = self.edge.points[-1]
        painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x - 3.5, y - 7), QPointF(x + 3.5, y - 7)]))
        if self._label:
            painter.setFont(text_font(LABEL_SIZE))
            painter.setPen(QColor(theme.accent if self.lit else theme.muted))
            painter.drawText(self._label_area(), Qt.AlignmentFlag.AlignVCenter, self._label)


class PortItem(QGraphicsItem):
    """A pill with the name of a graph input or output; `center` is where its edges meet."""

    def __init__(self, tensor: str, center: QPointF, look: Look) -> None:
        super().__init__()
        self.tensor = tensor
        self._look = look
        self._shown = elided(tensor, PILL, 10, False, Middle)
        self._width = metrics(10).horizontalAdvance(self._shown) + 18
        self.setPos(center)
        self.setZValue(1)
        self.setToolTip(tensor)

    def boundingRect(self) -> QRectF:
        return QRectF(-self._width / 2 - 1, -11, self._width + 2, 22)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        theme = self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(QColor(theme.plot))
        pill = self.boundingRect().adjusted(1.5, 1.5, -1.5, -1.5)
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setFont(text_font(10))
        painter.setPen(QColor(theme.muted))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, self._shown)


def curve(points: Sequence[tuple[float, float]]) -> QPainterPath:
    """A smooth line that leaves and arrives vertically."""
    path = QPainterPath(QPointF(*points[0]))
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        if x0 == x1:
            path.lineTo(x1, y1)
        else:
            path.cubicTo(x0, middle, x1, middle, x1, y1)
    return path
