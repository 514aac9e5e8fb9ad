"""Float runs of the data dialog: one for the values as they stand, or one for each preset until the best is known."""

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from qviz.data.options import DataOptions, Preprocess
from qviz.session import Session
from qviz.sim.trial import Trial, TrialRequest, Tried
from qviz.ui.bridge import Bridge


class Tryout(QObject):
    """`answered` whenever more is known. Answers to what was asked before are dropped."""

    answered = Signal()

    def __init__(self, session: Session, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._asked: dict[int, str] = {}  # ticket -> name of the candidate
        self._waiting: list[tuple[str, TrialRequest]] = []
        self._next = 0
        self.found: dict[str, Tried] = {}
        self.total = 0
        bridge.tried.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return len(self.found) < self.total

    @property
    def best(self) -> tuple[str, Trial] | None:
        """The candidate with the best float metric so far (the first among equals), or the only one that ran."""
        ran = [(name, tried.trial) for name, tried in self.found.items() if tried.trial is not None]
        scores = [trial.value if trial.value is not None else -1.0 for _, trial in ran]
        return ran[scores.index(max(scores))] if ran else None

    def ask(self, options: DataOptions, candidates: Mapping[str, Preprocess]) -> None:
        """Try `options` with each of the candidates. The others are left out where the first shows they would not tell.

        They would not where there are no raw images to preprocess, or no labels to be right about.
        """
        self.forget()
        document = self._session.document
        self.total = len(candidates)
        for name, preprocess in candidates.items():
            self._next += 1
            self._asked[self._next] = name
            metric, output = (document.metric, document.output) if document else (None, None)
            request = TrialRequest(self._next, replace(options, preprocess=preprocess), metric, output)
            self._waiting.append((name, request))
        self._send_next()

    def forget(self) -> None:
        """Nothing is asked, nothing is known."""
        self._asked, self._waiting, self.found, self.total = {}, [], {}, 0

    def _take(self, tried: Tried) -> None:
        name = self._asked.pop(tried.request.ticket, None)
        if name is None:
            return
        self.found[name] = tried
        trial = tried.trial
        if trial is not None and (not trial.raw_images or trial.value is None):
            self._waiting, self.total = [], len(self.found)
        self._send_next()
        self.answered.emit()

    def _send_next(self) -> None:
        """One at a time: what is no longer wanted is never begun."""
        if self._waiting:
            self._session.look(self._waiting.pop(0)[1])
