"""What mouse and keys do to the strips: picking channels, dragging edges, zoom and pan."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from qviz.session import Session
from qviz.ui.channels import geometry as geo
from qviz.ui.channels.chart import ChannelChart
from qviz.ui.channels.edit import ChannelEdit, Label
from qviz.ui.channels.rows import edges_of, movable
from qviz.ui.editor.handle import GRAB
from qviz.ui.editor.handle_pair import FINE
from qviz.ui.editor.plot_box import ZOOM_PER_NOTCH
from qviz.ui.editor.subject import EDGES, Edge, Subject
from qviz.ui.text import decibel, number
from qviz.ui.theme import Theme
from qviz.ui.view_state import View

NUDGES: Mapping[int, float] = {Qt.Key.Key_Up: -1.0, Qt.Key.Key_Down: 1.0}
STEPS: Mapping[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
NARROW = 3.0  # pixels of a channel below which only the picked one's edges are taken hold of


class ChannelPlot(ChannelChart):
    """Edits go to the session; they come back through `show_subject`."""

    reset_asked = Signal()
    edited = Signal(str)  # a quantizer whose range was committed by hand

    def __init__(self, session: Session, view: View, theme: Theme, label: Label) -> None:
        super().__init__(view, theme)
        self.edit = ChannelEdit(session, label)
        self.together = False
        self._raw = self._last = 0.0  # y of the held edge, and of the mouse
        self._pan_from: float | None = None
        self._space = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def show_subject(self, subject: Subject | None) -> None:
        if self.edit.subject is not None and (subject is None or subject.name != self.edit.subject.name):
            self.cancel_drag()
        super().show_subject(subject)

    # --- the mouse --------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, button = event.position(), event.button()
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self._space):
            self._pan_from = at.x()
        elif button == Qt.MouseButton.LeftButton and self.rows is not None:
            found = self.found(at)
            if found is None:
                self._pick_at(at.x())
            else:
                self._take(*found, at.y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pan_from is not None and self.rows is not None:
            by = (self._pan_from - at.x()) / self.geometry_().column
            self.span, self._pan_from = geo.moved(self.span, by, len(self.rows)), at.x()
            self.update()
        elif self.held is not None:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._drag(at.y(), FINE if fine else 1.0)
        else:
            over = self.found(at) is not None
            self.setCursor(Qt.CursorShape.SizeVerCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pan_from = None
        if self.held is not None:
            self._end()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.found(event.position()) is not None and self.subject is not None and self.subject.editable:
            self.cancel_drag()
            self.reset_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.rows is None:
            return
        factor = ZOOM_PER_NOTCH ** -(event.angleDelta().y() / 120)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._stretch = min(max(self._stretch * factor, 1e-6), 1e3)
        else:
            anchor = self.geometry_().position(event.position().x())
            self.span = geo.zoomed(self.span, factor, anchor, len(self.rows))
        self.update()
        event.accept()

    def found(self, at: QPointF) -> tuple[int, Edge] | None:
        """The channel and edge that a press here takes hold of: the nearest within 8 pixels, or the one of a tab."""
        if self.subject is None or self.rows is None or not self.subject.editable or not self.subject.has_range:
            return None
        for handle in self.handles():
            if handle.tab.adjusted(-2, -2, 2, 2).contains(at):
                return self.picked, "min" if handle.edge == "min" else "max"
        area = self.geometry_().ranges.adjusted(0, -GRAB, 0, GRAB)
        if not area.contains(at):
            return None
        near = [
            (abs(handle.line.y1() - at.y()), self.picked, EDGES[handle.edge == "max"])
            for handle in self.handles()
            if handle.line.x1() <= at.x() <= handle.line.x2()
        ]
        near += self._edges_under(at)
        distance, channel, edge = min(near, default=(GRAB + 1, 0, EDGES[0]), key=lambda found: found[0])
        return (channel, edge) if distance <= GRAB else None

    def _edges_under(self, at: QPointF) -> list[tuple[float, int, Edge]]:
        """Distances to the edges of the channel under the mouse, if it is wide enough to be meant."""
        assert self.subject is not None
        assert self.rows is not None
        g, channel = self.geometry_(), self.channel_at(at.x())
        if self.shared or channel is None or g.column < NARROW:
            return []
        edges = dict(zip(EDGES, edges_of(self.subject, channel), strict=True))
        return [(abs(g.y(edges[e]) - at.y()), channel, e) for e in movable(self.subject, self.rows, channel)]

    def channel_at(self, x: float) -> int | None:
        """The channel under a pixel."""
        area = self.geometry_().ranges
        if self.rows is None or not area.left() <= x <= area.right():
            return None
        position = int(self.geometry_().position(x))
        return int(self.rows.order[position]) if 0 <= position < len(self.rows) else None

    def _pick_at(self, x: float) -> None:
        channel = self.channel_at(x)
        if channel is not None:
            self.pick(channel)

    def _take(self, channel: int, edge: Edge, y: float) -> None:
        assert self.subject is not None
        self.pick(channel)
        self.edge = self.held = edge
        value = edges_of(self.subject, channel)[EDGES.index(edge)]
        self._raw, self._last = self.geometry_().y(value), y
        self.edit.begin(self.subject, channel, self.together)
        self.view.update(dragging=self.subject.name)

    def _drag(self, y: float, factor: float) -> None:
        step, self._last = y - self._last, y
        if step and self.held is not None and self.edit.subject is not None:
            self._raw += step * factor
            self.edit.move(self.held, self.geometry_().value(self._raw))

    def _end(self) -> None:
        subject, self.held = self.edit.subject, None
        committed = self.edit.finish()
        self.view.update(dragging=None)
        self.show_subject(self.subject)
        if committed and subject is not None:
            self.edited.emit(subject.name)

    def cancel_drag(self) -> None:
        """Back to the ranges as they were before the drag."""
        self.held = None
        self.edit.cancel()
        self.view.update(dragging=None)
        self.update()

    # --- the keyboard -----------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Tab goes to the other edge before it leaves; a tool tip tells the numbers of the channel under the mouse."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._tab(event):
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            channel = self.channel_at(event.pos().x())
            QToolTip.showText(event.globalPos(), "" if channel is None else self.told(channel), self)
            return True
        return bool(super().event(event))

    def told(self, channel: int) -> str:
        """The numbers of a channel in words."""
        assert self.rows is not None
        rows = self.rows
        text = self.tr("Channel {0}: values {1} … {2}, clip range {3} … {4}, error {5} dB")
        level = float(self.errors.decibel[channel]) if self.judged else float("nan")
        numbers = (rows.low, rows.high, rows.clip_low, rows.clip_high)
        return text.format(channel, *(number(float(a[channel])) for a in numbers), decibel(level))

    def _tab(self, event: QKeyEvent) -> bool:
        order: dict[int, Edge] = {Qt.Key.Key_Tab: "min", Qt.Key.Key_Backtab: "max"}
        wanted = order.get(event.key())
        if wanted is None or wanted == self.edge or wanted not in self._free():
            return False
        self.edge = wanted
        self.update()
        return True

    def _free(self) -> list[Edge]:
        if self.subject is None or self.rows is None or not self.subject.has_range:
            return []
        return movable(self.subject, self.rows, self.picked)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.edge = "max" if event.reason() == Qt.FocusReason.TabFocusReason else "min"
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._space = False
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self.rows is None:
            event.ignore()
        elif key == Qt.Key.Key_Space:
            self._space = True
        elif key == Qt.Key.Key_Escape and self._escape():
            pass
        elif key in STEPS:
            self._step(self.rows.position(self.picked) + STEPS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._step(0 if key == Qt.Key.Key_Home else len(self.rows) - 1)
        elif key in NUDGES:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._nudge(NUDGES[key] * (FINE if fine else 1.0))
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False

    def _escape(self) -> bool:
        if self.edit.subject is not None:
            self.cancel_drag()
            return True
        return self.subject is not None and self.edit.take_back(self.subject.name, self.picked)

    def _step(self, position: int) -> None:
        assert self.rows is not None
        if self.held is None:
            self.pick(int(self.rows.order[min(max(position, 0), len(self.rows) - 1)]))

    def _nudge(self, pixels: float) -> None:
        free = self._free()
        if self.subject is None or not free or self.held is not None:
            return
        edge = self.edge if self.edge in free else free[0]
        g = self.geometry_()
        value = g.value(g.y(edges_of(self.subject, self.picked)[EDGES.index(edge)]) + pixels)
        self.set_edge(edge, value)

    def set_edge(self, edge: Edge, value: float) -> None:
        """Commit one edge of the picked channel, by key or typed."""
        if self.subject is not None and self.subject.editable:
            self.edit.set(self.subject, self.picked, self.together, edge, value)
            self.edited.emit(self.subject.name)
