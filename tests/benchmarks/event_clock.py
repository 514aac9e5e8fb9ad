"""How long the window's thread is held up: by single events, and between two moments at which it could answer."""

import cProfile
import pstats
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from qviz.ui.collector import CycleCollector


class Held(NamedTuple):
    """One event that held the thread."""

    seconds: float
    name: str
    profile: cProfile.Profile | None


class EventClock(QApplication):
    """The application with a clock around every event; a timer of 1 ms tells of gaps that no event explains."""

    _inside = True  # an event, whose own events are part of it; and until the clock is there

    def __init__(self, profiled: bool = False, shown: int = 3) -> None:
        super().__init__(["qviz"])
        CycleCollector(self)
        self.note = ""  # what the session told during an event names it
        self._profiled, self._shown = profiled, shown
        self._longest: list[Held] = []
        self._gap = 0.0
        self._last = time.perf_counter()
        self._beat = QTimer(self, interval=1)
        self._beat.timeout.connect(self._tick)
        self._beat.start()
        self._inside = False

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        if self._inside:
            return bool(super().notify(receiver, event))
        return bool(self.held(_name(receiver, event), super().notify, receiver, event))

    def held(self, name: str, work: Callable[..., Any], *rest: object) -> Any:
        """Do `work` as one event, whatever events it sends."""
        self._inside, self.note = True, ""
        profile = cProfile.Profile() if self._profiled else None
        begun = time.perf_counter()
        try:
            return work(*rest) if profile is None else profile.runcall(work, *rest)
        finally:
            self._inside = False
            self._keep(Held(time.perf_counter() - begun, f"{name} {self.note}".strip(), profile))

    def told(self, what: str) -> None:
        """Print the longest since the last time."""
        events = "   ".join(f"{1e3 * e.seconds:.0f} {e.name}" for e in self._longest)
        print(f"{what:44} gap {1e3 * self._gap:4.0f}   events {events}", flush=True)
        for event in self._longest[:1]:
            if event.profile is not None:
                pstats.Stats(event.profile).sort_stats("cumtime").print_stats("qviz", 30)
        self._longest.clear()
        self._gap = 0.0

    def _keep(self, held: Held) -> None:
        self._longest = sorted([*self._longest, held], key=lambda e: -e.seconds)[: self._shown]

    def _tick(self) -> None:
        now = time.perf_counter()
        self._gap = max(self._gap, now - self._last)
        self._last = now


def _name(receiver: QObject, event: QEvent) -> str:
    """The receiver's class, a timer's owner, and the kind of event."""
    owner = receiver.parent() if isinstance(receiver, QTimer) else receiver
    return f"{type(owner).__name__}.{event.type().name}"
