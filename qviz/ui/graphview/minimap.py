"""The whole graph in a corner of its view: a frame shows what is seen, dragging it pans."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from qviz.ui.graphview.far import FarPicture
from qviz.ui.theme import Theme

LARGEST, SHARE = QSize(110, 170), 0.13  # pixels, and share of the width of the view
LEAST = 22  # pixels of its shorter side
PADDING = 4
NARROW = 230  # pixels of the view, below which it would cover the cards


class Minimap(QWidget):
    """Its parent is the view's viewport. The picture is drawn once for each colouring, its edges once for all."""

    asked = Signal(QPointF)  # a point of the scene to look at

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._over = parent
        self._theme = theme
        self._far: FarPicture | None = None
        self._area = QRectF()
        self._seen = QRectF()
        self._picture: QPixmap | None = None
        self._edges: QPixmap | None = None  # what lies under the cards
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme, self._edges = theme, None
        self.redraw()

    def show_graph(self, far: FarPicture | None, area: QRectF) -> None:
        """Another graph; `area` is what it covers."""
        self._far, self._area, self._edges = far, area, None
        self.redraw()

    def redraw(self) -> None:
        """The cards have other colours."""
        self._picture = None
        self.update()

    def follow(self, seen: QRectF) -> None:
        """The view shows this part of the scene; nothing to see here where that is all."""
        parent = self._over
        self.setVisible(self.fits() and not seen.contains(self._area))
        if seen != self._seen:
            self._seen = seen
            self.update()
        size = self.needed()
        if size != self.size():
            self.resize(size)
            self._picture = self._edges = None
        self.move(parent.width() - size.width() - 8, parent.height() - size.height() - 8)

    def fits(self) -> bool:
        """Whether there is a graph, and room for its picture beside the cards."""
        parent = self._over
        return self._far is not None and parent.height() >= 2 * LARGEST.height() and parent.width() >= NARROW

    def needed(self) -> QSize:
        """Its size over this view for this graph."""
        w, h = max(self._area.width(), 1.0), max(self._area.height(), 1.0)
        wide = min(LARGEST.width(), SHARE * self._over.width())
        zoom = min(wide / w, LARGEST.height() / h)
        return QSize(max(round(w * zoom), LEAST), max(round(h * zoom), LEAST)) + QSize(2 * PADDING, 2 * PADDING)

    def _zoom(self) -> tuple[float, float]:
        inner = self.size() - QSize(2 * PADDING, 2 * PADDING)
        return inner.width() / max(self._area.width(), 1.0), inner.height() / max(self._area.height(), 1.0)

    def frame(self) -> QRectF:
        """What the view shows, in pixels of this widget."""
        zx, zy = self._zoom()
        part = self._seen.intersected(self._area)
        corner = QPointF((part.left() - self._area.left()) * zx, (part.top() - self._area.top()) * zy)
        place = QRectF(corner.x() + PADDING, corner.y() + PADDING, part.width() * zx, part.height() * zy)
        grow = max(0.0, 6.0 - place.height()) / 2
        return place.adjusted(0, -grow, 0, grow)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._far is None:
            return
        if self._picture is None:
            self._picture = self._drawn(self._far)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        ink = QColor(self._theme.text)  # no card has this colour
        painter.setPen(QPen(ink, 1.5))
        ink.setAlphaF(0.18)
        painter.setBrush(ink)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(self.frame(), 2, 2)

    def _drawn(self, far: FarPicture) -> QPixmap:
        if self._edges is None or self._edges.devicePixelRatioF() != self.devicePixelRatioF():
            self._edges = self._ground(far)
        picture = self._edges.copy()
        painter = QPainter(picture)
        painter.translate(PADDING, PADDING)
        far.paint_cards(painter, self._area, self._zoom())
        painter.end()
        return picture

    def _ground(self, far: FarPicture) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        panel = QColor(self._theme.panel)
        painter.setPen(QPen(QColor(self._theme.border), 1))
        painter.setBrush(panel)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.translate(PADDING, PADDING)
        far.paint_edges(painter, self._area, self._zoom(), self._theme.edge)  # a long chain is stretched to be seen
        painter.end()
        return picture

    def _look_at(self, event: QMouseEvent) -> None:
        zx, zy = self._zoom()
        at = event.position() - QPointF(PADDING, PADDING)
        self.asked.emit(QPointF(self._area.left() + at.x() / zx, self._area.top() + at.y() / zy))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._look_at(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._look_at(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
