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
    top, bottom = (_depth(g, of, ratio) for of in (pixels.highest(rows.high[rows.order]),
                                                   pixels.lowest(rows.low[rows.order])))  # fmt: skip
    clip_top = _depth(g, pixels.highest(rows.clip_high[rows.order]), ratio)
    clip_bottom = _depth(g, pixels.lowest(rows.clip_low[rows.order]), ratio)
    y = np.arange(max(round(g.ranges.height() * ratio), 1), dtype=np.float32)[:, None] + 0.5
    box = np.ones_like(pixels.box) if shared else pixels.box
    inside = (y >= clip_top) & (y < clip_bottom)
    value = (y >= top) & (y < bottom) & pixels.inner
    codes = np.where(inside & box, np.uint8(CLIP), np.uint8(GROUND))
    codes = np.where(value & inside, np.uint8(VALUES), codes)
    out = value & ~inside
    if out.any():
        cell = max(round(2 * ratio), 1)
        chequer = ((np.arange(len(y)) // cell)[:, None] + (np.arange(len(top)) // cell)[None, :]) % 2 == 0
        codes[out & chequer] = CLIPPED
    line = np.float32(0.8 * ratio)
    codes[((np.abs(y - clip_top) < line) | (np.abs(y - clip_bottom) < line)) & box] = EDGE
    return codes


def errors_image(g: Geometry, rows: Rows, levels: Doubles, ratio: float) -> Codes:
    """Codes (height, width): a bar for each channel's error in dB, the worst where several share a pixel."""
    pixels = pixel_columns(g, len(rows), ratio)
    share = (np.clip(pixels.highest(levels[rows.order]), g.floor, g.ceiling) - g.floor) / (g.ceiling - g.floor)
    height = max(round(g.errors.height() * ratio), 1)
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5
    top = ((1 - share) * height).astype(np.float32)
    return np.where((y >= top) & pixels.inner, np.uint8(BAR), np.uint8(GROUND))


def _depth(g: Geometry, values: Doubles, ratio: float) -> NDArray[np.float32]:
    """Device pixels below the top of the ranges."""
    low, high = g.view
    share = (g.values.to_plot(values) - low) / (high - low)
    return ((1 - share) * g.ranges.height() * ratio).astype(np.float32)
