"""The work of the engine's own process, which `client` starts. No fork, no Qt.

Requests come in on standard input, events go out on standard output; what libraries print goes to standard error.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import NoReturn, Protocol

from qviz.errors import Cancelled, QvizError, Text
from qviz.sim.detail_desk import DetailDesk
from qviz.sim.engine import Engine, Stop
from qviz.sim.events import Event, Failed, Task
from qviz.sim.limits import lower_priority
from qviz.sim.mailbox import Exploration, Job, Mailbox, Simulation
from qviz.sim.pipe import Pipe
from qviz.sim.requests import Calibrate, Check, Export, LoadData, LoadModel, Look, Quit


class IdleWork(Protocol):
    """What is done while nothing is asked."""

    def run(self, stop: Stop) -> None:
        """Go on from where it was given up. Raises Cancelled once `stop` says so."""


StartIdle = Callable[[Engine, Exploration, Callable[[Event], None]], IdleWork]


def serve(start_idle: StartIdle) -> NoReturn:
    """Read requests in one thread, work in this one, until told to quit. `start_idle` makes what fills idle time."""
    pipe = Pipe(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    lower_priority()
    mailbox = Mailbox()
    engine = Engine(pipe.send)
    desk = DetailDesk(engine.look)
    threading.Thread(target=_read, args=(pipe, mailbox, desk), daemon=True).start()
    worker = Worker(engine, mailbox, desk, pipe.send, start_idle)
    while not isinstance(job := mailbox.take(), Quit):
        worker.work(job)
    engine.close()
    pipe.close_outgoing()
    os._exit(0)  # the reading thread still waits on standard input, which Python would wait for


class Worker:
    """Does one job after another with one engine; remembers the idle work that was interrupted."""

    def __init__(
        self,
        engine: Engine,
        mailbox: Mailbox,
        desk: DetailDesk,
        emit: Callable[[Event], None],
        start_idle: StartIdle,
    ) -> None:
        self._engine, self._mailbox, self._desk = engine, mailbox, desk
        self._emit, self._start_idle = emit, start_idle
        self._idle: tuple[Exploration, IdleWork] | None = None

    def work(self, job: Job) -> None:
        """Do one job; what a user can cause ends in a Failed event."""
        task = task_of(job)
        try:
            self._do(job)
        except Cancelled:
            if task not in ("simulate", "explore") or self._mailbox.cancelled(task):
                self._emit(Failed(task, Text("Cancelled."), cancelled=True))
            return
        except QvizError as error:
            self._emit(Failed(task, error.text))
        except MemoryError:
            self._emit(Failed(task, Text("There is not enough memory for this. Use fewer or smaller samples.")))
        except Exception as error:  # the window must hear of it, whatever it is
            reason = f"{type(error).__name__}: {error}".split("\n")[0]
            self._emit(
                Failed(task, Text("qviz met an error of its own: {reason}. Please report it.", {"reason": reason}))
            )
        if isinstance(job, Exploration):
            self._mailbox.finished(job)
            self._idle = None

    def _do(self, job: Job) -> None:
        engine, mailbox = self._engine, self._mailbox
        if isinstance(job, LoadModel):
            engine.load_model(job, lambda: mailbox.cancelled("model"))
        elif isinstance(job, LoadData):
            engine.load_data(job, lambda: mailbox.cancelled("data"))
        elif isinstance(job, Calibrate):
            engine.calibrate(mailbox.encodings, lambda: mailbox.cancelled("calibrate"))
        elif isinstance(job, Simulation):
            engine.integer = job.integer
            stop = lambda: mailbox.superseded() or mailbox.cancelled("simulate")  # noqa: E731
            engine.simulate_and_emit(job.encodings, job.generation, job.baseline, stop)
        elif isinstance(job, Export):
            engine.export(job)
        elif isinstance(job, Check):
            engine.check(job.encodings, job.options, lambda: mailbox.cancelled("check"))
        elif isinstance(job, Exploration):
            self._explore(job)

    def _explore(self, job: Exploration) -> None:
        if self._idle is None or self._idle[0] is not job:
            self._idle = job, self._start_idle(self._engine, job, self._emit)
        try:
            self._idle[1].run(lambda: self._mailbox.waiting() or self._desk.busy)
        finally:
            self._engine.tell_memory()


def task_of(job: Job) -> Task:
    """What a job is called in progress and failures."""
    names: dict[type, Task] = {
        LoadModel: "model",
        LoadData: "data",
        Calibrate: "calibrate",
        Exploration: "explore",
        Export: "export",
        Check: "check",
    }
    return names.get(type(job), "simulate")


def _read(pipe: Pipe, mailbox: Mailbox, desk: DetailDesk) -> None:
    try:
        while True:
            request = pipe.receive()
            if isinstance(request, Look):
                desk.post(request)
            else:
                mailbox.post(request)
    except EOFError:
        os._exit(0)  # the window is gone: nothing here is worth keeping
