"""The view of the graph: pan by drag, zoom at the cursor, fit, click to select, arrows to walk."""

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsView

from qviz.ui.graphview.items import NodeItem, PortItem
from qviz.ui.graphview.scene import GraphScene
from qviz.ui.theme import Theme

ZOOM_PER_NOTCH = 1.2
SMALLEST, LARGEST = 0.02, 4.0
READABLE = (1.0, 1.5)  # zooms of the first view: text of 10 pixels at the least
CLICK = 4  # pixels a press may move and still be a click
EDGE = 16.0  # pixels beside the graph in the first view
STEPS = {
    Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1), Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
}  # fmt: skip


class GraphView(QGraphicsView):
    """Takes mouse and keys itself; items only paint."""

    node_chosen = Signal(str)
    port_chosen = Signal(str)  # tensor
    hovered = Signal(object)  # node or None

    def __init__(self, scene: GraphScene, theme: Theme) -> None:
        super().__init__(scene)
        self._graph = scene
        self._press: QPoint | None = None
        self._panning = False
        self._hovered: NodeItem | None = None
        self._first = True  # nobody has changed the first view yet
        self._start_at: str | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 120)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self.setBackgroundBrush(QColor(theme.plot))

    # --- where we look ----------------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def content(self) -> QRectF:
        """What the nodes and ports cover."""
        return self._graph.itemsBoundingRect()

    def show_first(self, start_at: str | None = None) -> None:
        """As wide as the panel, at a size that can be read: the beginning, or further down so that a node shows."""
        self._first, self._start_at = True, start_at
        area = self.content()
        if area.isEmpty():
            return
        wide = self.viewport().width() / (area.width() + 2 * EDGE)
        zoom = min(max(wide, READABLE[0]), READABLE[1])
        self.resetTransform()
        self.scale(zoom, zoom)
        first = next(iter(self._graph.nodes.values()), None)
        middle = area.center().x() if wide >= READABLE[0] or first is None else first.x()
        self.centerOn(middle, area.top() - EDGE / zoom + self.viewport().height() / 2 / zoom)
        if start_at is not None:
            self._uncover(start_at)

    def fit(self) -> None:
        """The whole graph."""
        self._first = False
        area = self.content().adjusted(-EDGE, -EDGE, EDGE, EDGE)
        size = self.viewport().size()
        zoom = min(size.width() / area.width(), size.height() / area.height(), READABLE[1])
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
        self.zoom_by(1.0 / self.zoom)

    def reveal(self, name: str) -> None:
        """Bring a node into view, if it is not there already."""
        self._first = self._first and not self._uncover(name)

    def _uncover(self, name: str) -> bool:
        item = self._graph.nodes.get(name)
        if item is None:
            return False
        area = item.sceneBoundingRect().adjusted(-8, -8, 8, 8)
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        if seen.contains(area):
            return False
        beside = area.left() < seen.left() or area.right() > seen.right()
        self.centerOn(item.x() if beside else seen.center().x(), item.y())
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._first:
            self.show_first(self._start_at)

    # --- the mouse --------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(ZOOM_PER_NOTCH ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._press, self._panning = event.position().toPoint(), False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._press is None:
            self._hover(at)
        elif self._panning or (at - self._press).manhattanLength() > CLICK:
            self._panning, self._first = True, False
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            moved = self.mapToScene(at) - self.mapToScene(self._press)
            self.translate(moved.x(), moved.y())
            self._press = at
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._press is not None and not self._panning
        self._press, self._panning = None, False
        at = event.position().toPoint()
        if clicked and event.button() == Qt.MouseButton.LeftButton:
            self._choose(at)
        self._hover(at)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def _choose(self, at: QPoint) -> None:
        item = self.itemAt(at)
        if isinstance(item, NodeItem):
            self.node_chosen.emit(item.card.name)
        elif isinstance(item, PortItem):
            self.port_chosen.emit(item.tensor)

    def _hover(self, at: QPoint) -> None:
        item = self.itemAt(at)
        node = item if isinstance(item, NodeItem) else None
        clickable = isinstance(item, NodeItem | PortItem)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)
        if node is not self._hovered:
            self.forget_hover()
            self._hovered = node
            if node is not None:
                node.mark(hovered=True)
            self.hovered.emit(None if node is None else node.card.name)

    def forget_hover(self) -> None:
        """Before items go away."""
        if self._hovered is not None:
            self._hovered.mark(hovered=False)
        self._hovered = None

    # --- the keyboard -----------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in STEPS:
            self._walk(*STEPS[Qt.Key(key)])
        elif key == Qt.Key.Key_F and not event.modifiers():
            self.fit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(ZOOM_PER_NOTCH)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(1 / ZOOM_PER_NOTCH)
        elif key == Qt.Key.Key_0:
            self.actual_size()
        else:
            event.ignore()

    def _walk(self, dx: int, dy: int) -> None:
        scene = self._graph
        first = next(iter(scene.nodes), None)
        start = first if scene.selected is None else scene.neighbour(scene.selected, dx, dy)
        if start is not None:
            self.node_chosen.emit(start)
