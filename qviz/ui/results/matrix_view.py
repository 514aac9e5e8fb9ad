"""One confusion matrix as a picture with a marked cell; the wheel zooms, a drag moves, arrow keys move the mark."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from qviz.ui.results.matrix import Part, Shares, painted, pixels
from qviz.ui.theme import Theme

TITLE, TICKS = 20, 26  # pixels above, and below and to the left
SMALLEST_CELL = 11.0  # pixels for which a class gets its number
ZOOM = 1.25
Cell = tuple[int, int]  # true class, predicted class
STEPS = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}


class MatrixView(QWidget):
    """`marked(cell)`: the cell under the mouse or moved to by a key, or None. `moved(part)`: another part is wanted."""

    marked = Signal(object)
    moved = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.title = ""
        self._values: Shares | None = None
        self._part: Part = (0, 0, 1, 1)
        self._mark: Cell | None = None
        self._held: tuple[QPointF, Part] | None = None
        self._image: QImage | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 100)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.setMaximumWidth(max(self.minimumWidth(), event.size().height() + TICKS // 2))  # nearly a square

    def show_matrix(self, values: Shares, part: Part) -> None:
        self._values, self._part, self._image = values, part, None
        self.update()

    def show_mark(self, cell: Cell | None) -> None:
        if cell != self._mark:
            self._mark = cell
            self.update()

    def restyle(self, theme: Theme) -> None:
        self.theme, self._image = theme, None
        self.update()

    def place(self, cell: Cell) -> QRectF:
        """The rectangle of a cell."""
        top, left, rows, columns = self._part
        area = self._area()
        tall, wide = area.height() / rows, area.width() / columns
        return QRectF(area.left() + (cell[1] - left) * wide, area.top() + (cell[0] - top) * tall, wide, tall)

    # --- events -----------------------------------------------------------------------------------------------
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            at, part = self._held
            area, moved = self._area(), event.position() - at
            rows, columns = moved.y() / area.height() * part[2], moved.x() / area.width() * part[3]
            self.moved.emit((part[0] - rows, part[1] - columns, part[2], part[3]))
        else:
            self.marked.emit(self._cell(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._held = event.position(), self._part

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._values is not None:
            self.moved.emit((0.0, 0.0, float(len(self._values)), float(len(self._values))))

    def leaveEvent(self, event: QEvent) -> None:
        self.marked.emit(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        area, at = self._area(), event.position()
        top, left, rows, columns = self._part
        factor = ZOOM ** (-event.angleDelta().y() / 120)
        y, x = (at.y() - area.top()) / area.height(), (at.x() - area.left()) / area.width()
        self.moved.emit(
            (top + y * rows * (1 - factor), left + x * columns * (1 - factor), rows * factor, columns * factor)
        )
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()))
        if step is None or self._values is None:
            super().keyPressEvent(event)
            return
        row, column = self._mark or (0, 0)
        last = len(self._values) - 1
        self.marked.emit((min(max(row + step[0], 0), last), min(max(column + step[1], 0), last)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, area = QPainter(self), self._area()
        painter.setPen(QColor(self.theme.text))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(area.left(), 0, self.width() - area.left(), TITLE), flags, self.title)
        if self._values is None or area.width() < 8:
            return
        painter.drawImage(area, self._picture(area))
        painter.setPen(QPen(QColor(self.theme.accent if self.hasFocus() else self.theme.border), 1))
        painter.drawRect(area)
        self._paint_numbers(painter, area)
        if self._mark is not None:
            painter.setClipRect(area.adjusted(-1, -1, 1, 1))
            painter.setPen(QPen(QColor(self.theme.text), 1.5))
            painter.drawRect(self.place(self._mark))

    # --- inside -----------------------------------------------------------------------------------------------
    def _picture(self, area: QRectF) -> QImage:
        """The seen part at the screen's resolution, kept until something changes."""
        ratio = self.devicePixelRatioF()
        width, height = round(area.width() * ratio), round(area.height() * ratio)
        if self._image is None or (self._image.width(), self._image.height()) != (width, height):
            assert self._values is not None
            colors = painted(pixels(self._values, self._part, width, height), self.theme)
            made = QImage(colors.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32)
            self._image = made.copy()
        return self._image

    def _paint_numbers(self, painter: QPainter, area: QRectF) -> None:
        """Numbers of classes along both axes, as many as find room."""
        assert self._values is not None
        top, left, rows, columns = self._part
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.8)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.muted))
        room = max(SMALLEST_CELL, painter.fontMetrics().horizontalAdvance(str(len(self._values))) + 4)
        for first, count, length, across in ((left, columns, area.width(), True), (top, rows, area.height(), False)):
            every = max(1, round(room / (length / count) + 0.49))
            for number in range(-(-int(first) // every) * every, min(int(first + count) + 1, len(self._values)), every):
                cell = self.place((0, number) if across else (number, 0))
                center = cell.center()
                if across and area.left() <= center.x() <= area.right():
                    box = QRectF(center.x() - 20, area.bottom() + 2, 40, TICKS / 2)
                    painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, str(number))
                elif not across and area.top() <= center.y() <= area.bottom():
                    box = QRectF(0, center.y() - 8, area.left() - 5, 16)
                    painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))

    def _area(self) -> QRectF:
        """A square."""
        side = max(1.0, min(self.width() - TICKS - 6.0, self.height() - TITLE - TICKS / 2 - 6.0))
        return QRectF(TICKS, TITLE, side, side)

    def _cell(self, at: QPointF) -> Cell | None:
        area = self._area()
        if self._values is None or not area.contains(at):
            return None
        top, left, rows, columns = self._part
        row = int(top + (at.y() - area.top()) / area.height() * rows)
        column = int(left + (at.x() - area.left()) / area.width() * columns)
        last = len(self._values) - 1
        return min(max(row, 0), last), min(max(column, 0), last)
