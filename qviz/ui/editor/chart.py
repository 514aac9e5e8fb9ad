"""A quantizer drawn: its distribution, range, marks and error curve, and which part of the value axis is in view."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Signal
from PySide6.QtGui import QResizeEvent

from qviz.ui.editor import views
from qviz.ui.editor.canvas import Canvas
from qviz.ui.editor.curves import ErrorCurves, error_curves, float_bars
from qviz.ui.editor.ghosts import Ghost, Mark, ghosts_of, marks
from qviz.ui.editor.handle_pair import HandlePair
from qviz.ui.editor.levels import Ticks, level_steps, level_ticks
from qviz.ui.editor.overlay import Marks, Overlay, Shade, ghost_names
from qviz.ui.editor.subject import EDGES, Edge, Subject
from qviz.ui.editor.value_map import ValueMap
from qviz.ui.plot_text import plot_text
from qviz.ui.text import decibel, number
from qviz.ui.theme import Theme

SURE = 0.5  # how likely a value takes a level for it to count as used


class Chart(Canvas):
    """Shows one Subject and changes nothing. What is costly is computed again only when it depends on the change."""

    moved = Signal()  # the handles are elsewhere on the screen
    wanted = Signal(object)  # wishes: ranges whose ghost marks are missing

    def __init__(self, theme: Theme) -> None:
        self.value_map = ValueMap()
        super().__init__(lambda low, high, pixels: self.value_map.ticks(low, high, pixels))
        self.theme = theme
        self.subject: Subject | None = None
        self.symlog = False
        self.span: views.Span = (-1.0, 1.0)
        self.edge: Edge = "max"  # the one whose error curve is shown
        self._chosen_view = False  # by the user; else the first view follows the histogram
        self._errors: tuple[tuple[object, ...], ErrorCurves | None] = ((), None)
        self._ghosts: tuple[tuple[object, ...], tuple[Ghost, ...]] = ((), ())
        self._marked: tuple[tuple[object, ...], list[Mark]] = ((), [])
        self.ticks = Ticks(np.empty(0, np.int64), np.empty(0))
        self.shade, self.overlay = Shade(), Overlay()
        self.scene().addItem(self.shade)
        self.scene().addItem(self.overlay)
        self.pair = HandlePair(self.histogram_box, self)
        self._drawn_muted = False
        self.recolor(theme, muted=False)
        self.retranslate()

    def retranslate(self) -> None:
        """Labels of the axes, names of the marks."""
        self._marked = ((), [])
        self.count_axis.set_text(self.tr("Values per bar"))
        self.error_axis.set_text(self.tr("Error (dB)"))
        self.value_axis.set_text(self.tr("Tensor value"))

    def show_subject(self, subject: Subject | None) -> None:
        """Show a quantizer as it is now. The view changes only with another one, or until the user has chosen it."""
        before, self.subject = self.subject, subject
        other = subject is None or before is None or before.name != subject.name
        gained = subject is not None and before is not None and subject.histogram is not before.histogram
        self._chosen_view = self._chosen_view and not other
        if other:
            self.pair.focus(None)
        if subject is not None and (other or (not self._chosen_view and (gained or self._out_of_view(before)))):
            self.value_map = views.map_for(subject, self.symlog)
            self.edge = subject.leading_edge
            self._apply_span(views.padded(views.first(subject), self.value_map))
            return
        if other or gained:
            self._draw_values()
        self.refresh_range()

    def _out_of_view(self, before: Subject | None) -> bool:
        """Whether the range became another, and an edge of it lies beyond the view."""
        subject = self.subject
        if subject is None or not subject.has_range or (before and before.setting.range == subject.setting.range):
            return False
        low, high = self.span
        return not all(low <= self.value_map.plot(edge) <= high for edge in subject.requested)

    def take_view(self) -> None:
        """The view is the user's from now on: what is edited here does not move it."""
        self._chosen_view = True

    def refresh_range(self) -> None:
        """Everything that depends on the setting: what one frame of a drag costs."""
        subject = self.subject
        if self.muted != self._drawn_muted:
            self._drawn_muted = self.muted
            self.recolor(self.theme, self.muted)
        self._draw_levels()
        self._draw_errors()
        upper, lower = self.areas()
        self.pair.show_subject(subject, self.value_map, (upper, lower), self.theme)
        marked = self._marks(upper, lower)
        self.shade.show_marks(marked, self.theme)
        self.overlay.show_marks(marked, self.theme)
        self.moved.emit()

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.recolor(theme, self.muted)
        self.retranslate()
        self.refresh_range()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "pair"):
            self._follow_text_size()
        super().changeEvent(event)

    def _follow_text_size(self) -> None:
        words = plot_text()
        if words != self.overlay.words:
            self.overlay.refit()
            self.pair.refit()
            self.set_theme(self.theme)
            self._apply_span(self.span)

    @property
    def muted(self) -> bool:
        return self.subject is not None and not self.subject.setting.enabled

    def set_symlog(self, symlog: bool) -> None:
        """Linear or symmetric-log value axis; what was in view stays in view."""
        low, high = (self.value_map.value(edge) for edge in self.span)
        self.symlog = symlog
        if self.subject is not None:
            self.value_map = views.map_for(self.subject, symlog)
            self._apply_span(views.without_void(self.subject, (low, high), self.value_map))

    def set_log_counts(self, log: bool) -> None:
        self.log_counts = log
        self._draw_values()
        self._draw_levels()

    def show_span(self, of: Callable[[Subject], views.Span]) -> None:
        """What one of the view buttons asks for."""
        if self.subject is not None:
            self.set_span(views.padded(of(self.subject), self.value_map))

    def set_span(self, span: views.Span) -> None:
        """Show these plot coordinates; from now on the view is the user's."""
        self.take_view()
        self._apply_span(span)

    def set_edge(self, edge: Edge) -> None:
        """Sweep this edge in the error curve."""
        if edge != self.edge:
            self.edge = edge
            self.refresh_range()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "pair"):  # Qt resizes once while the base class is being made
            self.ci.layout.activate()
            self.show_labels()
            self._apply_span(self.span)

    def _apply_span(self, span: views.Span) -> None:
        self.span = span
        self.show_x(*span)
        self._draw_values()
        self.refresh_range()

    def pixels(self) -> float:
        """Width of the plots."""
        return max(float(self.histogram_box.width()), 10.0)

    def scene_x(self, value: float) -> float:
        return self.histogram_box.scene_x(self.value_map.plot(value))

    def _draw_values(self) -> None:
        histogram = None if self.subject is None else self.subject.histogram
        if histogram is None:
            self.show_bars(None)
        else:
            self.show_bars(float_bars(histogram, self.value_map, *self.span, self.pixels()))

    def _draw_levels(self) -> None:
        subject = self.subject
        grid = None if subject is None or not subject.judged else subject.setting.grid
        if subject is None or subject.histogram is None or grid is None:
            self.show_levels(None)
        else:
            self.show_levels(level_steps(subject.histogram, grid, self.value_map, *self.span, self.pixels()))

    def _draw_errors(self) -> None:
        subject = self.subject
        if subject is None or not subject.judged or subject.histogram is None:
            self._errors = ((), None)
        else:
            other = None if subject.mirrored else subject.requested[1 - EDGES.index(self.edge)]
            key = (subject.name, subject.histogram, subject.setting.spec, self.edge, other, self.span, self.pixels())
            if key == self._errors[0]:
                return
            self._errors = key, error_curves(subject, self.edge, self.value_map, *self.span, self.pixels())
        self.show_errors(self._errors[1])

    def ghost_list(self) -> tuple[Ghost, ...]:
        """Calibrators' ranges for the subject, as far as known; the others are asked for. Empty without data."""
        subject = self.subject
        if subject is None or subject.histogram is None or not subject.histogram.total:
            return ()
        key = (subject.name, subject.histogram, subject.setting.spec)
        if key != self._ghosts[0]:
            found, missing = ghosts_of(subject.histogram, subject.setting.spec)
            self._ghosts = key, found
            if missing:
                self.wanted.emit(missing)
        return self._ghosts[1]

    def refresh_ghosts(self) -> None:
        """Ranges were found: those of the subject are shown."""
        self._ghosts = ((), ())
        self.refresh_range()

    def _marks(self, upper: QRectF, lower: QRectF) -> Marks:
        subject = self.subject
        empty = Marks(upper, lower, muted=self.muted)
        grid = None if subject is None else subject.setting.grid
        if subject is None or grid is None:
            return empty
        self.ticks = level_ticks(grid, self.value_map, *self.span, self.pixels())
        used = self._used()
        places = np.rint(self.histogram_box.scene_places(self.ticks.at))
        titles = {"min": self.tr("Error as the minimum moves"), "max": self.tr("Error as the maximum moves")}
        title = titles[self.edge] if subject.ranged else self.tr("Error, whatever the range")
        return replace(
            empty,
            effective=(self.scene_x(subject.effective[0]), self.scene_x(subject.effective[1])),
            levels=tuple(places[used].tolist()),
            unused=tuple(places[~used].tolist()),
            thinned=self.ticks.thinned,
            ghosts=tuple(self._ghost_marks(upper)),
            other=self._other_marks(upper),
            optimum=self._optimum(lower),
            error_title=title if self._errors[1] is not None else self._unknown(),
            quantized=subject.judged,
        )

    def _unknown(self) -> str:
        """Why there is no error curve, where there could be one."""
        subject = self.subject
        if subject is None or subject.histogram is None or subject.judged:
            return ""
        return self.tr("Each block has levels of its own: a histogram does not tell their error")

    def _used(self) -> NDArray[np.bool_]:
        """Whether a value takes the level of each tick, or one of those between it and the next tick."""
        use, indices = None if self.subject is None else self.subject.code_use, self.ticks.indices
        if use is None or not len(indices):
            return np.ones(len(indices), bool)
        return np.maximum.reduceat(use.likely[: indices[-1] + 1], indices) >= SURE

    def _other_marks(self, area: QRectF) -> tuple[tuple[float, str], ...]:
        """Edges of the range compared with, in view, zero apart; both at one place are one."""
        subject = self.subject
        if subject is None or subject.other_range is None:
            return ()
        here = subject.requested if subject.has_range else (None, None)
        moved = [v for v, now in zip(subject.other_range, here, strict=True) if v not in (0, now)]
        edges = [(self.scene_x(v), f"{subject.other_name} {number(v)}") for v in moved]
        return tuple(mark for mark in edges if area.left() <= mark[0] <= area.right())

    def _ghost_marks(self, area: QRectF) -> list[Mark]:
        """They stay as they are while a handle is held."""
        edges = () if self.subject is None or not self.subject.has_range else self.subject.requested
        key = (self.ghost_list(), self.span, area.getRect(), self.value_map, self.overlay.words)
        if self.pair.edge is None or key != self._marked[0][:-1]:
            lines = tuple(self.scene_x(value) for value in edges)
            if (*key, lines) != self._marked[0]:
                self._marked = (*key, lines), self._new_ghost_marks(area, lines)
        return self._marked[1]

    def _new_ghost_marks(self, area: QRectF, lines: tuple[float, ...]) -> list[Mark]:
        names = ghost_names()
        edged = [(value, ghost.source) for ghost in self.ghost_list() for value in ghost.range if value != 0]
        at = self.histogram_box.scene_places(self.value_map.to_plot(np.array([value for value, _ in edged])))
        places = [(x, names.get(source, source)) for x, (_, source) in zip(at.tolist(), edged, strict=True)]
        rows = self.overlay.ghost_rows(area)
        return marks(places, self.overlay.text_width, area.left(), area.right(), lines, rows)

    def _optimum(self, area: QRectF) -> tuple[float, float, str] | None:
        """Where the total error is smallest, if that lies inside the view."""
        errors = self._errors[1]
        best = None if errors is None else errors.optimum
        if errors is None or best is None or best in (0, len(errors.x) - 1):
            return None
        level = float(errors.decibel("total")[best])
        low, high = self.error_box.viewRange()[1]
        y = area.bottom() - (level - low) / (high - low) * area.height()
        text = self.tr("best {0}: {1} dB").format(number(float(errors.values[best]), 3), decibel(-level))
        return (self.histogram_box.scene_x(float(errors.x[best])), y, text) if np.isfinite(level) else None
