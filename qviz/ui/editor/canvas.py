"""The two plots, one above the other on one x axis: boxes, axes and curves, in the theme's colours."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsItem

from qviz.ui.editor.axes import SMALL, PlotAxis, Ticks, count_ticks, log_count_ticks
from qviz.ui.editor.curves import Bars, ErrorCurves
from qviz.ui.editor.plot_box import PlotBox
from qviz.ui.plot_text import plot_text
from qviz.ui.theme import Theme

AXIS_WIDTH, AXIS_HEIGHT, GAP, TOP = 62, 40, 22, 20  # these and HEADROOM in pixels at the normal size of text
HEADROOM = 50.0  # above the highest bar, for the handles' tabs and ghost marks
MOST_HEADROOM = 0.4  # of the plot's height
BEYOND = 0.1  # of the highest bar, that ticks may lie above it
DASH = {"total": Qt.PenStyle.SolidLine, "rounding": Qt.PenStyle.DashLine, "clipping": Qt.PenStyle.DotLine}


class Canvas(pg.GraphicsLayoutWidget):
    """Draws what it is given; the x range is set from outside, y fits itself."""

    def __init__(self, x_ticks: Ticks) -> None:
        super().__init__()
        self.scene().sendHoverEvents = _nothing  # nobody listens to pyqtgraph's own, a millisecond at every move
        self.log_counts = True
        self.histogram_box, self.error_box = PlotBox(), PlotBox()
        self.count_axis = PlotAxis("left", self._count_ticks)
        self.error_axis = PlotAxis("left", decibel_ticks)
        self.value_axis = PlotAxis("bottom", x_ticks)
        self._arrange()
        self.bars = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0)
        self.levels = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center")
        self.histogram_box.addItem(self.bars)
        self.histogram_box.addItem(self.levels)
        self.error_curves = {name: pg.PlotCurveItem(connect="finite", antialias=True) for name in DASH}
        for curve in self.error_curves.values():
            self.error_box.addItem(curve)
        axes = (self.count_axis, self.error_axis, self.value_axis)
        for still in (self.bars, *self.error_curves.values(), *axes):  # a drag repaints over them, and changes nothing
            still.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._peak = 0.0

    def _arrange(self) -> None:
        """Axes and boxes in one grid, both boxes exactly as wide."""
        for row, (axis, box) in enumerate(((self.count_axis, self.histogram_box), (self.error_axis, self.error_box))):
            self.addItem(axis, row, 0)
            self.addItem(box, row, 1)
            axis.linkToView(box)
        self.addItem(self.value_axis, 2, 1)
        self.value_axis.linkToView(self.error_box)
        grid = self.ci.layout
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(0)
        grid.setRowStretchFactor(0, 62)
        grid.setRowStretchFactor(1, 38)

    def _make_room(self) -> None:
        """For the axes and legends, in the size of text chosen."""
        px = plot_text().px
        for axis in (self.count_axis, self.error_axis):
            axis.setWidth(px(AXIS_WIDTH))
        self.value_axis.setHeight(px(AXIS_HEIGHT))
        self.ci.layout.setContentsMargins(4, px(TOP), 14, 2)
        self.ci.layout.setRowSpacing(0, px(GAP))

    def show_labels(self) -> None:
        """The labels of the upright axes, where they fit."""
        for axis, box in ((self.count_axis, self.histogram_box), (self.error_axis, self.error_box)):
            axis.showLabel(axis.label.boundingRect().width() < box.height() + GAP)

    def areas(self) -> tuple[QRectF, QRectF]:
        """The rectangles of both plots in scene coordinates."""
        return self.histogram_box.area(), self.error_box.area()

    def recolor(self, theme: Theme, muted: bool) -> None:
        """Every item in the theme's colours; `muted` for a disabled quantizer."""
        self.setBackground(QColor(theme.plot))
        self._make_room()
        for axis in (self.count_axis, self.error_axis, self.value_axis):
            axis.recolor(theme)
        fill = QColor(theme.histogram)
        fill.setAlpha(120 if muted else 210)
        self.bars.setBrush(fill)
        self.bars.setPen(QPen(Qt.PenStyle.NoPen))
        self.levels.setPen(pen(theme.quantized, 1.5, Qt.PenStyle.SolidLine, muted))
        for name, curve in self.error_curves.items():
            curve.setPen(pen(getattr(theme, name), 2.0 if name == "total" else 1.5, DASH[name], muted))

    def show_x(self, low: float, high: float) -> None:
        for box in (self.histogram_box, self.error_box):
            box.setXRange(low, high, padding=0)

    def show_bars(self, bars: Bars | None) -> None:
        """The float values; the y axis fits them with room for the tabs above."""
        self._peak = 0.0 if bars is None else float(bars.heights.max(initial=0.0))
        draw_steps(self.bars, bars, self.log_counts)
        self.fit_counts()

    def fit_counts(self) -> None:
        height = max(self.histogram_box.height(), 1.0)
        share = min(plot_text().px(HEADROOM) / height, MOST_HEADROOM)
        self.histogram_box.setYRange(0, self._top() / (1 - share), padding=0)

    def _top(self) -> float:
        """Height of the highest bar."""
        return float(scaled(np.array([max(self._peak, 1.0)]), self.log_counts)[0])

    def show_levels(self, levels: Bars | None) -> None:
        """The values after quantization, in the same unit as the bars."""
        draw_steps(self.levels, levels, self.log_counts)

    def show_errors(self, errors: ErrorCurves | None) -> None:
        """Errors in dB below the signal against the position of the active edge."""
        for name, curve in self.error_curves.items():
            curve.setVisible(errors is not None)
            if errors is not None:
                curve.setData(errors.x, errors.decibel(name))
        if errors is not None:
            total = errors.decibel("total")
            total = total[np.isfinite(total)]
            low, high = (float(total.min()), float(total.max())) if total.size else (-60.0, 0.0)
            room = max(6.0, 0.12 * (high - low))
            self.error_box.setYRange(low - 2 * room, high + room, padding=0)

    def _count_ticks(self, low: float, high: float, pixels: float) -> list[tuple[float, str]]:
        plain = count_ticks if not self.log_counts or high < 0.6 else log_count_ticks
        ticks = plain(low, high, pixels)
        top = max(self._top() * (1 + BEYOND), SMALL)
        return [(at, text) for at, text in ticks if at <= top]  # what lies above the bars is room, not counts


