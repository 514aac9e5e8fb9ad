"""When Python looks for cycles of objects in the window's process."""

import gc
import time

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

LOOK_EVERY = 100  # milliseconds
WHOLE_SHARE = 0.005  # of the time may go into looking through all there is; the rest waits
BULK = 50_000  # objects that came since the last look: a model or its layout, which hold no cycles


class CycleCollector(QObject):
    """Collects cycles on the window's thread alone: Python would do it on whichever thread allocates, and a widget
    that a reading or saving thread frees crashes Qt. All there is, is looked through only while no button is down, and
    what is left then is not looked at again until another model is opened: 10,000 nodes take 0.2 s.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._whole_at = 0.0  # time.monotonic() from when all may be looked through again
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_EVERY)

    def look(self) -> None:
        """Collect the generations that have grown over Python's own thresholds, each with those below it."""
        grown = zip(gc.get_count(), gc.get_threshold(), strict=True)
        young, middle, old = (count > limit > 0 for count, limit in grown)
        if gc.get_count()[0] > BULK:
            gc.freeze()
        elif old and self._may_pause():
            self._look_through_all()
        elif middle:
            gc.collect(1)
        elif young:
            gc.collect(0)

    def reopen(self) -> None:
        """Look through what was left aside too, next time: the model that it belonged to has gone."""
        gc.unfreeze()

    def _look_through_all(self) -> None:
        begun = time.monotonic()
        gc.collect(2)
        gc.freeze()
        ended = time.monotonic()
        self._whole_at = ended + (ended - begun) / WHOLE_SHARE

    def _may_pause(self) -> bool:
        pressed = QApplication.mouseButtons().value != 0
        return not pressed and time.monotonic() >= self._whole_at
