"""The diverging colour map: blue below zero, orange above, so that it reads for colour-blind people too."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from qviz.ui.theme import Theme

LEVELS = 255  # odd: zero has a colour of its own
ANCHORS = {
    True: ("#a8d8ff", "#2f7fd6", "#1b1f27", "#d9731a", "#ffd3a0"),
    False: ("#08306b", "#4292c6", "#f4f4f4", "#ef8f3c", "#7f2704"),
}  # by dark theme; both ends differ from the middle by lightness as much as by hue


@cache
def color_table(dark: bool, odd_one: str) -> NDArray[np.uint32]:
    """0xffrrggbb of the levels from −limit to limit, and `odd_one` last, for what is not a number."""
    anchors = np.array([(c.red(), c.green(), c.blue()) for c in map(QColor, ANCHORS[dark])], np.float64)
    at = np.linspace(0, len(anchors) - 1, LEVELS)
    r, g, b = (np.rint(np.interp(at, np.arange(len(anchors)), anchors[:, i])).astype(np.uint32) for i in range(3))
    colors = np.uint32(0xFF000000) | (r << np.uint32(16)) | (g << np.uint32(8)) | b
    return np.append(colors, np.uint32(QColor(odd_one).rgb()))


def levels(shares: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Places in the table of values −1…1, of the same shape; what lies beyond takes the ends."""
    half = LEVELS // 2
    place = np.rint(np.nan_to_num(np.clip(shares, -1, 1)) * half) + half
    return np.where(np.isnan(shares), LEVELS, place).astype(np.uint8)


def picture(shares: NDArray[np.floating], theme: Theme) -> QImage:
    """An image of values −1…1 (height, width), a pixel each."""
    pixels = np.ascontiguousarray(color_table(theme.dark, theme.bad)[levels(shares)])
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
