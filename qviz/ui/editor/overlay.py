"""What is drawn in screen pixels around the curves: effective range, ghost marks, level ticks, legends, optimum."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from qviz.ui.editor.canvas import DASH, GAP
from qviz.ui.editor.ghosts import ROWS, Mark, mark_at
from qviz.ui.plot_text import plot_text
from qviz.ui.theme import DARK, Theme, blend

GHOST_TOP = 27.0  # below the row of tabs
GHOST_ROW = 13.0  # a line of their labels; a mark reaches down to the end of its own
LEVELS, THINNED = 6.0, 3.0  # lengths of the ticks that mark levels
MOST_WIDTHS = 200
UNUSED = 0.32  # how strong those are that no value takes


@dataclass(frozen=True)
class Marks:
    """Places in scene pixels; everything may be empty."""

    histogram: QRectF = field(default_factory=QRectF)
    error: QRectF = field(default_factory=QRectF)
    effective: tuple[float, float] | None = None
    levels: tuple[float, ...] = ()
    unused: tuple[float, ...] = ()  # levels that no value takes
    thinned: bool = False  # not every level has its tick
    ghosts: tuple[Mark, ...] = ()
    optimum: tuple[float, float, str] | None = None  # x, y, text
    other: tuple[tuple[float, str], ...] = ()  # edges of the range compared with: x, text
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
        """Only what has changed is painted anew: a drag moves one edge."""
        edges = self._moved(marks) if theme is self.theme else None
        if edges is None:
            self.prepareGeometryChange()
            self.update()
        self.marks, self.theme = marks, theme
        for area in (marks.histogram, marks.error):
            for before, now in edges or ():
                left, right = min(before, now) - 2, max(before, now) + 2
                self.update(QRectF(left, area.top(), right - left, area.height()))

    def _moved(self, marks: Marks) -> list[tuple[float, float]] | None:
        """Edges that are elsewhere now, as (before, now); None where more than edges has changed."""
        before = self.marks
        alike = (before.histogram, before.error, before.muted) == (marks.histogram, marks.error, marks.muted)
        if not alike or before.effective is None or marks.effective is None:
            return None
        pairs = zip(before.effective, marks.effective, strict=True)
        return [(old, new) for old, new in pairs if round(old) != round(new)]  # zero is exact: the other follows a bit

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
        self.words = plot_text()
        self._widths: dict[str, float] = {}
        self.setZValue(50)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_marks(self, marks: Marks, theme: Theme) -> None:
        """Only what has changed is painted anew: a drag moves the levels."""
        now, before = (replace(m, effective=None, levels=(), unused=(), thinned=False) for m in (marks, self.marks))
        if theme is not self.theme or now != before:
            self.prepareGeometryChange()
            self.marks, self.theme = marks, theme
            self.update()
            return
        place, self.marks, upper = self._optimum_text(), marks, marks.histogram
        self.update(QRectF(upper.left() - 2, upper.bottom() - 2, upper.width() + 4, LEVELS + 4))
        if place != self._optimum_text():  # it keeps clear of the edges
            self.update(marks.error)

    def refit(self) -> None:
        """The size of text was changed."""
        self.words, self._widths = plot_text(), {}

    def text_width(self, text: str) -> float:
        if text not in self._widths:
            if len(self._widths) > MOST_WIDTHS:  # texts with a number in them come and go
                self._widths.clear()
            self._widths[text] = QFontMetricsF(self.words.font).horizontalAdvance(text)
        return self._widths[text]

    def boundingRect(self) -> QRectF:
        both = self.marks.histogram.united(self.marks.error)
        return both.adjusted(-2, -self.words.px(GAP), 2, 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setFont(self.words.font)
        self._paint_levels(painter)
        self._paint_ghosts(painter)
        self._paint_other(painter)
        self._paint_legends(painter)
        self._paint_optimum(painter)

    def _paint_levels(self, painter: QPainter) -> None:
        """A tick a level, paler where no value takes it; short ones where there is not one for each."""
        bottom = self.marks.histogram.bottom()
        end = bottom + (THINNED if self.marks.thinned else LEVELS)
        for places, strength in ((self.marks.unused, UNUSED), (self.marks.levels, 1.0)):
            ink = QColor(self.theme.quantized)
            ink.setAlphaF(strength * (0.43 if self.marks.muted else 0.8))
            painter.setPen(QPen(ink, 1))
            painter.drawLines([QLineF(x + 0.5, bottom, x + 0.5, end) for x in places])

    def ghost_rows(self, area: QRectF) -> int:
        """How many lines of labels fit above the lower half of the histogram; one at the least, if it fits at all."""
        row, free = self.words.px(GHOST_ROW), area.height() - self.words.px(GHOST_TOP)
        wanted = int((free - 0.45 * area.height()) / row)
        return 0 if free < row else max(1, min(ROWS, wanted))

    def ghosts_at(self, at: QPointF) -> tuple[str, ...]:
        """Who set the ghost mark at a place of the scene, all of them; empty where there is none."""
        found = mark_at(self.marks.ghosts, at.x())
        top = self.marks.histogram.top() + self.words.px(GHOST_TOP)
        return found.names if found is not None and top <= at.y() <= self._ghost_bottom(found) else ()

    def _ghost_bottom(self, mark: Mark) -> float:
        deep = GHOST_TOP + (mark.row + 1) * GHOST_ROW
        return min(self.marks.histogram.top() + self.words.px(deep), self.marks.histogram.bottom())

    def _paint_ghosts(self, painter: QPainter) -> None:
        top = self.marks.histogram.top() + self.words.px(GHOST_TOP)
        ground = QColor(self.theme.plot)
        ground.setAlpha(150)
        for mark in self.marks.ghosts:
            if mark.label_x is not None:
                row = QRectF(mark.label_x, top + mark.row * self.words.px(GHOST_ROW), 0, self.words.px(GHOST_ROW))
                row.setWidth(self.text_width(mark.label))
                painter.fillRect(row, ground)
                painter.setPen(QColor(self.theme.muted))
                painter.drawText(QPointF(row.left(), row.top() + self.words.px(10)), mark.label)
            painter.setPen(QPen(QColor(self.theme.edge), 1, Qt.PenStyle.DashLine))
            x = round(mark.x) + 0.5
            painter.drawLine(QLineF(x, top, x, self._ghost_bottom(mark)))

    def _paint_other(self, painter: QPainter) -> None:
        """The range compared with: a line of dashes and dots at each edge, through both plots, with its name."""
        ground = QColor(self.theme.plot)
        ground.setAlpha(220)
        upper, lower = self.marks.histogram, self.marks.error
        high = self.words.px(14)
        below = max(map(self._ghost_bottom, self.marks.ghosts), default=upper.top() + self.words.px(GHOST_TOP))
        top = max(upper.top(), min(below + 4, upper.bottom() - 2 * high))
        for x, text in self.marks.other:
            line = round(x) + 0.5
            painter.setPen(QPen(QColor(self.theme.text), 1, Qt.PenStyle.DashDotLine))
            painter.drawLine(QLineF(line, top, line, upper.bottom()))
            painter.drawLine(QLineF(line, lower.top(), line, lower.bottom()))
            width, base = self.text_width(text), top + self.words.px(10)
            left = line + 5 if line + 9 + width < upper.right() else line - 5 - width
            painter.fillRect(QRectF(left - 2, base - high + 3, width + 4, high), ground)
            painter.drawText(QPointF(left, base), text)

    def _paint_legends(self, painter: QPainter) -> None:
        theme, upper, lower = self.theme, self.marks.histogram, self.marks.error
        solid = Qt.PenStyle.SolidLine
        self._legend(painter, upper, self.tr("Distribution"), [
            (self.tr("float"), theme.histogram, None),
            *([(self.tr("quantized"), theme.quantized, solid)] if self.marks.quantized else []),
        ])  # fmt: skip
        words = {"total": self.tr("total"), "rounding": self.tr("rounding"), "clipping": self.tr("clipping")}
        if self.marks.error_title:
            shown = DASH.items() if self.marks.quantized else ()
            entries = [(words[name], getattr(theme, name), style) for name, style in shown]
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
        left, width = self._optimum_text()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.theme.plot), 1.5))
        painter.setBrush(QColor(self.theme.good))
        painter.drawPolygon(QPolygonF([QPointF(x, y - 6), QPointF(x + 6, y), QPointF(x, y + 6), QPointF(x - 6, y)]))
        painter.setPen(QColor(self.theme.good))
        base, high = min(y + self.words.px(18), area.bottom() - 5), self.words.px(14)
        ground = QColor(self.theme.plot)
        ground.setAlpha(210)
        painter.fillRect(QRectF(left - 3, base - high + 3, width + 6, high), ground)
        painter.drawText(QPointF(left, base), text)

    def _optimum_text(self) -> tuple[float, float]:
        """Where it begins and how wide it is."""
        if self.marks.optimum is None:
            return 0.0, 0.0
        x, _, text = self.marks.optimum
        width = self.text_width(text)
        return self._beside(x, width, self.marks.error), width

    def _beside(self, x: float, width: float, area: QRectF) -> float:
        """Where a text at `x` begins: on the right, else left of it or below, where no edge of a range crosses it."""
        lines = [*(self.marks.effective or ()), *(place for place, _ in self.marks.other)]
        around = (x + 10, x - 10 - width, x - width / 2)
        places = [at for at in around if area.left() < at < area.right() - width - 4]
        free = (at for at in places if not any(at - 6 < line < at + width + 6 for line in lines))
        return next(free, places[0] if places else x - 10 - width)


def ghost_names() -> dict[str, str]:
    """What stands beside the mark of each calibrator."""
    return {
        "minmax": _tr("min-max"),
        "percentile": _tr("percentile"),
        "moving-average": _tr("average"),
        "mse": _tr("MSE"),
        "tf_enhanced": _tr("SQNR"),
        "entropy": _tr("entropy"),
        "aciq": _tr("ACIQ"),
        "sigma": _tr("N·σ"),
    }


def _tr(text: str) -> str:
    return QCoreApplication.translate("GhostMarks", text)
