"""Writing the session's file on a thread: a long history of many quantizers takes a moment that the window has not."""

import threading
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from qviz import session_file
from qviz.encodings import Encodings
from qviz.errors import QvizError
from qviz.graph.graph import Graph
from qviz.session import Session
from qviz.session_file import SavedSession


@dataclass(eq=False)
class Job:
    """A file under way: `state` and `graph` are the session's as it was when asked."""

    path: str
    saved: SavedSession
    state: Encodings
    graph: Graph | None
    problem: QvizError | None = None

    def run(self) -> None:
        try:
            session_file.write(self.path, self.saved)
        except QvizError as error:
            self.problem = error


class Saving(QObject):
    """One file at a time; the session hears of it when the file is whole."""

    done = Signal(str)  # its path
    failed = Signal(object)  # QvizError
    _ended = Signal(object)  # Job, from the thread

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._job: Job | None = None
        self._thread = threading.Thread()
        self._ended.connect(self._take)

    def save(self, path: str, window: str) -> None:
        """Begin to write the session as it is now. Raises QvizError where nothing is open."""
        self.finish()
        saved = replace(self._session.snapshot(window), saved_as=None)
        job = self._job = Job(path, saved, self._session.committed, self._session.graph)
        self._thread = threading.Thread(target=self._run, args=(job,), name="qviz-save")
        self._thread.start()

    def finish(self) -> bool:
        """Wait for the file under way; whether it was written, or there was none."""
        if self._job is None:
            return True
        job, self._job = self._job, None
        self._thread.join()
        if job.problem is not None:
            self.failed.emit(job.problem)
            return False
        if self._session.graph is job.graph:
            self._session.mark_saved(job.path, job.state)
        self.done.emit(job.path)
        return True

    def _run(self, job: Job) -> None:
        job.run()
        self._ended.emit(job)

    def _take(self, job: Job) -> None:
        if job is self._job:
            self.finish()
