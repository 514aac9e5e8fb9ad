"""The status line: what the engine does, how far it is, and Cancel."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from qviz.session import Session
from qviz.sim.events import EngineBack, EngineGone, Progress, Task
from qviz.ui.bridge import Bridge

ORDER: tuple[Task, ...] = ("model", "data", "calibrate", "simulate")


class StatusLine(QStatusBar):
    """Follows the session's tasks; the first in ORDER is the one shown."""

    def __init__(self, session: Session, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._task: Task | None = None
        self._given_up = False
        self.words, self.bar, self.cancel = QLabel(), QProgressBar(), QPushButton()
        self.setSizeGripEnabled(False)
        self.words.setContentsMargins(8, 0, 8, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.cancel.clicked.connect(self._cancel)
        self.addWidget(self.words)
        self.addPermanentWidget(self.bar)
        self.addPermanentWidget(self.cancel)
        self.setMinimumHeight(36)
        for signal in (bridge.progress, bridge.model, bridge.data, bridge.result, bridge.failed, bridge.histograms):
            signal.connect(self._refresh)
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
        self._refresh()

    def _cancel(self) -> None:
        if self._task is not None:
            self._session.cancel(self._task)

    def _refresh(self) -> None:
        running = [t for t in ORDER if t in self._session.progress]
        self._task = running[0] if running else None
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
        if not self._session.engine_alive:
            return self.tr("Engine restarting… (your edits are safe)")
        if progress is None:
            return self._idle()
        verbs = {
            "model": self.tr("Loading the model"),
            "data": self.tr("Loading data"),
            "calibrate": self.tr("Calibrating"),
            "simulate": self.tr("Simulating"),
        }
        if progress.total <= 0:
            return self.tr("{0}…").format(verbs[progress.task])
        return self.tr("{0} {1}/{2}").format(verbs[progress.task], progress.done, progress.total)

    def _idle(self) -> str:
        if self._session.graph is None:
            return self.tr("Nothing open")
        if not self._session.live:
            return self.tr("Ready. This model is too slow to follow a drag: its score comes on release.")
        result = self._session.result
        if result is not None and result.complete and result.generation == self._session.generation:
            return self.tr("Ready. Simulated {0} samples in {1} s.").format(result.samples, f"{result.seconds:.1f}")
        return self.tr("Ready")
