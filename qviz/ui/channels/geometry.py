"""Between channels and values on one side and pixels on the other."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF

from qviz.ui.editor.value_map import ValueMap

LEFT, RIGHT, TOP, BOTTOM, GAP = 66.0, 14.0, 28.0, 40.0, 30.0  # at the normal size of text
RANGES = 0.66  # share of the height that the ranges take
LOWEST = 200.0  # height from which on there is room for the errors too
HEADROOM = 0.06  # of the value axis, at both ends
FEWEST = 4.0  # channels in view at the closest zoom

Span = tuple[float, float]


@dataclass(frozen=True)
class Geometry:
    """Two strips above each other. `span`: positions in view; `view`: plot coordinates in view; `floor`: lowest dB.

    `text`: the size of text over the normal one.
    """

    width: float
    height: float
    span: Span
    values: ValueMap
    view: Span
    floor: float
    ceiling: float
    text: float = 1.0

    def px(self, pixels: float) -> float:
        """A length that is `pixels` at the normal size of text."""
        return pixels * self.text

    @property
    def ranges(self) -> QRectF:
        return QRectF(self.px(LEFT), self.px(TOP), self._inner, max((RANGES if self.split else 1.0) * self._free, 10.0))

    @property
    def errors(self) -> QRectF:
        if not self.split:
            return QRectF(self.px(LEFT), self.ranges.bottom(), self._inner, 0.0)
        top = self.ranges.bottom() + self.px(GAP)
        return QRectF(self.px(LEFT), top, self._inner, max((1 - RANGES) * self._free, 10.0))

    @property
    def split(self) -> bool:
        """Whether there is room for both strips; else the errors are left out."""
        return self.height >= self.px(LOWEST)

    @property
    def _inner(self) -> float:
        return max(self.width - self.px(LEFT) - RIGHT, 10.0)

    @property
    def _free(self) -> float:
        return self.height - self.px(TOP + BOTTOM + (GAP if self.split else 0.0))

    @property
    def column(self) -> float:
        """Width of one channel in pixels."""
        return self._inner / (self.span[1] - self.span[0])

    def x(self, position: float) -> float:
        """Left edge of a position."""
        return self.px(LEFT) + (position - self.span[0]) * self.column

    def position(self, x: float) -> float:
        return self.span[0] + (x - self.px(LEFT)) / self.column

    def y(self, value: float) -> float:
        return self.plot_y(self.values.plot(value))

    def plot_y(self, plot: float) -> float:
        area, (low, high) = self.ranges, self.view
        return float(area.bottom() - (plot - low) / (high - low) * area.height())

    def value(self, y: float) -> float:
        area, (low, high) = self.ranges, self.view
        return self.values.value(low + (area.bottom() - y) / area.height() * (high - low))

    def error_y(self, level: float) -> float:
        area = self.errors
        share = (max(level, self.floor) - self.floor) / (self.ceiling - self.floor)
        return float(area.bottom() - min(share, 1.0) * area.height())


def padded(low: float, high: float) -> Span:
    """A view of the plot coordinates from low to high with room at both ends; never empty."""
    if not high > low:
        low, high = low - 1.0, high + 1.0
    room = HEADROOM * (high - low)
    return low - room, high + room


def zoomed(span: Span, factor: float, anchor: float, count: int) -> Span:
    """Positions in view after zooming about `anchor`, within 0..count."""
    width = min(max((span[1] - span[0]) * factor, min(FEWEST, count)), float(count))
    low = anchor + (span[0] - anchor) * width / (span[1] - span[0])
    return moved((low, low + width), 0.0, count)


def moved(span: Span, by: float, count: int) -> Span:
    """Positions in view after moving, within 0..count."""
    width = span[1] - span[0]
    low = min(max(span[0] + by, 0.0), count - width)
    return low, low + width


def revealing(span: Span, position: int, count: int) -> Span:
    """Positions in view, moved so that `position` is among them."""
    if position < span[0]:
        return moved(span, position - span[0], count)
    return moved(span, max(position + 1 - span[1], 0.0), count)
