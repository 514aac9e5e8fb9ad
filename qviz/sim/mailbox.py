"""Requests on their way to an engine: in order, except that of waiting simulations only the newest is kept.

Idle work waits apart: it is handed out when nothing else has been asked for a moment.
"""

import threading
from collections import deque
from dataclasses import dataclass, replace

from qviz.encodings import Encodings, renewed
from qviz.sim.requests import (
    Calibrate,
    Cancel,
    Explore,
    Export,
    LoadData,
    LoadModel,
    Pin,
    Quit,
    Request,
    Simulate,
    Update,
)

IDLE_SECONDS = 0.3  # of quiet before idle work begins


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulation that is asked for, with the whole encodings that the changes led to, and those of baseline B."""

    encodings: Encodings
    generation: int
    baseline: Encodings | None
    integer: bool


@dataclass(frozen=True, eq=False)
class Exploration:
    """The idle work that is asked for, with the whole encodings that it is about."""

    encodings: Encodings
    generation: int


Job = Request | Simulation | Exploration


class Mailbox:
    """Filled by the thread that reads requests, emptied by the one that works."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._idle: Exploration | None = None
        self._changed = threading.Condition()
        self._encodings = Encodings()
        self._baseline: Encodings | None = None
        self._cancelled: set[str] = set()

    @property
    def encodings(self) -> Encodings:
        """The encodings that the requests so far led to."""
        return self._encodings

    def post(self, request: Request) -> None:
        """Add a request; a simulation takes the place of one that still waits."""
        with self._changed:
            if isinstance(request, Cancel):
                self._cancelled.add(request.task)
            elif isinstance(request, Update):
                self._encodings = patched(self._encodings, request)
            elif isinstance(request, Pin):
                self._baseline = patched(self._encodings, request.update)
            elif isinstance(request, Simulate):
                self._post_simulation(request)
            elif isinstance(request, Explore):
                self._idle = Exploration(self._encodings, request.generation)
            elif isinstance(request, Export):
                self._jobs.append(request)
            else:
                self._forget_simulations(request)
                self._jobs.append(request)
            self._changed.notify()

    def take(self) -> Job:
        """The next job; waits for one. Idle work is handed out again until it is `finished` or void."""
        with self._changed:
            while not self._jobs:
                quiet = not self._changed.wait(IDLE_SECONDS if self._idle is not None else None)
                if quiet and self._idle is not None:
                    return self._idle
            self._cancelled.clear()
            return self._jobs.popleft()

    def finished(self, idle: Exploration) -> None:
        """This idle work is done, or failed."""
        with self._changed:
            if self._idle is idle:
                self._idle = None

    def waiting(self) -> bool:
        """Whether a job waits behind the one under way: idle work gives way to it."""
        return bool(self._jobs)

    def superseded(self) -> bool:
        """Whether a job waits that a simulation gives way to: all but an export, which changes nothing."""
        return any(not isinstance(j, Export) for j in tuple(self._jobs))

    def cancelled(self, task: str) -> bool:
        """Whether the user asked for this task to stop, or the engine is to end."""
        return task in self._cancelled or any(isinstance(j, Quit) for j in tuple(self._jobs))

    def _post_simulation(self, request: Simulate) -> None:
        self._jobs = deque(j for j in self._jobs if not isinstance(j, Simulation))
        self._idle = None
        self._jobs.append(Simulation(self._encodings, request.generation, self._baseline, request.integer))

    def _forget_simulations(self, request: Request) -> None:
        """A simulation of what is being replaced would be of no use."""
        if isinstance(request, LoadModel):
            self._encodings = Encodings()
        if isinstance(request, LoadModel | LoadData):
            self._baseline = None
        if isinstance(request, LoadModel | LoadData | Calibrate):
            self._idle = None
        self._jobs = deque(j for j in self._jobs if not isinstance(j, Simulation))


def patched(encodings: Encodings, update: Update) -> Encodings:
    """`encodings` after an update."""
    settings = {n: s for n, s in encodings.settings.items() if n not in update.removed} | dict(update.settings)
    groups = {n: g for n, g in encodings.groups.items() if n not in update.removed} | dict(update.groups)
    return replace(encodings, settings=settings, groups=groups, bias=update.bias)


def difference(before: Encodings, after: Encodings) -> Update:
    """The update that leads an engine from `before` to `after`."""
    return Update(
        settings=renewed(before.settings, after.settings),
        groups={n: g for n, g in renewed(before.groups, after.groups).items() if before.groups.get(n) != g},
        removed=tuple(n for n in before.settings if n not in after.settings),
        bias=after.bias,
    )
