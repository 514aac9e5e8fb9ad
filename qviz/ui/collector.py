"""When Python looks for cycles of objects in the window's process."""

import gc
import time

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

LOOK_EVERY = 100  # milliseconds
WHOLE_SHARE = 0.005  # of the time may go into looking through all there is; the rest waits
MOST = 50_000  # objects that one pass may look through: some 20 ms


class CycleCollector(QObject):
    """Collects cycles on the window's thread alone: Python would do it on whichever thread allocates, and a widget
    that a reading or saving thread frees crashes Qt.

    What is more than one pass may look through (the program itself, a model, its layout) is left aside, for when the
    user is in another window: it hardly holds cycles, and 10,000 nodes take 0.3 s.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        gc.disable()
        self._held = 0  # objects not left aside, at most
        self._whole_at = 0.0  # time.monotonic() from when all of them may be looked through again
        application.applicationStateChanged.connect(self._state_changed)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_EVERY)

    def look(self) -> None:
        """Collect the generations that have grown over Python's own thresholds, each with those below it."""
        grown = zip(gc.get_count(), gc.get_threshold(), strict=True)
        young, middle, old = (count > limit > 0 for count, limit in grown)
        if not (young or middle or old):
            return
        if self._too_many():
            gc.freeze()
            self._held = 0
        elif old and self._may_pause():
            self._look_through_all()
        else:
            gc.collect(1 if middle else 0)

    def _too_many(self) -> bool:
        """Whether a pass would take too long."""
        self._held += gc.get_count()[0]
        if self._held > MOST >= gc.get_count()[0]:  # many of them may have gone since
            self._held = sum(len(gc.get_objects(generation=g)) for g in range(3))
        return self._held > MOST

    def _look_through_all(self) -> None:
        begun = time.monotonic()
        gc.collect(2)
        ended = time.monotonic()
        self._whole_at = ended + (ended - begun) / WHOLE_SHARE

    def _may_pause(self) -> bool:
        pressed = QApplication.mouseButtons().value != 0
        return not pressed and time.monotonic() >= self._whole_at

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        """Look through what was left aside too, while nobody looks."""
        if state != Qt.ApplicationState.ApplicationActive:
            gc.unfreeze()
            self._look_through_all()
            gc.freeze()
            self._held = 0
