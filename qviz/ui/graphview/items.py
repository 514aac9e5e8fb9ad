"""What the scene is made of: a card a node, a curve an edge, a pill an input or output of the model."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from qviz.graph.layout import Edge
from qviz.ui.graphview.cards import Card
from qviz.ui.graphview.categories import category
from qviz.ui.graphview.tint import fill
from qviz.ui.theme import DARK, Theme, blend

SIMPLE = 0.35  # below this zoom a card is only its colours
RADIUS = 6.0
THUMBNAIL, PALE = 0.45, 0.7  # of the text's colour, on a card of any tint
Middle, Right = Qt.TextElideMode.ElideMiddle, Qt.TextElideMode.ElideRight


@dataclass
class Look:
    """What all items of a scene share."""

    theme: Theme = DARK


@lru_cache(maxsize=16)
def text_font(pixels: float, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(round(pixels))
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


class NodeItem(QGraphicsItem):
    """A card. Its name is that of the node; its centre is its position."""

    def __init__(self, card: Card, center: tuple[float, float], size: tuple[float, float], look: Look) -> None:
        super().__init__()
        self.card = card
        self.selected = self.hovered = self.found = False
        self._look = look
        self._half = (size[0] / 2, size[1] / 2)
        self.setPos(*center)
        self.setZValue(1)

    def show_card(self, card: Card) -> None:
        if card != self.card:
            self.card = card
            self.update()

    def mark(self, **flags: bool) -> None:
        """Set `selected`, `hovered` or `found`."""
        for name, value in flags.items():
            setattr(self, name, value)
        self.update()

    def body(self) -> QRectF:
        w, h = self._half
        return QRectF(-w, -h, 2 * w, 2 * h)

    def boundingRect(self) -> QRectF:
        return self.body().adjusted(-4, -4, 4, 4)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        theme, body = self._look.theme, self.body()
        stripe = QColor(theme.category[category(self.card.op)])
        zoom = QStyleOptionGraphicsItem.levelOfDetailFromTransform(painter.worldTransform())
        if zoom < SIMPLE:
            painter.fillRect(body, QColor(theme.accent) if self.selected or self.found else stripe)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_frame(painter, body, stripe, theme)
        self._paint_texts(painter, body, theme)
        if self.card.thumbnail:
            self._paint_thumbnail(painter, body, theme)

    def _paint_frame(self, painter: QPainter, body: QRectF, stripe: QColor, theme: Theme) -> None:
        outline = QPen(QColor(theme.accent if self.selected else theme.warning if self.found else theme.border), 1.0)
        if self.selected or self.found:
            outline.setWidthF(2.0)
        elif self.hovered:
            outline.setColor(QColor(theme.text))
        path = QPainterPath()
        path.addRoundedRect(body, RADIUS, RADIUS)
        painter.fillPath(path, QColor(fill(self.card.sqnr_db, theme)))
        painter.save()
        painter.setClipPath(path)
        painter.fillRect(QRectF(body.left(), body.top(), 5, body.height()), stripe)
        painter.restore()
        painter.setPen(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _paint_texts(self, painter: QPainter, body: QRectF, theme: Theme) -> None:
        left, right, top = body.left() + 12, body.right() - 7, body.top()
        free = self._paint_badges(painter, right, top + 4, theme)
        self._text(painter, left, top + 15, free - 4 - left, self.card.op, text_font(12, True), theme.text, Right)
        end = right - 50 if self.card.thumbnail else right
        small, pale = text_font(10), blend(fill(self.card.sqnr_db, theme), theme.text, PALE)
        if body.height() < 42:
            self._text(painter, left, top + 29, end - left, self.card.name, small, pale, Middle)
            return
        self._text(painter, left, top + 28, end - left, self.card.name, small, pale, Middle)
        self._text(painter, left, top + 40, end - left, self.card.shape, small, pale, Right)

    @staticmethod
    def _text(
        painter: QPainter, x: float, y: float, width: float, text: str, font: QFont, color: str, mode: Qt.TextElideMode
    ) -> None:
        painter.setFont(font)
        painter.setPen(QColor(color))
        painter.drawText(QPointF(x, y), QFontMetricsF(font).elidedText(text, mode, width))

    def _paint_badges(self, painter: QPainter, right: float, top: float, theme: Theme) -> float:
        """Chips with the bit-widths, from the right; returns where they begin."""
        font = text_font(10, True)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        for badge in reversed(self.card.badges):
            width = metrics.horizontalAdvance(badge.text) + 8
            chip = QRectF(right - width, top, width, 14)
            painter.setPen(QPen(QColor(theme.border if badge.bits is None else theme.edge), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(chip, 4, 4)
            painter.setPen(QColor(theme.muted if badge.bits is None else theme.text))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, badge.text)
            right -= width + 3
        return right

    def _paint_thumbnail(self, painter: QPainter, body: QRectF, theme: Theme) -> None:
        area = QRectF(body.right() - 53, body.bottom() - 22, 46, 17)
        step = area.width() / len(self.card.thumbnail)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(blend(fill(self.card.sqnr_db, theme), theme.text, THUMBNAIL)))
        points = [QPointF(area.left(), area.bottom())]
        for i, height in enumerate(self.card.thumbnail):
            y = area.bottom() - height * area.height()
            points += [QPointF(area.left() + i * step, y), QPointF(area.left() + (i + 1) * step, y)]
        painter.drawPolygon(QPolygonF([*points, QPointF(area.right(), area.bottom())]))


class EdgeItem(QGraphicsPathItem):
    """A curve along the layout's points with an arrow at its end."""

    def __init__(self, edge: Edge, look: Look) -> None:
        super().__init__(curve(edge.points))
        self.edge = edge
        self.lit = False  # it touches the selected node
        self._look = look

    def light(self, lit: bool) -> None:
        if lit != self.lit:
            self.lit = lit
            self.setZValue(0.5 if lit else 0)
            self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        color = QColor(self._look.theme.accent if self.lit else self._look.theme.edge)
        pen = QPen(color, 2.0 if self.lit else 1.2)
        zoom = QStyleOptionGraphicsItem.levelOfDetailFromTransform(painter.worldTransform())
        if self.edge.stub:
            pen.setStyle(Qt.PenStyle.DotLine)
        if zoom < SIMPLE:
            pen.setWidth(0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, zoom >= SIMPLE)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())
        if zoom >= SIMPLE:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            x, y = self.edge.points[-1]
            painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x - 3.5, y - 7), QPointF(x + 3.5, y - 7)]))


