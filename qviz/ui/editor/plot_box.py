"""The view box of both plots: the wheel zooms x at the cursor, middle button or Space pans, left drags do nothing."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtWidgets import QGraphicsSceneMouseEvent, QGraphicsSceneWheelEvent

ZOOM_PER_NOTCH = 1.25


class PlotBox(pg.ViewBox):
    """Takes every mouse event itself, so that nothing of pyqtgraph's own dragging, menus or auto-range is left."""

    zoomed = Signal(float, float)  # factor, plot coordinate that stays under the cursor
    panned = Signal(float)  # shift of the view in plot coordinates
    pressed = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(False, False)
        self.disableAutoRange()
        self.setDefaultPadding(0)
        self.space_held = False
        self._pan_from: float | None = None

    def area(self) -> QRectF:
        """What the box covers in scene coordinates (its bounding rectangle is half a pixel larger)."""
        return self.mapRectToScene(self.rect())

    def plot_x(self, scene_x: float) -> float:
        """Plot coordinate at a scene x, exact outside the box too."""
        low, high = self.viewRange()[0]
        box = self.area()
        return float(low + (scene_x - box.left()) / max(box.width(), 1) * (high - low))

    def scene_x(self, plot_x: float) -> float:
        return float(self.scene_places(np.asarray(plot_x)))

    def scene_places(self, plot_x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scene x of plot coordinates, in their shape."""
        low, high = self.viewRange()[0]
        box = self.area()
        return np.asarray(box.left() + (plot_x - low) / (high - low) * box.width())

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: Any = None) -> None:
        notches = event.delta() / 120
        self.zoomed.emit(ZOOM_PER_NOTCH**-notches, self.plot_x(event.scenePos().x()))
        event.accept()

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()
        middle = event.button() == Qt.MouseButton.MiddleButton
        if middle or (event.button() == Qt.MouseButton.LeftButton and self.space_held):
            self._pan_from = event.scenePos().x()
        self.pressed.emit()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()
        if self._pan_from is not None:
            x = event.scenePos().x()
            self.panned.emit(self.plot_x(self._pan_from) - self.plot_x(x))
            self._pan_from = x

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()
        self._pan_from = None

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()
