"""Unsaved work, kept in a file of its own until it is saved or given up; offered again after a crash."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QDateTime, QLocale, QLockFile, QObject, QStandardPaths, QTimer, Signal

from qviz import session_file
from qviz.errors import QvizError
from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.window.banner import Banner, Notice

PAUSE = 3000  # ms after an edit


@dataclass(frozen=True)
class Leftover:
    """Work of a qviz that ended unexpectedly."""

    path: Path
    model: str
    written: QDateTime


class Recovery(QObject):
    """Follows the session's edits. A lock beside each file tells whether the qviz that wrote it still runs.

    A file that the user goes on with stays until its model is open: it is not lost where that fails.
    """

    failed = Signal(object)  # QvizError: the work could not be kept; told once

    def __init__(self, session: Session, bridge: Bridge, layout: Callable[[], str], parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._layout = session, layout
        self.recover: Callable[[str], str] = lambda _path: ""  # opens a file; its model, "" where the user gives up
        self._path, self._lock = _place(f"{uuid4().hex}.qviz")
        self._restoring: tuple[Path, QLockFile] | None = None  # what the user goes on with, until its model is there
        self._model = ""  # which one that is
        self._writer: threading.Thread | None = None
        self._broken = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.keep)
        bridge.encodings.connect(self._edited)
        bridge.saved.connect(self._saved)
        bridge.baseline.connect(self._edited)
        bridge.model.connect(self._opened)
        bridge.failed.connect(lambda failure: self._give_back() if failure.task == "model" else None)

    @property
    def path(self) -> Path:
        """Where the work is kept, once there is any."""
        return self._path

    def keep(self) -> None:
        """Write what is not saved, on a thread; take the file away where nothing is unsaved."""
        if self._writer is not None and self._writer.is_alive():
            self._pause.start()
        elif not self._session.dirty:
            self.forget()
        elif self._ready():
            saved = self._session.snapshot(self._layout())
            self._writer = threading.Thread(target=self._write, args=(self._path, saved), name="qviz-recovery")
            self._writer.start()

    def forget(self) -> None:
        """The work is saved, or the user gave it up."""
        self._pause.stop()
        if self._writer is not None:
            self._writer.join()
        self._path.unlink(missing_ok=True)
        self._lock.unlock()

    def offer(self, banner: Banner) -> None:
        """Say that there is work to go on with, the newest first."""
        found = leftovers()
        if not found:
            return
        newest, lock = found[0]
        for _, other in found[1:]:
            other.unlock()

        def text() -> str:
            when = QLocale().toString(newest.written, QLocale.FormatType.ShortFormat)
            template = self.tr("qviz ended unexpectedly. Unsaved work on {0} from {1} was kept.")
            return template.format(Path(newest.model).name, when)

        def go_on() -> None:
            banner.clear()
            self.forget()
            self._restoring = newest.path, lock
            self._model = self.recover(str(newest.path))
            if not self._model:
                self._give_back()
                if banner.notice is None:
                    self.offer(banner)

        def drop() -> None:
            newest.path.unlink(missing_ok=True)
            lock.unlock()
            banner.clear()
            self.offer(banner)

        buttons = ((lambda: self.tr("Restore"), go_on), (lambda: self.tr("Discard"), drop))
        banner.tell(Notice("info", text, buttons))

    def _opened(self) -> None:
        """The file is ours once its model is there, unless another was opened instead."""
        if self._session.graph is None or self._restoring is None:
            return
        if self._session.model_path == self._model:
            (self._path, self._lock), self._restoring = self._restoring, None
        else:
            self._give_back()

    def _give_back(self) -> None:
        """It was not opened: it is offered again at the next start."""
        if self._restoring is not None:
            self._restoring[1].unlock()
            self._restoring = None

    def _saved(self) -> None:
        """What was edited while the file was written is not in it."""
        self.forget()
        if self._session.dirty:
            self._edited()

    def _edited(self) -> None:
        if not self._session.previewing and not self._pause.isActive():
            self._pause.start()

    def _ready(self) -> bool:
        """Whether the file is ours to write."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._tell(QvizError("{path} cannot be made: {reason}.", path=self._path.parent, reason=error.strerror))
            return False
        return self._lock.isLocked() or self._lock.tryLock(0)

    def _write(self, path: Path, saved: session_file.SavedSession) -> None:
        try:
            session_file.write(path, saved)
        except QvizError as error:
            self._tell(error)

    def _tell(self, error: QvizError) -> None:
        if not self._broken:
            self._broken = True
            self.failed.emit(error)


def leftovers() -> list[tuple[Leftover, QLockFile]]:
    """Files whose qviz runs no more, the newest first, each with its lock, which is held from now on."""
    found = []
    for path in sorted(_folder().glob("*.qviz")):
        _, lock = _place(path.name)
        if not lock.tryLock(0):
            continue
        try:
            model = session_file.read(path).document.model
        except QvizError:  # cut off while it was written: nothing to go on with
            path.unlink(missing_ok=True)
            lock.unlock()
            continue
        written = QDateTime.fromMSecsSinceEpoch(int(path.stat().st_mtime * 1000))
        found.append((Leftover(path, model, written), lock))
    return sorted(found, key=lambda pair: pair[0].written.toMSecsSinceEpoch(), reverse=True)


def _folder() -> Path:
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)) / "recovery"


def _place(name: str) -> tuple[Path, QLockFile]:
    path = _folder() / name
    lock = QLockFile(f"{path}.lock")
    lock.setStaleLockTime(0)  # work may lie for days: only the death of its process tells
    return path, lock