class PortItem(QGraphicsItem):
    """A pill with the name of a graph input or output; `center` is where its edges meet."""

    def __init__(self, tensor: str, center: QPointF, look: Look) -> None:
        super().__init__()
        self.tensor = tensor
        self._look = look
        self._shown = QFontMetricsF(text_font(10)).elidedText(tensor, Middle, 130)
        self._width = QFontMetricsF(text_font(10)).horizontalAdvance(self._shown) + 18
        self.setPos(center)
        self.setZValue(1)
        self.setToolTip(tensor)

    def boundingRect(self) -> QRectF:
        return QRectF(-self._width / 2 - 1, -11, self._width + 2, 22)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        theme = self._look.theme
        zoom = QStyleOptionGraphicsItem.levelOfDetailFromTransform(painter.worldTransform())
        if zoom < SIMPLE:
            painter.fillRect(self.boundingRect(), QColor(theme.edge))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(QColor(theme.plot))
        pill = self.boundingRect().adjusted(1.5, 1.5, -1.5, -1.5)
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setFont(text_font(10))
        painter.setPen(QColor(theme.muted))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, self._shown)


def curve(points: tuple[tuple[float, float], ...]) -> QPainterPath:
    """A smooth line that leaves and arrives vertically."""
    path = QPainterPath(QPointF(*points[0]))
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        if x0 == x1:
            path.lineTo(x1, y1)
        else:
            path.cubicTo(x0, middle, x1, middle, x1, y1)
    return path