def _nothing(*_told: object) -> None:
    """What a scene does that has no hover events of pyqtgraph's."""


def pen(color: str, width: float, style: Qt.PenStyle, muted: bool) -> QPen:
    """A pen in screen pixels, paler where `muted`."""
    ink = QColor(color)
    ink.setAlpha(110 if muted else 255)
    result = QPen(ink, width, style)
    result.setCosmetic(True)
    return result


def scaled(counts: NDArray[np.float64], log: bool) -> NDArray[np.float64]:
    """Heights on the y axis: log10(1 + count), or the count itself."""
    return np.log10(1 + counts) if log else counts


def draw_steps(curve: pg.PlotCurveItem, bars: Bars | None, log: bool) -> None:
    curve.setVisible(bars is not None)
    if bars is not None:
        curve.setData(bars.edges, scaled(bars.heights, log))


def decibel_ticks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    """Every 5, 10, 20, 50 or 100 dB, as many as fit; closer together where else there would be one alone."""
    steps = [next((s for s in (5, 10, 20, 50, 100) if (high - low) / s * room <= pixels), 200) for room in (26, 17)]
    step = steps[0] if steps[0] <= high - low else steps[1]
    first, last = int(np.ceil(low / step)), int(np.floor(high / step))
    return [(float(i * step), f"{i * step}".replace("-", "−")) for i in range(first, last + 1)]
