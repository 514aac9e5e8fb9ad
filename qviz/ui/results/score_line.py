"""The scores of the history as a line of dots; a click on one goes to its state."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from qviz.ui.text import fixed
from qviz.ui.theme import Theme, blend

LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 24  # pixels around the plot
DOT, RING, REACH = 4.0, 7.5, 14.0
WIDEST_STEP = 80.0  # pixels between two dots


@dataclass(frozen=True)
class Scores:
    """What is drawn: each entry's score (None: not simulated), where we stand, where B is, and the score of float."""

    values: tuple[float | None, ...] = ()
    labels: tuple[str, ...] = ()
    index: int = 0
    baseline: int | None = None
    reference: float | None = None
    unit: str = ""


class ScoreLine(QWidget):
    """`chosen(i)`: the user clicked entry `i`, or stepped to it by an arrow key."""

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._scores = Scores()
        self._hovered: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(220)

    def sizeHint(self) -> QSize:
        return QSize(360, 140)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_scores(self, scores: Scores) -> None:
        if scores != self._scores:
            self._scores = scores
            self.update()

    def place(self, i: int) -> QPointF:
        """Where entry `i` stands; an entry without a score lies on the bottom line."""
        count = len(self._scores.values)
        area = self._area()
        step = min(WIDEST_STEP, area.width() / max(1, count - 1))
        score = self._scores.values[i]
        y = area.bottom() if score is None else self._y(score)
        return QPointF(area.left() + i * step, y)

    # --- events -----------------------------------------------------------------------------------------------
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._nearest(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if found is None else Qt.CursorShape.PointingHandCursor)
        if found != self._hovered:
            self._hovered = found
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._nearest(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self.chosen.emit(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        elif 0 <= self._scores.index + step < len(self._scores.values):
            self.chosen.emit(self._scores.index + step)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self._nearest(QPointF(event.pos()))
            if found is None:
                QToolTip.hideText()
            else:
                text = f"{found}  {self._scores.labels[found]}\n{fixed(self._scores.values[found], 2)}"
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._theme.plot))
        known = [i for i, v in enumerate(self._scores.values) if v is not None]
        if known:
            self._paint_scale(painter)
            self._paint_line(painter, known)
        for i in range(len(self._scores.values)):
            self._paint_dot(painter, i)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    # --- painting ---------------------------------------------------------------------------------------------
    def _paint_scale(self, painter: QPainter) -> None:
        """The highest and lowest number, and float's score as a dashed line."""
        low, high = self._span()
        area, theme = self._area(), self._theme
        for value in dict.fromkeys((high, low)):
            y = self._y(value)
            painter.setPen(QPen(QColor(blend(theme.plot, theme.border, 0.7)), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.muted))
            box = QRectF(0, y - 9, LEFT - 8, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, fixed(value, 1))
        if self._scores.reference is not None:
            y = self._y(self._scores.reference)
            painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.drawText(QRectF(area.right() - 90, y + 1, 90, 16), Qt.AlignmentFlag.AlignRight, self.tr("float"))
        if self._scores.unit:
            painter.setPen(QColor(theme.muted))
            box = QRectF(0, area.center().y() - 9, LEFT - 8, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._scores.unit)

    def _paint_line(self, painter: QPainter, known: list[int]) -> None:
        """Through the known scores, paler where it leads to what was undone."""
        for part, color in (
            ([i for i in known if i >= self._scores.index], blend(self._theme.plot, self._theme.accent, 0.4)),
            ([i for i in known if i <= self._scores.index], self._theme.accent),
        ):
            painter.setPen(QPen(QColor(color), 2))
            painter.drawPolyline(QPolygonF([self.place(i) for i in part]))

    def _paint_dot(self, painter: QPainter, i: int) -> None:
        at, theme = self.place(i), self._theme
        undone = i > self._scores.index
        color = QColor(blend(theme.plot, theme.accent, 0.45) if undone else theme.accent)
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(QColor(theme.plot) if self._scores.values[i] is None else color)
        if i == self._scores.baseline:  # a square: told apart by shape
            painter.drawRect(QRectF(at.x() - DOT, at.y() - DOT, 2 * DOT, 2 * DOT))
            painter.setPen(QColor(theme.text))
            painter.drawText(QRectF(at.x() - 10, at.y() + 6, 20, 16), Qt.AlignmentFlag.AlignHCenter, "B")
        else:
            painter.drawEllipse(at, DOT, DOT)
        if i in (self._scores.index, self._hovered):
            painter.setPen(QPen(QColor(theme.text if i == self._scores.index else theme.muted), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, RING, RING)

    # --- geometry ---------------------------------------------------------------------------------------------
    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(LEFT, TOP, -RIGHT, -BOTTOM)

    def _span(self) -> tuple[float, float]:
        """Of all scores, float's included."""
        known = [v for v in (*self._scores.values, self._scores.reference) if v is not None]
        return min(known), max(known)

    def _y(self, score: float) -> float:
        low, high = self._span()
        area = self._area()
        return area.center().y() if high == low else area.bottom() - (score - low) / (high - low) * area.height()

    def _nearest(self, at: QPointF) -> int | None:
        """The entry within reach of a point."""
        distances = [(at - self.place(i)).manhattanLength() for i in range(len(self._scores.values))]
        best = min(distances, default=REACH)
        return distances.index(best) if best < REACH else None
