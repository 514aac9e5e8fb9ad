"""Where the graph is looked at: zoom about a point, the whole, a first view that can be read, a card made visible."""

from collections import Counter

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsView

from qviz.ui.graphview.scene import GraphScene
from qviz.ui.theme import NORMAL_TEXT

SMALLEST, LARGEST = 0.0005, 4.0
READABLE = (1.0, 1.5)  # zooms of the first view: text of 10 pixels at the least
TEXT_CHANGED = (QEvent.Type.FontChange, QEvent.Type.StyleChange)
EDGE = 16.0  # pixels beside the graph in the first view


def actual_zoom() -> float:
    """At which the texts of cards have the size that the user chose for all."""
    return float(QApplication.font().pointSizeF()) / NORMAL_TEXT


class Camera(QGraphicsView):
    """A view without scroll bars that goes where it is told."""

    def __init__(self, scene: GraphScene) -> None:
        super().__init__(scene.stage)
        self._graph = scene
        scene.staged.connect(self.setScene)
        self._first = True  # nobody has changed the first view yet
        self._start_at: str | None = None
        self._actual = actual_zoom()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def content(self) -> QRectF:
        """What the nodes and ports cover."""
        return self._graph.content()

    def seen(self) -> QRectF:
        """The part of the scene that is shown."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def show_first(self, start_at: str | None = None) -> None:
        """As wide as the panel, at a size that can be read: the beginning, or further down so that a node shows."""
        self._first, self._start_at = True, start_at
        area = self.content()
        if area.isEmpty():
            return
        beside = self.covered()
        wide = (self.viewport().width() - beside) / (area.width() + 2 * EDGE)
        least, most = (self._actual * z for z in READABLE)
        zoom = min(max(wide, least), most)
        self.resetTransform()
        self.scale(zoom, zoom)
        middle = area.center().x() if wide >= least else self._busiest_column()
        middle += beside / 2 / zoom
        self.centerOn(middle, area.top() - EDGE / zoom + self.viewport().height() / 2 / zoom)
        if start_at is not None:
            self._uncover(start_at)

    def covered(self) -> float:
        """Pixels at the right in which something else is shown over the graph."""
        return 0.0

    def _busiest_column(self) -> float:
        """x at which most cards stand: the main chain."""
        told = self._graph.told
        assert told is not None
        columns = Counter(x for x, _ in told.layout.positions.values())
        return columns.most_common(1)[0][0] if columns else self.content().center().x()

    def fit(self) -> None:
        """The whole graph."""
        if self.content().isEmpty():
            return
        self._first = False
        area = self.content().adjusted(-EDGE, -EDGE, EDGE, EDGE)
        size = self.viewport().size()
        zoom = min(size.width() / area.width(), size.height() / area.height(), self._actual * READABLE[1])
        self.resetTransform()
        self.scale(zoom, zoom)
        self.centerOn(area.center())

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about a point of the viewport, its centre by default."""
        self._first = False
        anchor = QPointF(self.viewport().rect().center()) if at is None else at
        factor = min(max(self.zoom * factor, SMALLEST), LARGEST) / self.zoom
        before = self.mapToScene(anchor.toPoint())
        self.scale(factor, factor)
        moved = self.mapToScene(anchor.toPoint()) - before
        self.translate(moved.x(), moved.y())

    def actual_size(self) -> None:
        self.zoom_by(self._actual / self.zoom)

    def reveal(self, name: str) -> None:
        """Bring a node into view, if it is not there already."""
        if self._uncover(name):
            self._first = False

    def _uncover(self, name: str) -> bool:
        item = self._graph.item(name)
        if item is None:
            return False
        area = item.sceneBoundingRect().adjusted(-8, -8, 8, 8)
        hidden = self.covered() / self.zoom
        seen = self.seen().adjusted(0, 0, -hidden, 0)
        if seen.contains(area):
            return False
        beside = area.left() < seen.left() or area.right() > seen.right()
        self.centerOn((item.x() if beside else seen.center().x()) + hidden / 2, item.y())
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._first:
            self.show_first(self._start_at)
        elif event.oldSize().isValid():  # what was in the middle stays there
            moved = event.size() - event.oldSize()
            self.translate(moved.width() / 2 / self.zoom, moved.height() / 2 / self.zoom)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in TEXT_CHANGED and self._actual != actual_zoom():
            first, factor = self._first, actual_zoom() / self._actual
            self._actual = actual_zoom()
            self.show_first(self._start_at) if first else self.zoom_by(factor)
        super().changeEvent(event)

    def look_at(self, point: QPointF) -> None:
        self._first = False
        self.centerOn(point)
