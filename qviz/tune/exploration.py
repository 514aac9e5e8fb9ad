"""Idle work: the sensitivity of every quantizer, told as it is found and given up whenever something is asked."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from qviz.sim.events import Event, Sensitivity
from qviz.sim.mailbox import Exploration
from qviz.sim.result import SensitivityRow
from qviz.tune.sensitivity import Stop, Sweep

if TYPE_CHECKING:
    from qviz.sim.engine import Engine

TELL_SECONDS = 0.1  # the window need not repaint more often


class Exploring:
    """One sweep on a simulation's first stage."""

    def __init__(self, engine: "Engine", job: Exploration, emit: Callable[[Event], None]) -> None:
        self._sweep = Sweep(engine, job.encodings, job.generation)
        self._generation, self._emit = job.generation, emit
        self._rows: dict[str, SensitivityRow] = {}
        self._told = 0.0

    def run(self, stop: Stop) -> None:
        """Go on from where it was given up. Raises Cancelled once `stop` says so; what was found is told first."""
        try:
            while (row := self._sweep.step(stop)) is not None:
                self._rows[row.name] = row
                if time.monotonic() - self._told >= TELL_SECONDS:
                    self._tell()
        finally:
            self._tell()

    def _tell(self) -> None:
        if self._rows:
            self._emit(Sensitivity(self._generation, self._rows, self._sweep.done, self._sweep.total))
        self._rows, self._told = {}, time.monotonic()
