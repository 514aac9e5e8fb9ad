"""Drawing the two strips: ranges of the channels, and their errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from qviz.ui.channels.geometry import GAP, Geometry
from qviz.ui.channels.raster import BAR, CLIP, CLIPPED, EDGE, GROUND, VALUES, Codes, errors_image, ranges_image
from qviz.ui.channels.rows import Rows
from qviz.ui.editor.canvas import decibel_ticks
from qviz.ui.editor.value_map import nice_step
from qviz.ui.theme import Theme, blend

CLIP_SHADE = 0.24
MOST_LINES = 1024  # channels in view beyond which the ranges compared with are left out
CROWDED = 4.0  # labels above each other may be that much closer than beside each other
LABELS = 8.0  # pixels of a digit in the numbers of the channels
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Drawing:
    """One picture. `levels` are errors in dB by channel; `shared`: one range for all."""

    geometry: Geometry
    rows: Rows
    levels: Doubles
    tensor_level: float
    picked: int
    shared: bool
    muted: bool
    theme: Theme


@dataclass(frozen=True)
class Words:
    """Translated texts around the strips."""

    ranges: str
    errors: str
    worst: str
    value_axis: str
    error_axis: str
    channel_axis: str
    values: str
    clip: str
    clipped: str


def paint_ranges(painter: QPainter, drawing: Drawing) -> None:
    """The clip range of each channel as a box, its values as a bar in it; what sticks out is clipped."""
    g, ratio = drawing.geometry, painter.device().devicePixelRatioF()
    codes = ranges_image(g, drawing.rows, drawing.shared, ratio)
    painter.drawImage(g.ranges, picture(codes, colors(drawing)))
    _paint_pick(painter, drawing, g.ranges)
    _paint_other(painter, drawing)
    painter.setPen(QPen(QColor(drawing.theme.edge), 1))
    zero = round(g.y(0)) + 0.5
    if g.ranges.top() <= zero <= g.ranges.bottom():
        painter.drawLine(QLineF(g.ranges.left(), zero, g.ranges.right(), zero))


def _paint_other(painter: QPainter, drawing: Drawing) -> None:
    """The clip ranges of the state compared with: a thin dotted line at each edge of each channel."""
    g, rows = drawing.geometry, drawing.rows
    first, last = max(int(g.span[0]), 0), min(int(np.ceil(g.span[1])), len(rows))
    if rows.other is None or last - first > MOST_LINES:
        return
    painter.save()
    painter.setClipRect(g.ranges)
    painter.setPen(QPen(QColor(drawing.theme.text), 1, Qt.PenStyle.DotLine))
    for edge in rows.other:
        ys = [round(g.y(float(edge[channel]))) + 0.5 for channel in rows.order[first:last]]
        painter.drawLines([QLineF(g.x(first + i), y, g.x(first + i + 1), y) for i, y in enumerate(ys)])
    painter.restore()


def paint_errors(painter: QPainter, drawing: Drawing) -> None:
    """Bars of the errors, and a dashed line for the tensor as a whole."""
    g, ratio = drawing.geometry, painter.device().devicePixelRatioF()
    if not g.split:
        return
    codes = errors_image(g, drawing.rows, drawing.levels, ratio)
    painter.drawImage(g.errors, picture(codes, colors(drawing)))
    _paint_pick(painter, drawing, g.errors)
    if g.floor < drawing.tensor_level < g.ceiling:
        painter.setPen(QPen(QColor(drawing.theme.quantized), 1.5, Qt.PenStyle.DashLine))
        y = round(g.error_y(drawing.tensor_level)) + 0.5
        painter.drawLine(QLineF(g.errors.left(), y, g.errors.right(), y))


def colors(drawing: Drawing) -> NDArray[np.uint32]:
    """0xffrrggbb of each code of the images; paler where the quantizer is off."""
    theme = drawing.theme
    table = {
        GROUND: theme.plot,
        CLIP: blend(theme.plot, theme.quantized, CLIP_SHADE),
        VALUES: theme.histogram,
        CLIPPED: theme.clipping,
        EDGE: theme.quantized,
        BAR: blend(theme.plot, theme.total, 0.55),
    }
    strength = 0.5 if drawing.muted else 1.0
    return np.array([QColor(blend(theme.plot, table[code], strength)).rgb() for code in sorted(table)], np.uint32)


def picture(codes: Codes, table: NDArray[np.uint32]) -> QImage:
    """An image of its own from codes (height, width)."""
    pixels = table[codes]
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def _paint_pick(painter: QPainter, drawing: Drawing, area: QRectF) -> None:
    g, shade = drawing.geometry, QColor(drawing.theme.accent)
    shade.setAlpha(60)
    left = g.x(drawing.rows.position(drawing.picked))
    painter.fillRect(QRectF(left, area.top(), max(g.column, 2.0), area.height()), shade)


def paint_axes(painter: QPainter, drawing: Drawing, words: Words) -> None:
    """Ticks and labels of both value axes and of the channels."""
    g, theme = drawing.geometry, drawing.theme
    span = g.view
    values = [(g.plot_y(at), text) for at, text in g.values.ticks(*span, g.ranges.height() * CROWDED)]
    levels = [(g.error_y(at), text) for at, text in decibel_ticks(g.floor, g.ceiling, g.errors.height())]
    for area, ticks in ((g.ranges, values), *([(g.errors, levels)] if g.split else [])):
        for y, text in ticks:
            if area.top() - 1 <= y <= area.bottom() + 1:
                painter.setPen(QColor(theme.border))
                painter.drawLine(QLineF(area.left() - 4, round(y) + 0.5, area.left(), round(y) + 0.5))
                painter.setPen(QColor(theme.muted))
                painter.drawText(QRectF(0, y - g.px(8), area.left() - 8, g.px(16)), _RIGHT, text)
        painter.setPen(QColor(theme.border))
        painter.drawLine(QLineF(area.left() - 0.5, area.top(), area.left() - 0.5, area.bottom()))
        painter.drawLine(QLineF(area.left(), area.bottom() + 0.5, area.right(), area.bottom() + 0.5))
    _paint_sideways(painter, g, g.ranges, words.value_axis, theme)
    if g.split:
        _paint_sideways(painter, g, g.errors, words.error_axis, theme)
    _paint_channels(painter, drawing, words.channel_axis)


def _paint_channels(painter: QPainter, drawing: Drawing, label: str) -> None:
    g, area = drawing.geometry, drawing.geometry.errors
    painter.setPen(QColor(drawing.theme.muted))
    place = QRectF(area.left(), area.bottom() + g.px(19), area.width(), g.px(16))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, label)
    order = drawing.rows.order
    sorted_ = not (order[:-1] < order[1:]).all()
    room = g.px(LABELS) * (len(str(len(order) - 1)) + 0.5)
    every = 1 if g.column >= room else max(1, int(nice_step(2.0 * room / g.column)))
    if sorted_ and every > 1:
        return  # ranks would be taken for channels
    first = -(-int(max(np.ceil(g.span[0]), 0)) // every) * every
    for position in range(first, min(int(np.ceil(g.span[1])), len(order)), every):
        place = QRectF(g.x(position + 0.5) - 40, area.bottom() + 4, 80, g.px(16))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(order[position]))


def _paint_sideways(painter: QPainter, g: Geometry, area: QRectF, text: str, theme: Theme) -> None:
    if painter.fontMetrics().horizontalAdvance(text) > area.height() + g.px(GAP):
        return
    painter.save()
    painter.setPen(QColor(theme.muted))
    painter.translate(g.px(12), area.center().y())
    painter.rotate(-90)
    painter.drawText(QRectF(-area.height(), -g.px(9), 2 * area.height(), g.px(18)), Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def paint_titles(painter: QPainter, drawing: Drawing, words: Words) -> None:
    """A line above each strip: what it says, and what its shades mean."""
    g, theme = drawing.geometry, drawing.theme
    right = g.ranges.right()
    for text, color, style, outline in (
        (words.clipped, theme.clipping, Qt.BrushStyle.Dense4Pattern, None),
        (words.clip, blend(theme.plot, theme.quantized, CLIP_SHADE), Qt.BrushStyle.SolidPattern, theme.quantized),
        (words.values, theme.histogram, Qt.BrushStyle.SolidPattern, None),
    ):
        right = _entry(painter, right, g.ranges.top() - g.px(9), text, QBrush(QColor(color), style), theme, outline)
    if drawing.rows.other is not None:
        base = g.ranges.top() - g.px(9)
        ends, right = right, _entry(painter, right, base, drawing.rows.other_name, QBrush(), theme, None)
        painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DotLine))
        left = ends - painter.fontMetrics().horizontalAdvance(drawing.rows.other_name)
        painter.drawLine(QLineF(left - 18, round(base - 4) + 0.5, left - 6, round(base - 4) + 0.5))
    top, high = g.px(22), g.px(18)
    place = QRectF(g.ranges.left(), g.ranges.top() - top, right - g.ranges.left() - 8, high)
    _line(painter, place, words.ranges, theme)
    if not g.split:
        return
    width = painter.fontMetrics().horizontalAdvance(words.worst)
    painter.setPen(QColor(theme.muted))
    painter.drawText(QPointF(g.errors.right() - width, g.errors.top() - g.px(9)), words.worst)
    place = QRectF(g.errors.left(), g.errors.top() - top, g.errors.width() - width - 12, high)
    _line(painter, place, words.errors, theme)


def _entry(
    painter: QPainter, right: float, base: float, text: str, brush: QBrush, theme: Theme, outline: str | None
) -> float:
    """One legend entry ending at `right`; where the next one to its left ends."""
    left = right - painter.fontMetrics().horizontalAdvance(text)
    painter.setPen(QColor(theme.muted))
    painter.drawText(QPointF(left, base), text)
    painter.fillRect(QRectF(left - 18, base - 9, 12, 9), brush)
    if outline is not None:
        painter.setPen(QPen(QColor(outline), 1.5))
        painter.drawLines([QLineF(left - 18, y, left - 6, y) for y in (base - 9, base)])
    return left - 32


def _line(painter: QPainter, place: QRectF, text: str, theme: Theme) -> None:
    painter.setPen(QColor(theme.text))
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(place.width()))
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)


def paint_handles(painter: QPainter, drawing: Drawing, handles: Sequence["Handle"]) -> None:
    """The edges that can be dragged: a line with a tab that holds the value."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for handle in handles:
        color = QColor(drawing.theme.handle_min if handle.edge == "min" else drawing.theme.handle_max)
        line = handle.line
        painter.setPen(QPen(color, 3 if handle.held else 2))
        painter.drawLine(line)
        tab = handle.tab
        if handle.focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(drawing.theme.accent), 2))
            painter.drawRoundedRect(tab.adjusted(-2.5, -2.5, 2.5, 2.5), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(tab, 4, 4)
        painter.setPen(QColor(drawing.theme.plot))
        painter.drawText(tab, Qt.AlignmentFlag.AlignCenter, handle.text)


@dataclass(frozen=True)
class Handle:
    """A handle as drawn: where its line and its tab are in pixels."""

    edge: str
    line: QLineF
    tab: QRectF
    text: str
    focused: bool
    held: bool


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
