"""Both handles together: which one a press means, how far it has been dragged, and which has the keyboard's focus."""

from functools import partial

from PySide6.QtCore import QObject, QRectF, Signal

from qviz.ui.editor.handle import GRAB, ClipHandle
from qviz.ui.editor.header import form_text
from qviz.ui.editor.plot_box import PlotBox
from qviz.ui.editor.subject import EDGES, Edge, Subject
from qviz.ui.editor.value_map import ValueMap, tick_text
from qviz.ui.text import number
from qviz.ui.theme import Theme

FINE = 0.1  # Shift
COINCIDE = 1.0  # pixels


class HandlePair(QObject):
    """Turns mouse and focus into `dragged` with plot coordinates. Drags are relative: nothing jumps at the press."""

    drag_started = Signal(str)  # edge
    dragged = Signal(str, float, bool)  # edge, plot coordinate, free of snapping
    drag_ended = Signal()
    reveal_asked = Signal(str, float)  # an edge out of view is wanted at this scene x
    reset_asked = Signal()

    def __init__(self, box: PlotBox, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._box = box
        self.handles: dict[Edge, ClipHandle] = {edge: ClipHandle(edge) for edge in EDGES}
        self.edge: Edge | None = None  # the edge that is held
        self.focused: Edge | None = None
        self._pressed = False
        self._last = self._raw = 0.0  # scene x of the mouse, and of the handle it holds
        self._hidden = 0  # which side of the view the held handle is still beyond
        for handle in self.handles.values():
            box.scene().addItem(handle)
            handle.pressed.connect(partial(self._press, handle))
            handle.moved.connect(self._move)
            handle.released.connect(self._release)
            handle.double_clicked.connect(self.reset_asked)

    def show_subject(
        self, subject: Subject | None, value_map: ValueMap, areas: tuple[QRectF, QRectF], theme: Theme
    ) -> None:
        """Place both handles; without a subject or range they vanish."""
        shown = subject is not None and subject.has_range
        for handle in self.handles.values():
            handle.setVisible(shown)
        if subject is None or not shown:
            self.focus(None)
            return
        for edge, value in zip(EDGES, subject.requested, strict=True):
            handle = self.handles[edge]
            handle.show_as(theme, subject.is_fixed(edge), not subject.setting.enabled, subject.editable)
            handle.setToolTip(self._reason(subject, edge))
            handle.place(
                self._box.scene_x(value_map.plot(value)), areas, number(value) if subject.ranged else tick_text(value)
            )
        self._part_tabs()

    def _reason(self, subject: Subject, edge: Edge) -> str:
        """Why a handle cannot be moved; nothing where it can."""
        if not subject.ranged:
            words = self.tr("{0} has no scale: its range is its own, and nothing moves it.")
            return words.format(form_text(subject.setting.spec))
        if subject.is_fixed(edge):
            return self.tr("Zero is always exact, and no value lies beyond it: this edge stays.")
        return self.tr("Locked: unlock this range to move it.") if subject.setting.locked else ""

    def refit(self) -> None:
        """The size of text was changed."""
        for handle in self.handles.values():
            handle.refit()

    def movable(self) -> list[Edge]:
        return [e for e in EDGES if self.handles[e].isVisible() and self.handles[e].movable]

    def focus(self, edge: Edge | None) -> None:
        self.focused = edge
        for handle in self.handles.values():
            handle.focused = handle.edge == edge
            handle.update()

    def let_go(self) -> None:
        """End the drag without a release: what the mouse does until the next press means nothing."""
        self.edge, self._pressed = None, False

    def _part_tabs(self) -> None:
        """Where the tabs would overlap, that of the maximum goes one row down."""
        low, high = self.handles["min"], self.handles["max"]
        if low.tab().intersects(high.tab()):
            high.prepareGeometryChange()
            high.row = 1

    def _press(self, handle: ClipHandle, x: float) -> None:
        """A tab means its own handle; else the nearer wins, and where both are at one place the first movement."""
        self._last, self._pressed, self.edge = x, True, None
        near = {e: abs(x - self.handles[e].x_at) for e in self.movable() if not self.handles[e].outside}
        if abs(x - handle.x_at) > GRAB or handle.outside:
            self._take(handle.edge)
        elif len(near) == 1 or abs(near["min"] - near["max"]) > COINCIDE:
            self._take(min(near, key=lambda e: near[e]))

    def _take(self, edge: Edge) -> None:
        self.edge, self._raw, self._hidden = edge, self.handles[edge].x_at, self.handles[edge].outside
        self.focus(edge)
        self.drag_started.emit(edge)

    def _move(self, x: float, fine: bool, free: bool) -> None:
        step, self._last = x - self._last, x
        if not self._pressed or step == 0:
            return
        if self.edge is None:
            self._take("min" if step < 0 else "max")
        assert self.edge is not None
        if self._hidden:
            if step * self._hidden < 0:
                self.reveal_asked.emit(self.edge, x)
                self._raw, self._hidden = self.handles[self.edge].x_at, 0
            return
        self._raw += step * (FINE if fine else 1.0)
        self.dragged.emit(self.edge, self._box.plot_x(self._raw), free)

    def _release(self) -> None:
        held, self.edge, self._pressed = self.edge, None, False
        if held is not None:
            self.drag_ended.emit()
