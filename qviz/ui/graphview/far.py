"""The graph from far: all cards as blocks and all edges as lines, drawn by numpy arrays without asking any item."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from qviz.graph.layout import Layout

if TYPE_CHECKING:
    from pyqtgraph.Qt.internals import PrimitiveArray

FAR = 0.2  # below this zoom the graph is drawn so
STRAIGHT = 0.05  # below this zoom no bend can be seen
BENDS = 4  # pieces of a curve
LEAST = 1.5  # pixels of a card's side
Numbers = NDArray[np.float64]


class FarPicture:
    """Made from a layout; `recolor` says what each card looks like."""

    def __init__(self, layout: Layout, color: str) -> None:
        """`color` is that of the cards of which nothing is known yet."""
        self.names = list(layout.positions)
        centers = np.array(list(layout.positions.values())).reshape(-1, 2)
        sizes = np.array(list(map(layout.sizes.__getitem__, self.names))).reshape(-1, 2)
        self._cards: Numbers = np.hstack([centers - sizes / 2, sizes])
        self._layout = layout
        self._row = {n: i for i, n in enumerate(self.names)}
        self._palette = {color: 0}
        self._colors = np.zeros(len(self.names), np.intp)

    @cached_property
    def _straight(self) -> Numbers:
        return segments(self._layout)

    @cached_property
    def _lines(self) -> Numbers:
        return _pieces(self._straight, BENDS)

    def recolor(self, colors: Mapping[str, str]) -> None:
        """The colours of some cards, by name."""
        number = self._palette
        for name, color in colors.items():
            self._colors[self._row[name]] = number.setdefault(color, len(number))

    def inside(self, area: QRectF) -> list[str]:
        """Names of the cards of which `area` shows something."""
        return [self.names[i] for i in np.flatnonzero(_seen_cards(self._cards, area))]

    def paint(self, painter: QPainter, area: QRectF, zoom: tuple[float, float], edge: str) -> None:
        """Draw what `area` of the scene shows, its corner at the painter's origin; `zoom` is pixels a unit, x and y."""
        self.paint_edges(painter, area, zoom, edge)
        self.paint_cards(painter, area, zoom)

    def paint_edges(self, painter: QPainter, area: QRectF, zoom: tuple[float, float], edge: str) -> None:
        """Only what no recolouring changes."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(edge), 0))
        lines = _seen_lines(self._lines if zoom[0] > STRAIGHT else self._straight, area)
        _draw_lines(painter, (lines - np.tile(_corner(area), 2)) * np.tile(zoom, 2))

    def paint_cards(self, painter: QPainter, area: QRectF, zoom: tuple[float, float]) -> None:
        """Only what lies over the edges."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        seen = _seen_cards(self._cards, area)
        cards = self._cards[seen].copy()
        cards[:, :2] = (cards[:, :2] - _corner(area)) * zoom
        cards[:, 2:] = np.maximum(cards[:, 2:] * zoom, LEAST)
        painter.setPen(Qt.PenStyle.NoPen)
        colors = self._colors[seen]
        for color, i in self._palette.items():
            painter.setBrush(QColor(color))
            _draw_rects(painter, cards[colors == i])


def _corner(area: QRectF) -> Numbers:
    return np.array([area.left(), area.top()])


def segments(layout: Layout) -> Numbers:
    """Between the points of all edges, stubs left out: (x0, y0, x1, y1) each, shape (segments, 4)."""
    routes = [e.points for e in layout.edges if not e.stub]
    numbers = chain.from_iterable(chain.from_iterable(routes))
    points = np.fromiter(numbers, np.float64, 2 * sum(map(len, routes))).reshape(-1, 2)
    ends = np.cumsum([len(r) for r in routes], dtype=np.intp)[:-1] - 1  # a route ends here, and no segment begins
    return np.delete(np.hstack([points[:-1], points[1:]]), ends, axis=0)


def _pieces(found: Numbers, bends: int) -> Numbers:
    """Those segments with each that is not vertical as the pieces of a curve."""
    bent = found[:, 0] != found[:, 2]
    curves = found[bent]
    part = np.linspace(0.0, 1.0, bends + 1)
    ease = part * part * (3 - 2 * part)  # x of a curve that leaves and arrives vertically
    x = curves[:, :1] + (curves[:, 2:3] - curves[:, :1]) * ease
    y = curves[:, 1:2] + (curves[:, 3:4] - curves[:, 1:2]) * part
    pieces = np.stack([x[:, :-1], y[:, :-1], x[:, 1:], y[:, 1:]], axis=2).reshape(-1, 4)
    return np.vstack([found[~bent], pieces])


def _seen_lines(lines: Numbers, area: QRectF) -> Numbers:
    low, high = np.minimum(lines[:, :2], lines[:, 2:]), np.maximum(lines[:, :2], lines[:, 2:])
    return lines[_overlap(low, high, area)]


def _seen_cards(cards: Numbers, area: QRectF) -> NDArray[np.bool_]:
    return _overlap(cards[:, :2], cards[:, :2] + cards[:, 2:], area)


def _overlap(low: Numbers, high: Numbers, area: QRectF) -> NDArray[np.bool_]:
    inside = (high[:, 0] >= area.left()) & (low[:, 0] <= area.right())
    result: NDArray[np.bool_] = inside & (high[:, 1] >= area.top()) & (low[:, 1] <= area.bottom())
    return result


def _draw_lines(painter: QPainter, lines: Numbers) -> None:
    if len(lines):
        array = _primitives(QLineF, lines)
        painter.drawLines(*array.drawargs())


def _draw_rects(painter: QPainter, rects: Numbers) -> None:
    if len(rects):
        array = _primitives(QRectF, rects)
        painter.drawRects(*array.drawargs())


def _primitives(kind: type, values: Sequence[object] | Numbers) -> "PrimitiveArray":
    from pyqtgraph.Qt.internals import PrimitiveArray  # the window starts without pyqtgraph

    array = PrimitiveArray(kind, 4)
    array.resize(len(values))
    array.ndarray()[:] = values
    return array
