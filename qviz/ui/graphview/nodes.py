"""A node of the graph as a card, with the chips that mute and solo it."""

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from qviz.ui.graphview.cards import Card
from qviz.ui.graphview.categories import category
from qviz.ui.graphview.tint import hatching, ink, plain, tint
from qviz.ui.theme import DARK, Theme, blend

RADIUS = 6.0
THUMBNAIL, PALE, IDLE = 0.45, 0.72, 0.45  # of the text's colour on a card of any tint; opacity of what is in float
CHIP = 16.0
Middle, Right = Qt.TextElideMode.ElideMiddle, Qt.TextElideMode.ElideRight


@dataclass
class Look:
    """What all items of a scene share."""

    theme: Theme = DARK
    overlaid: bool = False  # an overlay is shown and knows something


@lru_cache(maxsize=16)
def text_font(pixels: float, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(round(pixels))
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


@lru_cache(maxsize=16)
def metrics(pixels: float, bold: bool = False) -> QFontMetricsF:
    return QFontMetricsF(text_font(pixels, bold))


@lru_cache(maxsize=32768)
def elided(text: str, width: float, pixels: float, bold: bool, mode: Qt.TextElideMode) -> str:
    return metrics(pixels, bold).elidedText(text, mode, width)


class NodeItem(QGraphicsItem):
    """A card. Its name is that of the node or group; its centre is its position."""

    def __init__(self, card: Card, center: tuple[float, float], size: tuple[float, float], look: Look) -> None:
        super().__init__()
        self.card = card
        self.selected = self.hovered = self.found = False
        self._look = look
        w, h = size[0] / 2, size[1] / 2
        self._body = QRectF(-w, -h, 2 * w, 2 * h)
        self._bounds = self._body.adjusted(-4, -4, CHIP + 6, 7)
        self.setPos(*center)
        self.setZValue(1)

    def show_card(self, card: Card) -> bool:
        """Whether that is another one, which is yet to be painted."""
        other = card != self.card
        self.card = card
        return other

    def mark(self, **flags: bool) -> None:
        """Set `selected`, `hovered` or `found`."""
        for name, value in flags.items():
            setattr(self, name, value)
        self.update()

    def body(self) -> QRectF:
        return self._body

    def boundingRect(self) -> QRectF:
        return self._bounds  # made once: Qt asks for it all the time

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.body().adjusted(0, 0, CHIP + 4 if self.chips() else 0, 0))
        return path

    def chips(self) -> dict[str, QRectF]:
        """Where M and S are: both under the mouse and on a selected card, else those that are on."""
        card, body = self.card, self.body()
        near = card.marks.possible and (self.hovered or self.selected)
        places = {
            "mute": QRectF(body.right() + 3, body.top() + 3, CHIP, CHIP),
            "solo": QRectF(body.right() + 3, body.bottom() - 3 - CHIP, CHIP, CHIP),
        }
        return {k: r for k, r in places.items() if near or (card.marks.muted if k == "mute" else card.marks.soloed)}

    def chip_at(self, scene_point: QPointF) -> str | None:
        """ "mute" or "solo" where that chip is hit."""
        point = self.mapFromScene(scene_point)
        return next((k for k, r in self.chips().items() if r.contains(point)), None)

    def color(self) -> str:
        """The card's fill."""
        if self._look.overlaid and self.card.level is not None:
            return tint(self.card.level, self._look.theme.dark)
        return plain(self._look.theme)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        theme, body, fill = self._look.theme, self.body(), self.color()
        text = ink(fill) if self._look.overlaid and self.card.level is not None else theme.text
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.card.marks.idle:
            painter.setOpacity(IDLE)
        self._paint_frame(painter, body, fill, theme)
        self._paint_texts(painter, body, fill, text, theme)
        if self.card.thumbnail:
            self._paint_thumbnail(painter, body, blend(fill, text, THUMBNAIL))
        painter.setOpacity(1.0)
        for name, place in self.chips().items():
            self._paint_chip(painter, name, place, theme)

    def _paint_frame(self, painter: QPainter, body: QRectF, fill: str, theme: Theme) -> None:
        outline = QPen(QColor(theme.accent if self.selected else theme.warning if self.found else theme.border), 1.0)
        if self.selected or self.found:
            outline.setWidthF(2.0)
        elif self.hovered:
            outline.setColor(QColor(theme.text))
        if self.card.marks.idle:
            outline.setStyle(Qt.PenStyle.DashLine)
        path = QPainterPath()
        path.addRoundedRect(body, RADIUS, RADIUS)
        painter.setPen(outline)
        if self.card.count:  # two more cards peep out below, where no arrow arrives
            painter.setBrush(QColor(plain(theme)))
            for depth in (6, 3):
                painter.drawRoundedRect(body.adjusted(depth, body.height() / 2, -depth, depth), RADIUS, RADIUS)
        painter.fillPath(path, QColor(fill))
        if self._look.overlaid and self.card.level is None:
            painter.fillPath(path, hatching(theme))
        painter.save()
        painter.setClipPath(path)
        stripe = theme.edge if self.card.count else theme.category[category(self.card.op)]
        painter.fillRect(QRectF(body.left(), body.top(), 5, body.height()), QColor(stripe))
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _paint_texts(self, painter: QPainter, body: QRectF, fill: str, text: str, theme: Theme) -> None:
        left, right, top = body.left() + 12, body.right() - 7, body.top()
        pale = blend(fill, text, PALE)
        free = self._paint_badges(painter, right, top + 4, text, pale)
        mode = Middle if self.card.count else Right
        painter.setFont(text_font(12, True))
        painter.setPen(QColor(text))
        painter.drawText(QPointF(left, top + 16), elided(self.card.title, free - 4 - left, 12, True, mode))
        end = right - 50 if self.card.thumbnail else right
        painter.setFont(text_font(10))
        painter.setPen(QColor(pale))
        painter.drawText(QPointF(left, top + 29.5), elided(self.card.lines[0], end - left, 10, False, Middle))
        painter.drawText(QPointF(left, top + 42), elided(self.card.lines[1], end - left, 10, False, Right))

    def _paint_badges(self, painter: QPainter, right: float, top: float, text: str, pale: str) -> float:
        """Chips with the bit-widths, from the right; returns where they begin."""
        painter.setFont(text_font(10, True))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for badge in reversed(self.card.badges):
            width = metrics(10, True).horizontalAdvance(badge.text) + 8
            chip = QRectF(right - width, top, width, 14)
            pen = QPen(QColor(pale), 1)
            pen.setStyle(Qt.PenStyle.DotLine if badge.bits is None else Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            painter.drawRoundedRect(chip, 4, 4)
            painter.setPen(QColor(pale if badge.bits is None else text))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, badge.text)
            right -= width + 3
        return right

    def _paint_thumbnail(self, painter: QPainter, body: QRectF, color: str) -> None:
        area = QRectF(body.right() - 53, body.bottom() - 22, 46, 17)
        step = area.width() / len(self.card.thumbnail)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        points = [QPointF(area.left(), area.bottom())]
        for i, height in enumerate(self.card.thumbnail):
            y = area.bottom() - height * area.height()
            points += [QPointF(area.left() + i * step, y), QPointF(area.left() + (i + 1) * step, y)]
        painter.drawPolygon(QPolygonF([*points, QPointF(area.right(), area.bottom())]))

    def _paint_chip(self, painter: QPainter, name: str, place: QRectF, theme: Theme) -> None:
        on = self.card.marks.muted if name == "mute" else self.card.marks.soloed
        color = QColor(theme.warning if name == "mute" else theme.accent)
        painter.setPen(QPen(color if on else QColor(theme.border), 1))
        painter.setBrush(color if on else QColor(theme.plot))
        painter.drawRoundedRect(place, 4, 4)
        painter.setFont(text_font(10, True))
        painter.setPen(QColor(ink(color.name()) if on else theme.muted))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "M" if name == "mute" else "S")
