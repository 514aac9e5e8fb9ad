"""One side of the comparison: a weight as a picture with its title and colour bar."""

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from qviz.sim.detail import WeightPixels
from qviz.ui.editor.plot_box import ZOOM_PER_NOTCH
from qviz.ui.editor.value_map import tick_text
from qviz.ui.plot_text import plot_text
from qviz.ui.theme import Theme
from qviz.ui.weight_image.colors import picture
from qviz.ui.weight_image.region import Region, whole
from qviz.ui.weight_image.shades import Limits, Side, shares

LEFT, TOP, BOTTOM, BAR_WIDTH, BAR_GAP = 44.0, 28.0, 40.0, 12.0, 10.0
BAR_TEXT = 60.0  # room for the numbers of the colour bar
BAR_STEPS = 128


class WeightPicture(QWidget):
    """Draws what it is given, stretched to the region in view; reports what the mouse does."""

    hovered = Signal(float, float)  # row, column
    left_it = Signal()
    picked = Signal(int)  # row
    zoomed = Signal(float, float, float)  # factor, row, column
    dragged = Signal(float, float)  # rows, columns
    resized = Signal()

    def __init__(self, side: Side, theme: Theme) -> None:
        super().__init__()
        self.side, self.theme = side, theme
        self.title = self.unit = self.channel_axis = self.index_axis = ""
        self.region: Region = whole(1, 1)
        self.limits: Limits | None = None
        self.row: int | None = None  # the picked channel
        self.cross: tuple[float, float] | None = None
        self.pixels: WeightPixels | None = None
        self._words = plot_text()
        self._image = QImage()
        self._from: QPointF | None = None
        self._moved = False
        self.setMouseTracking(True)
        self.setMinimumSize(150, 140)

    def sizeHint(self) -> QSize:
        return QSize(260, 300)

    def area(self) -> QRectF:
        """Where the weight is drawn."""
        px = self._words.px
        left, top, right = px(LEFT), px(TOP), BAR_GAP + BAR_WIDTH + px(BAR_TEXT)
        return QRectF(left, top, max(self.width() - left - right, 10), max(self.height() - top - px(BOTTOM), 10))

    def room(self) -> tuple[int, int]:
        """(rows, columns) of device pixels, in steps of 32 so that few sizes are asked for."""
        area, ratio = self.area(), self.devicePixelRatioF()
        rows, columns = (max(32, int(size * ratio) // 32 * 32) for size in (area.height(), area.width()))
        return rows, columns

    def show_pixels(self, pixels: WeightPixels | None, limits: Limits | None) -> None:
        """Another image, or none."""
        if pixels is not self.pixels or limits is not self.limits:
            self.pixels, self.limits = pixels, limits
            self.recolor()

    def recolor(self) -> None:
        """The image in the theme's colours."""
        if self.pixels is None or self.pixels.weight is None or self.limits is None:
            self._image = QImage()
        else:
            self._image = picture(shares(self.pixels, self.side, self.limits), self.theme)
        self.update()

    def place(self, at: QPointF) -> tuple[float, float] | None:
        """(row, column) under a point; None beside the image."""
        area, region = self.area(), self.region
        if not area.contains(at):
            return None
        down, along = (at.y() - area.top()) / area.height(), (at.x() - area.left()) / area.width()
        return region.top + down * (region.bottom - region.top), region.left + along * (region.right - region.left)

    def column_x(self, column: float) -> float:
        area, region = self.area(), self.region
        return area.left() + (column - region.left) / (region.right - region.left) * area.width()

    def row_y(self, row: float) -> float:
        area, region = self.area(), self.region
        return area.top() + (row - region.top) / (region.bottom - region.top) * area.height()

    # --- painting ---------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.theme.plot))
        painter.setFont(self._words.font)
        area = self.area()
        if self.pixels is not None and not self._image.isNull():
            tall, wide = self.pixels.block
            top, _, left, _ = self.pixels.request.part
            height, width = self._image.height() * tall, self._image.width() * wide
            painter.save()
            painter.setClipRect(area)
            corners = (
                QPointF(self.column_x(left), self.row_y(top)),
                QPointF(self.column_x(left + width), self.row_y(top + height)),
            )
            painter.drawImage(QRectF(*corners), self._image)
            self._paint_places(painter)
            painter.restore()
        painter.setPen(QColor(self.theme.border))
        painter.drawRect(area.adjusted(-0.5, -0.5, 0.5, 0.5))
        self._paint_axes(painter, area)
        self._paint_bar(painter, area)

    def _paint_places(self, painter: QPainter) -> None:
        """The picked channel between two lines, and the cross of the place under the mouse."""
        area = self.area()
        if self.row is not None:
            painter.setPen(QPen(QColor(self.theme.accent), 1.5))
            for edge in (self.row, self.row + 1):
                painter.drawLine(QLineF(area.left(), self.row_y(edge), area.right(), self.row_y(edge)))
        if self.cross is not None:
            row, column = self.cross
            painter.setPen(QPen(QColor(self.theme.text), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(self.column_x(column), area.top(), self.column_x(column), area.bottom()))
            painter.drawLine(QLineF(area.left(), self.row_y(row), area.right(), self.row_y(row)))

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        center, region, px = Qt.AlignmentFlag.AlignCenter, self.region, self._words.px
        painter.setPen(QColor(self.theme.text))
        painter.drawText(QRectF(area.left(), 4, self.width() - area.left(), area.top() - 8),
                         Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.title)  # fmt: skip
        painter.setPen(QColor(self.theme.muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row in ticks(region.top, region.bottom, area.height() / px(22)):
            painter.drawText(QRectF(0, self.row_y(row + 0.5) - px(8), area.left() - 7, px(16)), right, str(row))
        for column in ticks(region.left, region.right, area.width() / px(48)):
            place = QRectF(self.column_x(column + 0.5) - 40, area.bottom() + 3, 80, px(16))
            painter.drawText(place, center, str(column))
        place = QRectF(0, area.bottom() + px(19), self.width(), px(16))
        axis = painter.fontMetrics().elidedText(self.index_axis, Qt.TextElideMode.ElideRight, int(place.width()))
        painter.drawText(place, center, axis)
        if self.row is not None and region.top <= self.row + 0.5 <= region.bottom:
            x, y = area.left() - 2, self.row_y(self.row + 0.5)
            painter.setBrush(QColor(self.theme.accent))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x - 5, y - 4), QPointF(x - 5, y + 4)]))

    def _paint_bar(self, painter: QPainter, area: QRectF) -> None:
        """The colours from the largest value down to the smallest, with numbers."""
        if self.limits is None:
            return
        bar = QRectF(area.right() + BAR_GAP, area.top(), BAR_WIDTH, area.height())
        painter.drawImage(bar, picture(np.linspace(1, -1, BAR_STEPS)[:, None], self.theme))
        limit, px = self.limits.of(self.side), self._words.px
        painter.setPen(QColor(self.theme.muted))
        percent = self.limits.channels is not None
        for share in (1.0, 0.5, 0.0, -0.5, -1.0):
            at = min(max(bar.top() + (1 - share) / 2 * bar.height(), bar.top() + px(7)), bar.bottom() - px(7))
            text = tick_text(float(f"{share * limit * (100 if percent else 1):.2g}")) + (" %" if percent else "")
            place = QRectF(bar.right() + 4, at - px(8), px(BAR_TEXT), px(16))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
        place = QRectF(bar.left() - px(60), bar.bottom() + 3, bar.width() + px(BAR_TEXT) + px(60) - 4, px(16))
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.unit)

    # --- the mouse --------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._from, self._moved = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, area, region = event.position(), self.area(), self.region
        if self._from is not None:
            by = self._from - at
            if self._moved or by.manhattanLength() > 3:
                self._moved, self._from = True, at
                rows = by.y() / area.height() * (region.bottom - region.top)
                self.dragged.emit(rows, by.x() / area.width() * (region.right - region.left))
            return
        place = self.place(at)
        if place is None:
            self.left_it.emit()
        else:
            self.hovered.emit(*place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self.place(event.position())
        if self._from is not None and not self._moved and place is not None:
            self.picked.emit(int(place[0]))
        self._from = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        place = self.place(event.position())
        if place is not None:
            self.zoomed.emit(ZOOM_PER_NOTCH ** -(event.angleDelta().y() / 120), *place)
            event.accept()

    def leaveEvent(self, event: QEnterEvent) -> None:  # type: ignore[override]
        self.left_it.emit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._words = plot_text()
            self.resized.emit()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.resized.emit()


def ticks(first: float, last: float, fit: float) -> list[int]:
    """Rows or columns to be numbered: 1, 2, 5, 10, … apart, as many as fit."""
    steps = (m * 10**k for k in range(8) for m in (1, 2, 5))
    step = next(s for s in steps if (last - first) / s <= max(fit, 1.0))
    return [i for i in range(-int(-first // step) * step, -int(-last // 1), step) if i + 0.5 <= last]
