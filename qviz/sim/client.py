"""Two ways to an engine: in this process, where a request is done when `send` returns, or in a process of its own."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from qviz.encodings import Encodings
from qviz.sim.events import EngineBack, EngineGone, Event
from qviz.sim.mailbox import patched
from qviz.sim.pipe import Outbox, Pipe
from qviz.sim.requests import Calibrate, Check, Export, LoadData, LoadModel, Look, Pin, Quit, Request, Simulate, Update

if TYPE_CHECKING:
    from qviz.sim.engine import Engine

QUIT_SECONDS = 3.0
PROGRAM = "qviz.tune.process"  # a name, not an import: what fills idle time stands above this folder
MAX_RESTARTS = 3  # within RESTART_WINDOW seconds; a model that always kills the engine must not loop
RESTART_WINDOW = 60.0

Listen = Callable[[Event], None]


class EngineClient(Protocol):
    """What a session talks to."""

    def start(self, listen: Listen) -> None: ...
    def send(self, request: Request) -> None: ...
    def close(self) -> None: ...


class LocalClient:
    """An engine in this process. `send` returns when the work is done; a failure is raised, not told."""

    def __init__(self, budget: int | None = None, threads: int | None = None) -> None:
        self._budget, self._threads = budget, threads
        self._engine: Engine | None = None

    @property
    def engine(self) -> "Engine":
        assert self._engine is not None, "start comes first"
        return self._engine

    def start(self, listen: Listen) -> None:
        from qviz.sim.engine import Engine  # here, since it imports onnxruntime and the window must not

        self._engine = Engine(listen, self._budget, self._threads)
        self.encodings = Encodings()
        self.baseline: Encodings | None = None

    def send(self, request: Request) -> None:
        if isinstance(request, LoadModel):
            self.encodings, self.baseline = Encodings(), None
            self.engine.load_model(request)
        elif isinstance(request, LoadData):
            self.baseline = None
            self.engine.load_data(request)
        elif isinstance(request, Update):
            self.encodings = patched(self.encodings, request)
        elif isinstance(request, Pin):
            self.baseline = patched(self.encodings, request.update)
        elif isinstance(request, Calibrate):
            self.engine.calibrate(self.encodings)
        elif isinstance(request, Simulate):
            self.engine.integer = request.integer
            self.engine.simulate_and_emit(self.encodings, request.generation, self.baseline)
        elif isinstance(request, Export):
            self.engine.export(request)
        elif isinstance(request, Check):
            self.engine.check(request.encodings, request.options)
        elif isinstance(request, Look):
            self.engine.look(request)

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()


class ProcessClient:
    """An engine in its own process, started again with its model and data where it dies.

    `listen` is called on a reader thread that blocks on the pipe; whoever listens brings the event to its own thread.
    """

    def __init__(self) -> None:
        self._listen: Listen | None = None
        self._pipe: Pipe | None = None
        self._outbox: Outbox | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._documents: dict[type, Request] = {}  # what a new process must load again
        self._lock = threading.Lock()
        self._closing = False
        self._deaths: list[float] = []

    def start(self, listen: Listen) -> None:
        """Start the process; requests may be sent at once."""
        self._listen = listen
        self._launch()
        self._reader = threading.Thread(target=self._serve, name="qviz-engine-reader", daemon=True)
        self._reader.start()

    def send(self, request: Request) -> None:
        """Hand a request over; returns at once."""
        with self._lock:
            if isinstance(request, LoadModel):
                self._documents.clear()
            if isinstance(request, LoadModel | LoadData):
                self._documents[type(request)] = request
            self._put(request)

    def close(self) -> None:
        """End the process and the reader thread."""
        self._closing = True
        with self._lock:
            self._put(Quit())
            process = self._process
        if process is not None:
            try:
                process.wait(QUIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._reader is not None:
            self._reader.join(QUIT_SECONDS)
        self._finish()
        if self._pipe is not None:
            self._pipe.close()

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    def _launch(self) -> None:
        command = [sys.executable, "-m", PROGRAM]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe = Pipe(self._process.stdout, self._process.stdin)  # type: ignore[arg-type]
        self._outbox = Outbox(self._pipe)

    def _serve(self) -> None:
        """Hand events on until closed; start a new process where one dies."""
        while True:
            self._receive()
            if self._closing or not self._mourn():
                return
            with self._lock:
                self._launch()
                for request in self._documents.values():
                    self._put(request)
            self._tell(EngineBack())

    def _receive(self) -> None:
        assert self._pipe is not None
        try:
            while True:
                self._tell(self._pipe.receive())
        except EOFError:
            return

    def _mourn(self) -> bool:
        """Tell that the engine died; whether to start another."""
        with self._lock:
            assert self._process is not None
            assert self._pipe is not None
            self._process.wait()
            self._finish()
            self._pipe.close()
        now = time.monotonic()
        self._deaths = [t for t in self._deaths if now - t < RESTART_WINDOW] + [now]
        again = len(self._deaths) <= MAX_RESTARTS
        self._tell(EngineGone(again))
        return again

    def _finish(self) -> None:
        if self._outbox is not None:
            self._outbox.finish(QUIT_SECONDS)

    def _put(self, request: Request) -> None:
        assert self._outbox is not None
        self._outbox.put(request)  # lost where the process died: the new one gets its documents

    def _tell(self, event: Event) -> None:
        if self._listen is not None and not self._closing:
            self._listen(event)
