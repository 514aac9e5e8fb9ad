"""The status line: what the engine does, how far it is, and Cancel."""

from PySide6.QtCore import QElapsedTimer, QEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from qviz.session import Session
from qviz.sim.events import EngineBack, EngineGone, Progress, Task
from qviz.ui.bridge import Bridge
from qviz.ui.view_state import View
from qviz.ui.window.actions import Actions
from qviz.ui.window.run_controls import RunControls

ORDER: tuple[Task, ...] = ("model", "data", "calibrate", "ranges", "simulate")
AT_ONCE = 0.05  # seconds; less is shown as 0.0
SOON = 1.0  # seconds of work before there is an estimate, and left below which none is worth its place


class StatusLine(QStatusBar):
    """Follows the session's tasks; the first in ORDER is the one shown."""

    def __init__(
        self, session: Session, bridge: Bridge, view: View, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._task: Task | None = None
        self._since = QElapsedTimer()  # of the task shown
        self._given_up = False
        self._restarting = False  # until an engine that came back has answered: it loads model and data again first
        self.words, self.bar, self.cancel = QLabel(), QProgressBar(), QPushButton()
        self.setSizeGripEnabled(False)
        self.words.setContentsMargins(8, 0, 8, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.cancel.clicked.connect(self._cancel)
        self.addWidget(self.words)
        self.running = RunControls(session, bridge, view, actions, self)
        self.addPermanentWidget(self.bar)
        self.addPermanentWidget(self.cancel)
        self.setMinimumHeight(36)
        for signal in (bridge.progress, bridge.model, bridge.data, bridge.result, bridge.failed, bridge.histograms):
            signal.connect(self._answered)
        bridge.encodings.connect(self._refresh)
        bridge.exported.connect(self._refresh)
        bridge.engine.connect(self._engine_changed)
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._refresh()
        super().changeEvent(event)

    def _engine_changed(self, event: EngineGone | EngineBack) -> None:
        self._given_up = isinstance(event, EngineGone) and not event.restarting
        self._restarting = self._session.data is not None
        self._refresh()

    def _answered(self) -> None:
        self._restarting = False
        self._refresh()

    def _cancel(self) -> None:
        if self._task is not None:
            self._session.cancel(self._task)

    def _refresh(self) -> None:
        running = [t for t in ORDER if t in self._session.progress]
        before, self._task = self._task, running[0] if running else None
        if self._task != before:
            self._since.start()
        progress = self._session.progress[self._task] if self._task else None
        self.bar.setVisible(progress is not None)
        self.cancel.setVisible(progress is not None)
        self.cancel.setText(self.tr("Cancel"))
        self.bar.setAccessibleName(self.tr("Progress"))
        if progress is not None:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)
        self.words.setText(self._sentence(progress))

    def _sentence(self, progress: Progress | None) -> str:
        if self._given_up:
            return self.tr("The engine stopped too often. Save your work and start qviz again.")
        if not self._session.engine_alive or self._restarting:
            return self.tr("Engine restarting… (your edits are safe)")
        if progress is None:
            return self._idle()
        verbs = {
            "model": self.tr("Loading the model"),
            "data": self.tr("Loading data"),
            "calibrate": self.tr("Calibrating"),
            "ranges": self.tr("Finding ranges"),
            "simulate": self.tr("Simulating"),
        }
        if progress.total <= 0:
            return self.tr("{0}…").format(verbs[progress.task])
        done = self.tr("{0} {1}/{2}").format(verbs[progress.task], progress.done, progress.total)
        left = self._seconds_left(progress)
        return done if left is None else self.tr("{0}, about {1} s left").format(done, round(left))

    def _seconds_left(self, progress: Progress) -> float | None:
        """An estimate from what is done so far; None where it is too early, or soon over."""
        passed = self._since.elapsed() / 1000
        if passed < SOON or progress.task == "simulate" or not progress.done:
            return None
        left = passed * (progress.total - progress.done) / progress.done
        return left if left >= SOON else None

    def _idle(self) -> str:
        if self._session.graph is None:
            return self.tr("Nothing open")
        if not self._session.live:
            return self.tr("Ready. This model is too slow to follow a drag: its score comes on release.")
        result = None if self._session.previewing else self._session.result  # words that change lay out the window
        if result is not None and result.complete and result.generation == self._session.generation:
            if result.seconds < AT_ONCE:
                return self.tr("Ready. Simulated {0} samples in less than 0.1 s.").format(result.samples)
            return self.tr("Ready. Simulated {0} samples in {1} s.").format(result.samples, f"{result.seconds:.1f}")
        return self.tr("Ready")
