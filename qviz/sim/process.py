"""The engine's own process: `python -m qviz.sim.process`, started by `client`. No fork, no Qt.

Requests come in on standard input, events go out on standard output; what libraries print goes to standard error.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from qviz.errors import Cancelled, QvizError, Text
from qviz.sim.engine import Engine
from qviz.sim.events import Event, Failed, Task
from qviz.sim.limits import lower_priority
from qviz.sim.mailbox import Job, Mailbox, Simulation
from qviz.sim.pipe import Pipe
from qviz.sim.requests import Calibrate, LoadData, LoadModel, Quit


def main() -> NoReturn:
    """Read requests in one thread, work in this one, until told to quit."""
    pipe = Pipe(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    lower_priority()
    mailbox = Mailbox()
    threading.Thread(target=_read, args=(pipe, mailbox), daemon=True).start()
    engine = Engine(pipe.send)
    while not isinstance(job := mailbox.take(), Quit):
        work(engine, mailbox, job, pipe.send)
    engine.close()
    pipe.close_outgoing()
    os._exit(0)  # the reading thread still waits on standard input, which Python would wait for


def work(engine: Engine, mailbox: Mailbox, job: Job, emit: Callable[[Event], None]) -> None:
    """Do one job; what a user can cause ends in a Failed event."""
    task = task_of(job)
    try:
        _do(engine, mailbox, job)
    except Cancelled:
        if task != "simulate" or mailbox.cancelled(task):
            emit(Failed(task, Text("Cancelled."), cancelled=True))
    except QvizError as error:
        emit(Failed(task, error.text))
    except MemoryError:
        emit(Failed(task, Text("There is not enough memory for this. Use fewer or smaller samples.")))
    except Exception as error:  # the window must hear of it, whatever it is
        reason = f"{type(error).__name__}: {error}".split("\n")[0]
        emit(Failed(task, Text("qviz met an error of its own: {reason}. Please report it.", {"reason": reason})))


def task_of(job: Job) -> Task:
    """What a job is called in progress and failures."""
    names: dict[type, Task] = {LoadModel: "model", LoadData: "data", Calibrate: "calibrate"}
    return names.get(type(job), "simulate")


def _do(engine: Engine, mailbox: Mailbox, job: Job) -> None:
    if isinstance(job, LoadModel):
        engine.load_model(job, lambda: mailbox.cancelled("model"))
    elif isinstance(job, LoadData):
        engine.load_data(job, lambda: mailbox.cancelled("data"))
    elif isinstance(job, Calibrate):
        engine.calibrate(mailbox.encodings, lambda: mailbox.cancelled("calibrate"))
    elif isinstance(job, Simulation):
        stop = lambda: mailbox.waiting() or mailbox.cancelled("simulate")  # noqa: E731
        engine.simulate_and_emit(job.encodings, job.generation, job.baseline, stop)


def _read(pipe: Pipe, mailbox: Mailbox) -> None:
    try:
        while True:
            mailbox.post(pipe.receive())
    except EOFError:
        os._exit(0)  # the window is gone: nothing here is worth keeping


if __name__ == "__main__":
    main()
