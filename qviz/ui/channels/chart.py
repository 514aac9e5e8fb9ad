"""The two strips as a widget: what is shown of a quantizer, and where its handles are."""

import math

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QRectF, QSize, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from qviz.quant.spec import Granularity
from qviz.ui.channels import geometry as geo
from qviz.ui.channels import painting
from qviz.ui.channels.errors import ChannelErrors
from qviz.ui.channels.geometry import Geometry
from qviz.ui.channels.painting import Drawing, Handle, Words
from qviz.ui.channels.rows import Order, Rows, edges_of, movable, rows_of
from qviz.ui.editor.subject import EDGES, Edge, Subject
from qviz.ui.editor.value_map import ValueMap
from qviz.ui.plot_text import plot_text
from qviz.ui.text import decibel, number
from qviz.ui.theme import Theme
from qviz.ui.view_state import View

WORK_MS = 2.0  # of finding errors between two looks at the window's events
HELD_MS = 40  # between them while an edge is held: every frame of the drag does some too
CEILING = 3.0  # dB
TAB = 18.0  # height of a handle's tab
REACH = 9.0  # half the width of a handle's line, at least
KNEE = 100.0  # the symmetric-log axis turns linear at this part of the largest value


class ChannelChart(QWidget):
    """Shows one Subject channel by channel and changes nothing. Errors of many channels arrive over several frames."""

    errors_found = Signal()

    def __init__(self, view: View, theme: Theme) -> None:
        super().__init__()
        self.view, self.theme = view, theme
        self.subject: Subject | None = None
        self.rows: Rows | None = None
        self.errors = ChannelErrors()
        self.order: Order = "channel"
        self.symlog = False
        self.edge: Edge = "max"
        self.held: Edge | None = None
        self.span: geo.Span = (0.0, 1.0)
        self._values, self._fit = ValueMap(), (-1.0, 1.0)
        self._stretch = 1.0  # of the value axis about zero, by the user
        self._words = plot_text()
        self._idle = QTimer(self)
        self._idle.timeout.connect(self._work)

    def sizeHint(self) -> QSize:
        return QSize(600, 380)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 140)

    # --- what is shown ----------------------------------------------------------------------------------------

    def show_subject(self, subject: Subject | None) -> None:
        """A quantizer as it is now; the view changes with another one, and fits itself while nothing is held."""
        before, self.subject = self.subject, subject
        self.rows = None if subject is None else rows_of(subject, self.order)
        if subject is None or self.rows is None:
            self._idle.stop()
            self.update()
            return
        other = before is None or before.name != subject.name or before.histogram is not subject.histogram
        if other:
            self.span, self._stretch = (0.0, float(len(self.rows))), 1.0
        if other or self.held is None:
            self._fit_values()
        self._follow_errors(subject)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._words = plot_text()
            self.update()
        super().changeEvent(event)

    def set_order(self, order: Order) -> None:
        self.order = order
        self.show_subject(self.subject)
        self._reveal()

    def set_symlog(self, symlog: bool) -> None:
        """Linear or symmetric-log value axis."""
        self.symlog = symlog
        self._fit_values()
        self.update()

    def show_all(self) -> None:
        """Every channel and every value."""
        if self.rows is not None:
            self.span, self._stretch = (0.0, float(len(self.rows))), 1.0
            self.update()

    @property
    def shared(self) -> bool:
        """Whether one range serves all channels."""
        return self.subject is not None and self.subject.setting.spec.granularity is Granularity.PER_TENSOR

    @property
    def picked(self) -> int:
        """The picked channel; until one is picked, the widest."""
        assert self.rows is not None
        chosen = self.view.state.channel
        if chosen is not None and chosen < len(self.rows):
            return chosen
        return int(np.argmax(self.rows.high - self.rows.low))

    def pick(self, channel: int) -> None:
        """Pick a channel and bring it into view."""
        self.view.update(channel=channel)
        self._reveal()

    def _reveal(self) -> None:
        if self.rows is not None:
            self.span = geo.revealing(self.span, self.rows.position(self.picked), len(self.rows))
            self.update()

    def _fit_values(self) -> None:
        if self.rows is None:
            return
        rows = self.rows
        low, high = min(rows.low.min(), rows.clip_low.min()), max(rows.high.max(), rows.clip_high.max())
        size = max(-float(low), float(high))
        size = size if math.isfinite(size) and size > 0 else 1.0
        self._values = ValueMap(size / KNEE if self.symlog else size, self.symlog)
        self._fit = geo.padded(self._values.plot(float(low)), self._values.plot(float(high)))

    def geometry_(self) -> Geometry:
        """Where everything is now."""
        bits = 8 if self.subject is None else self.subject.setting.spec.bits
        floor = -10.0 * math.ceil((6.02 * bits + 10) / 10)
        low, high = (edge * self._stretch for edge in self._fit)
        size, text = (self.width(), self.height()), self._words.factor
        return Geometry(*size, self.span, self._values, (low, high), floor, CEILING, text)

    # --- errors -----------------------------------------------------------------------------------------------

    def _follow_errors(self, subject: Subject) -> None:
        grid, histogram = subject.setting.grid, subject.histogram
        if grid is None or histogram is None or not subject.judged:
            self._idle.stop()
            return
        self.errors.follow(histogram, grid)
        self.errors.find(self.picked)
        self._work()

    def _work(self) -> None:
        if self.errors.work(WORK_MS):
            self._idle.start(0 if self.held is None else HELD_MS)
        else:
            self._idle.stop()
        self.errors_found.emit()
        self.update()

    @property
    def judged(self) -> bool:
        """Whether errors are known of what is shown."""
        return self.subject is not None and self.subject.judged and self.errors.histogram is self.subject.histogram

    # --- painting ---------------------------------------------------------------------------------------------

    def handles(self) -> list[Handle]:
        """The handles of the picked channel, or of the one range, as drawn."""
        if self.subject is None or self.rows is None or not self.subject.has_range:
            return []
        g = self.geometry_()
        free = movable(self.subject, self.rows, self.picked)
        values = zip(EDGES, edges_of(self.subject, self.picked), strict=True)
        return [self._handle(g, edge, value) for edge, value in values if edge in free]

    def _handle(self, g: Geometry, edge: Edge, value: float) -> Handle:
        assert self.rows is not None
        area = g.ranges
        y = min(max(g.y(value), area.top() + 1), area.bottom() - 1)
        center, half = g.x(self.rows.position(self.picked) + 0.5), max(g.column * 0.47, REACH)
        center = min(max(center, area.left()), area.right())
        line = QLineF(center - half, y, center + half, y)
        if self.shared:
            line = QLineF(area.left(), y, area.right(), y)
        text = number(value)
        width = QFontMetricsF(self._words.font).horizontalAdvance(text) + 14
        left = min(max(center - width / 2, area.left()), area.right() - width)
        high = self._words.px(TAB)
        top = y - high - 3 if edge == "max" else y + 3
        top = min(max(top, area.top() + 1), area.bottom() - high - 1)
        focused = self.hasFocus() and self.edge == edge
        return Handle(edge, line, QRectF(left, top, width, high), text, focused, self.held == edge)

    def drawing(self) -> Drawing | None:
        """What is to be painted; None without channels."""
        if self.subject is None or self.rows is None:
            return None
        known = self.judged
        levels = self.errors.decibel if known else np.full(len(self.rows), -np.inf)
        tensor = self.errors.tensor_decibel if known else -math.inf
        muted = not self.subject.setting.enabled
        return Drawing(self.geometry_(), self.rows, levels, tensor, self.picked, self.shared, muted, self.theme)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.theme.plot))
        drawing = self.drawing()
        if drawing is None:
            return
        painter.setFont(self._words.font)
        words = self.words(drawing)
        painting.paint_ranges(painter, drawing)
        painting.paint_errors(painter, drawing)
        painting.paint_axes(painter, drawing, words)
        painting.paint_titles(painter, drawing, words)
        painting.paint_handles(painter, drawing, self.handles())

    def words(self, drawing: Drawing) -> Words:
        """The texts around the strips."""
        count = len(drawing.rows)
        one = self.tr("Per-tensor: all {0} channels share one clip range").format(count)
        each = self.tr("Per-channel: each of the {0} channels has its own clip range").format(count)
        grid = None if self.subject is None or not self.subject.by_block else self.subject.setting.grid
        if grid is not None:
            blocks = grid.channels // count
            each = self.tr("Per-block: of each channel what its {0} blocks cover together").format(blocks)
        errors = self.tr("Error of each channel")
        errors = errors if grid is None else self.tr("A histogram does not tell the error of blocks")
        by_width = self.tr("Output channel, widest values first")
        return Words(
            one if drawing.shared else each,
            errors,
            self._worst(drawing),
            self.tr("Tensor value"),
            self.tr("Error (dB)"),
            by_width if self.order == "width" else self.tr("Output channel"),
            self.tr("values"),
            self.tr("clip range"),
            self.tr("clipped"),
        )

    def _worst(self, drawing: Drawing) -> str:
        if not np.isfinite(drawing.levels).any():
            return ""
        worst = int(np.argmax(drawing.levels))
        text = self.tr("worst: channel {0}, {1} dB   - - whole tensor {2} dB")
        return text.format(worst, decibel(float(drawing.levels[worst])), decibel(drawing.tensor_level))
