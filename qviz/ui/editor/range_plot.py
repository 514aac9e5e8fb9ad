"""What mouse and keys do to the chart: drags and nudges of the handles, zoom, pan, and the keyboard's focus."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHelpEvent, QKeyEvent
from PySide6.QtWidgets import QToolTip

from qviz.session import Session
from qviz.ui.editor import views
from qviz.ui.editor.chart import Chart
from qviz.ui.editor.ghosts import Ghost, snap
from qviz.ui.editor.handle_pair import FINE
from qviz.ui.editor.range_edit import RangeEdit
from qviz.ui.editor.subject import EDGES, Edge, Subject
from qviz.ui.text import number
from qviz.ui.theme import Theme
from qviz.ui.view_state import View

TICK_REACH = 8.0  # pixels below the histogram, and to both sides together
ARROWS = {Qt.Key.Key_Left: -1.0, Qt.Key.Key_Right: 1.0}


class RangePlot(Chart):
    """Edits go to the session; they come back through `show_subject`."""

    reset_asked = Signal()
    menu_asked = Signal(QPoint)  # global position
    edited = Signal(str)  # a quantizer whose range was committed by hand

    def __init__(self, session: Session, view: View, theme: Theme, label: Callable[[str], str]) -> None:
        super().__init__(theme)
        self._view = view
        self._edit = RangeEdit(session, label)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.pair.drag_started.connect(self._begin)
        self.pair.dragged.connect(self._drag)
        self.pair.drag_ended.connect(self._end)
        self.pair.reveal_asked.connect(self._reveal)
        self.pair.reset_asked.connect(self._reset)
        for box in (self.histogram_box, self.error_box):
            box.zoomed.connect(lambda factor, at: self.set_span(views.zoomed(self.span, factor, at)))
            box.panned.connect(lambda by: self.set_span((self.span[0] + by, self.span[1] + by)))
            box.pressed.connect(lambda: self.pair.focus(None))

    def show_subject(self, subject: Subject | None) -> None:
        if self._edit.subject is not None and (subject is None or subject.name != self._edit.subject.name):
            self.cancel_drag()
        super().show_subject(subject)

    # --- the mouse --------------------------------------------------------------------------------------------

    def _begin(self, edge: Edge) -> None:
        if self.subject is not None:
            self.take_view()
            self._edit.begin(self.subject)
            self._view.update(dragging=self.subject.name)
            self.set_edge(edge)

    def _drag(self, edge: Edge, place: float, free: bool) -> None:
        if self._edit.subject is None:
            return
        ghost = None if free else self._near_ghost(edge, place)
        value = self.value_map.value(place) if ghost is None else ghost.range[EDGES.index(edge)]
        self._edit.move(edge, value, ghost)

    def _near_ghost(self, edge: Edge, place: float) -> Ghost | None:
        index = EDGES.index(edge)
        ghosts = [g for g in self.ghost_list() if g.range[index] != 0]
        nearest = snap(self.histogram_box.scene_x(place), [self.scene_x(g.range[index]) for g in ghosts])
        return None if nearest is None else ghosts[nearest]

    def _end(self) -> None:
        subject = self._edit.subject
        committed = self._edit.finish()
        self._view.update(dragging=None)
        if committed and subject is not None:
            self.edited.emit(subject.name)

    def cancel_drag(self) -> None:
        """Back to the range as it was before the drag."""
        self.pair.let_go()
        self._edit.cancel()
        self._view.update(dragging=None)

    def _reveal(self, edge: Edge, scene_x: float) -> None:
        """Bring the view to a handle that lies beyond it, so that the handle is under the mouse."""
        if self.subject is not None:
            low, high = self.span
            place = self.value_map.plot(self.subject.requested[EDGES.index(edge)])
            share = (self.histogram_box.plot_x(scene_x) - low) / (high - low)
            self.set_span(views.revealing(self.span, place, share, 1 if place > high else -1))

    def _reset(self) -> None:
        self.cancel_drag()
        self.reset_asked.emit()

    def viewportEvent(self, event: QEvent) -> bool:
        """The tick of a level tells its value, and how many values fall on it; a ghost mark whose it is."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.told_at(self.mapToScene(event.pos()))
            if text:
                QToolTip.showText(event.globalPos(), text, self)
                return True
        return bool(super().viewportEvent(event))

    def told_at(self, at: QPointF) -> str:
        """What the tool tip at a place of the scene says; nothing where nothing is marked."""
        level = self.level_at(at)
        if level is not None:
            return self._told(level)
        names = self.overlay.ghosts_at(at)
        return self.tr("{0}. A handle snaps to it.").format(" · ".join(names)) if names else ""

    def level_at(self, at: QPointF) -> int | None:
        """Index of the level whose tick is under a place of the scene."""
        beside = at.y() - self.areas()[0].bottom()
        if not len(self.ticks.at) or not -1 <= beside <= TICK_REACH:
            return None
        away = np.abs(self.histogram_box.scene_places(self.ticks.at) - at.x())
        nearest = int(np.argmin(away))
        return int(self.ticks.indices[nearest]) if away[nearest] <= TICK_REACH / 2 else None

    def _told(self, level: int) -> str:
        subject = self.subject
        grid = None if subject is None else subject.setting.grid
        if subject is None or grid is None:
            return ""
        text = self.tr("Level {0} of {1}: {2}").format(level + 1, len(grid.levels()), number(grid.levels()[level]))
        use = subject.code_use
        if use is None:
            return text
        return f"{text}\n" + self.tr("about {0} values").format(f"{round(float(use.counts[level])):,}")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())
        event.accept()

    # --- the keyboard -----------------------------------------------------------------------------------------

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes to the next handle before it leaves the plot."""
        edges = self.pair.movable()
        step = 1 if next else -1
        focused = self.pair.focused
        place = (edges.index(focused) if focused in edges else (-1 if next else len(edges))) + step
        if not 0 <= place < len(edges):
            return bool(super().focusNextPrevChild(next))
        self._focus(edges[place])
        return True

    def _focus(self, edge: Edge) -> None:
        self.pair.focus(edge)
        self.set_edge(edge)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        edges = self.pair.movable()
        if edges and event.reason() == Qt.FocusReason.TabFocusReason:
            self._focus(edges[0])
        elif edges and event.reason() == Qt.FocusReason.BacktabFocusReason:
            self._focus(edges[-1])

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.pair.edge is None:
            self.pair.focus(None)
        self._hold_space(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._hold_space(True)
        elif event.key() == Qt.Key.Key_Escape and self._escape():
            pass
        elif event.key() in ARROWS and self.pair.focused in self.pair.movable():
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._nudge(ARROWS[Qt.Key(event.key())] * (FINE if fine else 1.0))
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(False)
        else:
            event.ignore()

    def _hold_space(self, held: bool) -> None:
        for box in (self.histogram_box, self.error_box):
            box.space_held = held
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor if held else Qt.CursorShape.ArrowCursor)

    def _escape(self) -> bool:
        """Restore what a drag or nudges changed; else take the focus off the handle."""
        if self._edit.subject is not None:
            self.cancel_drag()
            return True
        if self.pair.focused is None or self.subject is None:
            return False
        if not self._edit.take_back(self.subject.name):
            self.pair.focus(None)
        return True

    def _nudge(self, pixels: float) -> None:
        subject, edge = self.subject, self.pair.focused
        if subject is None or edge is None:
            return
        self.take_view()
        low, high = self.span
        place = self.value_map.plot(subject.requested[EDGES.index(edge)])
        self._edit.nudge(subject, edge, self.value_map.value(place + pixels * (high - low) / self.pixels()))
        self.edited.emit(subject.name)
