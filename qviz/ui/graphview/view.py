"""The view of the graph: pan by drag, zoom at the cursor, fit, click or box to select, arrows to walk."""

from PySide6.QtCore import QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QRubberBand

from qviz.ui.graphview.camera import Camera
from qviz.ui.graphview.edges import EdgeItem, PortItem
from qviz.ui.graphview.far import FAR
from qviz.ui.graphview.minimap import Minimap
from qviz.ui.graphview.nodes import NodeItem
from qviz.ui.graphview.scene import GraphScene
from qviz.ui.theme import Theme

ZOOM_PER_NOTCH = 1.2
CLICK = 4  # pixels a press may move and still be a click
STEPS = {
    Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1), Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
}  # fmt: skip


class GraphView(Camera):
    """Takes mouse and keys itself; items only paint."""

    node_chosen = Signal(str)
    node_toggled = Signal(str)  # with Ctrl or Shift
    box_chosen = Signal(object)  # names of the cards in a box
    chip_chosen = Signal(str, str)  # node, "mute" or "solo"
    port_chosen = Signal(str)  # tensor
    group_opened = Signal(str)
    scope_closed = Signal(str)  # a node whose scope is to be collapsed
    menu_asked = Signal(str, QPoint)  # a node, and where on the screen
    hovered = Signal(object, object)  # a node and one of its chips, or None

    def __init__(self, scene: GraphScene, theme: Theme) -> None:
        super().__init__(scene)
        self._press: QPoint | None = None
        self._panning = self._boxing = False
        self._hovered: NodeItem | None = None
        self._chip: str | None = None  # under the mouse
        self._box = QRubberBand(QRubberBand.Shape.Rectangle, self.viewport())
        self.minimap = Minimap(self.viewport(), theme)
        self.minimap.asked.connect(self.look_at)
        scene.recolored.connect(self._recolored)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 120)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._edge_color = theme.edge
        self.setBackgroundBrush(QColor(theme.plot))
        self.minimap.set_theme(theme)

    def show_first(self, start_at: str | None = None) -> None:
        self.minimap.show_graph(self._graph.far, self.content())
        super().show_first(start_at)

    def covered(self) -> float:
        return float(self.minimap.needed().width()) if self.minimap.fits() else 0.0

    def _recolored(self) -> None:
        self.minimap.redraw()
        if self.zoom < FAR:
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        seen, far = self.seen(), self._graph.far
        self.minimap.follow(seen)
        self._graph.hasten(seen)
        if self.zoom >= FAR or far is None:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self.backgroundBrush())
        far.paint(painter, seen, (self.zoom, self.zoom), self._edge_color)

    # --- the mouse --------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(ZOOM_PER_NOTCH ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._press, self._panning = event.position().toPoint(), False
            self._boxing = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._press is None:
            self._hover(at)
        elif self._panning or (at - self._press).manhattanLength() > CLICK:
            self._panning = True
            if self._boxing:
                self._box.setGeometry(QRect(self._press, at).normalized())
                self._box.show()
            else:
                self._pan_to(at)
        event.accept()

    def _pan_to(self, at: QPoint) -> None:
        assert self._press is not None
        self._first = False
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        moved = self.mapToScene(at) - self.mapToScene(self._press)
        self.translate(moved.x(), moved.y())
        self._press = at

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._press is not None and not self._panning
        boxed = self._press is not None and self._panning and self._boxing
        self._press, self._panning = None, False
        at = event.position().toPoint()
        if boxed:
            self._box.hide()
            area = self.mapToScene(self._box.geometry()).boundingRect()
            self.box_chosen.emit(self._graph.inside(area))
        elif clicked and event.button() == Qt.MouseButton.LeftButton:
            more = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
            self._choose(at, bool(event.modifiers() & more))
        self._hover(at)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self._card_at(event.position().toPoint())
        if item is not None and item.card.count:
            self.group_opened.emit(item.card.name)
        else:
            self.mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self._card_at(event.pos())
        if item is not None:
            self.menu_asked.emit(item.card.name, event.globalPos())

    def _card_at(self, at: QPoint) -> NodeItem | None:
        item = self.itemAt(at)
        return item if isinstance(item, NodeItem) else None

    def _choose(self, at: QPoint, more: bool) -> None:
        item, point = self.itemAt(at), self.mapToScene(at)
        if isinstance(item, NodeItem):
            chip = item.chip_at(point)
            if chip is not None:
                self.chip_chosen.emit(item.card.name, chip)
            else:
                (self.node_toggled if more else self.node_chosen).emit(item.card.name)
        elif isinstance(item, PortItem):
            self.port_chosen.emit(item.tensor)
        elif isinstance(item, EdgeItem):
            self._jump(item, point)

    def _jump(self, item: EdgeItem, point: QPointF) -> None:
        """To the other end of an edge."""
        node = item.far_end(point)
        port = self._graph.ports.get(item.edge.tensor)
        if node:
            self.node_chosen.emit(node)
        elif port is not None:
            self.look_at(port.pos())
            self.port_chosen.emit(item.edge.tensor)

    def _hover(self, at: QPoint) -> None:
        item = self.itemAt(at)
        node = item if isinstance(item, NodeItem) else None
        clickable = isinstance(item, NodeItem | PortItem | EdgeItem)
        chip = None if node is None else node.chip_at(self.mapToScene(at))
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)
        if (node, chip) != (self._hovered, self._chip):
            self.forget_hover()
            self._hovered, self._chip = node, chip
            if node is not None:
                node.mark(hovered=True)
            self.hovered.emit(None if node is None else node.card.name, chip)

    def forget_hover(self) -> None:
        """Before items go away."""
        if self._hovered is not None:
            self._hovered.mark(hovered=False)
        self._hovered = self._chip = None

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
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._graph.selected is not None:
            self.group_opened.emit(self._graph.selected)
        elif key == Qt.Key.Key_Backspace and self._graph.selected is not None:
            self.scope_closed.emit(self._graph.selected)
        else:
            event.ignore()

    def _walk(self, dx: int, dy: int) -> None:
        scene = self._graph
        start = scene.first if scene.selected is None else scene.neighbour(scene.selected, dx, dy)
        if start is not None:
            self.node_chosen.emit(start)
