"""Axes of the plots: labelled ticks from a function, no prefixes, no multipliers, colours of the theme."""

import math
from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from qviz.ui.editor.value_map import nice_step, tick_text
from qviz.ui.plot_text import plot_text
from qviz.ui.theme import Theme

Ticks = Callable[[float, float, float], list[tuple[float, str]]]
SMALL = 1.5  # log10(1 + count)
APART = 13.0  # pixels between two labels that can be read


class PlotAxis(pg.AxisItem):
    """An axis whose ticks are (coordinate, text) pairs of `ticks(low, high, pixels)`."""

    def __init__(self, orientation: str, ticks: Ticks) -> None:
        self.ticks = ticks
        self._texts: dict[float, str] = {}
        super().__init__(orientation, tickLength=-4)
        self.enableAutoSIPrefix(False)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setStyle(autoExpandTextSpace=False, tickTextOffset=6, hideOverlappingLabels=False)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N803
        pairs = self.ticks(minVal, maxVal, size)
        self._texts = dict(pairs)
        return [(1.0, list(self._texts))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [self._texts.get(v, "") for v in values]

    def recolor(self, theme: Theme) -> None:
        """The theme's colours, and the size of text chosen."""
        text = plot_text()
        self.setStyle(tickFont=text.font)
        self.setPen(QPen(QColor(theme.border)))
        self.setTextPen(QPen(QColor(theme.muted)))
        self.labelStyle = {"color": theme.muted, "font-size": f"{text.font.pointSizeF()}pt"}
        self.label.setFont(text.font)

    def set_text(self, text: str) -> None:
        """The axis's label, with its unit."""
        self.setLabel(text, **self.labelStyle)

    def wheelEvent(self, event: Any) -> None:
        event.ignore()


def count_ticks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    """Ticks of a linear count axis."""
    top = max(high, 1e-9)
    step = nice_step(top * 40 / max(pixels, 40))
    return [(i * step, count_text(i * step)) for i in range(int(top / step) + 1)]


def log_count_ticks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    """Ticks of an axis of log10(1 + count): 0, 1, 10, 100, ..., as many as fit; 2 and 5 too where counts are small."""
    if high < SMALL:
        return [(math.log10(1 + c), count_text(c)) for c in (0, 1, 2, 5, 10, 20) if math.log10(1 + c) <= high]
    decades = [10**k for k in range(max(1, math.ceil(high) + 1))]
    every = max(1, math.ceil(24 * len(decades) / max(pixels, 24)))
    if math.log10(2) / high * pixels < APART:
        decades = decades[1:]  # 1 would lie on 0
    return [(0.0, "0"), *((math.log10(1 + d), count_text(d)) for d in decades[::every])]


def count_text(count: float) -> str:
    """A count in short: 250, 10 k, 3 M."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if count >= size:
            return f"{count / size:g}{letter}"
    return tick_text(count)


FONT_PIXELS = 11
