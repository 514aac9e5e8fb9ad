"""Both strips as images: a pixel column shows a channel, or the extremes of all channels that share it.

Made by numpy, since hundreds of rectangles and lines one by one take longer than a frame has.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.ui.channels.geometry import Geometry
from qviz.ui.channels.rows import Rows

GROUND, CLIP, VALUES, CLIPPED, EDGE, BAR = range(6)  # what a pixel shows
GAPS = 4.0  # pixels of a channel from which on there is space between neighbours
BOX, INNER = 0.94, 0.56  # shares of a channel's width that its clip range and its values take

Doubles = NDArray[np.float64]
Codes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PixelColumns:
    """Which channels a pixel column shows, from its first position to before the next one's; shapes (pixels,)."""

    starts: NDArray[np.int64]
    stop: int
    box: NDArray[np.bool_]  # inside the width of a clip range
    inner: NDArray[np.bool_]  # inside the width of a bar

    def lowest(self, ordered: Doubles) -> Doubles:
        """The smallest in each pixel column of values in the order of positions."""
        return np.asarray(np.minimum.reduceat(ordered[: self.stop], self.starts))

    def highest(self, ordered: Doubles) -> Doubles:
        return np.asarray(np.maximum.reduceat(ordered[: self.stop], self.starts))


def pixel_columns(g: Geometry, count: int, ratio: float) -> PixelColumns:
    """`ratio`: device pixels a pixel; `count`: how many channels there are."""
    pixels = max(round(g.ranges.width() * ratio), 1)
    at = g.span[0] + np.arange(pixels) / (g.column * ratio)
    stop = min(max(int(np.ceil(g.span[1])), 1), count)
    starts = np.clip(np.floor(at), 0, stop - 1).astype(np.int64)
    off = np.abs((at + 0.5 / (g.column * ratio)) % 1.0 - 0.5) * 2
    everywhere = np.full(pixels, g.column < GAPS)
    return PixelColumns(starts, stop, everywhere | (off < BOX), everywhere | (off < INNER))


def ranges_image(g: Geometry, rows: Rows, shared: bool, ratio: float) -> Codes:
    """Codes (height, width): clip ranges as boxes, values as bars in them; what sticks out is chequered."""
    pixels = pixel_columns(g, len(rows), ratio)
    height = max(round(g.ranges.height() * ratio), 1)
    top, clip_top = (_rows(g, pixels.highest(of[rows.order]), height) for of in (rows.high, rows.clip_high))
    bottom, clip_bottom = (_rows(g, pixels.lowest(of[rows.order]), height) for of in (rows.low, rows.clip_low))
    y = np.arange(height, dtype=np.int16)[:, None]
    box = np.ones_like(pixels.box) if shared else pixels.box
    inside = (y >= clip_top) & (y < clip_bottom)
    value = (y >= top) & (y < bottom) & pixels.inner
    codes = np.where(value, np.uint8(VALUES), (inside & box).view(np.uint8) * np.uint8(CLIP))
    if (pixels.inner & ((top < clip_top) | (bottom > clip_bottom))).any():
        cell = max(round(2 * ratio), 1)
        chequer = ((y // cell) + (np.arange(len(top)) // cell).astype(np.int16)) % 2
        out = value & ~inside
        codes[out] = np.where(chequer[out] == 0, CLIPPED, GROUND)
    columns = np.flatnonzero(box)
    for edge in (clip_top, clip_bottom):
        for line in range(round(1.6 * ratio)):
            at = edge[columns] - line
            seen = (at >= 0) & (at < height)
            codes[at[seen], columns[seen]] = EDGE
    return codes


def errors_image(g: Geometry, rows: Rows, levels: Doubles, ratio: float) -> Codes:
    """Codes (height, width): a bar for each channel's error in dB, the worst where several share a pixel."""
    pixels = pixel_columns(g, len(rows), ratio)
    share = (np.clip(pixels.highest(levels[rows.order]), g.floor, g.ceiling) - g.floor) / (g.ceiling - g.floor)
    height = max(round(g.errors.height() * ratio), 1)
    top = np.rint((1 - share) * height).astype(np.int16)
    y = np.arange(height, dtype=np.int16)[:, None]
    return ((y >= top) & pixels.inner).view(np.uint8) * np.uint8(BAR)


def _rows(g: Geometry, values: Doubles, height: int) -> NDArray[np.int16]:
    """Rows of an image of the ranges, at most a few beyond its ends."""
    low, high = g.view
    share = (g.values.to_plot(values) - low) / (high - low)
    return np.rint(np.clip((1 - share) * height, -4, height + 4)).astype(np.int16)
