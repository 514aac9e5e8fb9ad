"""The panel of confusion matrices: what is compared with, now, and the difference, side by side."""

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from qviz.session import Session
from qviz.sim.inspect import Answers, Predictions
from qviz.ui.bridge import Bridge
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.results.matrix import Counts, Part, confusion, most_changed, shares
from qviz.ui.results.matrix_view import Cell, MatrixView
from qviz.ui.text import fixed
from qviz.ui.theme import Theme, ThemeSource

SMALLEST_PART = 4.0  # cells
LISTED = 5


class ConfusionPanel(QWidget):
    """Follows the newest complete answer while it is seen. `title_parts` stand in the title bar."""

    def __init__(self, session: Session, bridge: Bridge, themes: ThemeSource) -> None:
        super().__init__()
        self._session = session
        self.before, self.now, self.difference = (MatrixView(themes.current) for _ in range(3))
        self.views = (self.before, self.now, self.difference)
        self.reading, self.list, self.message, self.against = QLabel(), QLabel(), QLabel(), ChoiceBox()
        self.title_parts = (self.against,)
        self.counts: tuple[Counts, Counts] | None = None
        self._told: Predictions | None = None
        self._drawn: Answers | None = None  # what now is compared with in what is drawn
        self._part: Part = (0, 0, 1, 1)
        self._build()
        self.against.activated.connect(self._show)
        for view in self.views:
            view.marked.connect(self.mark)
            view.moved.connect(self._move)
        themes.changed.connect(self._theme_changed)
        for signal in (bridge.result, bridge.model, bridge.data, bridge.baseline):
            signal.connect(self._changed)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def mark(self, cell: Cell | None) -> None:
        """Mark a cell in all three and tell its counts; None: no cell."""
        for view in self.views:
            view.show_mark(cell)
        self.reading.setText(self._sentence(cell))

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setContentsMargins(8, 4, 8, 8)
        for label in (self.reading, self.list):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            words.addWidget(label)
        words.addStretch(1)
        self.list.setProperty("role", "caption")
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(8, 4, 4, 2)
        row.setSpacing(4)
        for view in self.views:
            row.addWidget(view, 2)
        row.addLayout(words, 1)
        self.message.setWordWrap(True)
        self.message.setProperty("role", "caption")
        self.message.setMargin(16)
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._page = page
        self._body = QStackedLayout(self)
        self._body.addWidget(page)
        self._body.addWidget(self.message)

    def _changed(self) -> None:
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        """Take the newest answers over."""
        self._name_views()
        result = self._session.result
        told = result.predictions if result is not None else None
        answers = None
        if told is not None:
            answers = told.baseline if self.against.value() == "baseline" else told.float
        missing = told is None or answers is None
        self.message.setText(self._missing() if missing else "")
        self._body.setCurrentWidget(self.message if missing else self._page)
        if told is None or answers is None:
            self.counts = self._drawn = None
        elif self._drawn is not answers or self._told is not told:
            self._take(told, answers)
        self._told, self._drawn = told, answers

    def _take(self, told: Predictions, answers: Answers) -> None:
        """Compare now with `answers`."""
        truth = told.float.label if told.labels is None else told.labels
        before, now = (confusion(truth, a.label, told.classes) for a in (answers, told.now))
        if self.counts is None or len(self.counts[0]) != told.classes:
            self._part = (0.0, 0.0, float(told.classes), float(told.classes))
        self.counts, self._told = (before, now), told
        self._draw()
        self.list.setText(self._changes())
        self.mark(None)

    def _draw(self) -> None:
        if self.counts is None:
            return
        before, now = self.counts
        rows = before.sum(axis=1)
        change = shares(now - before, rows)
        largest = float(np.abs(change).max(initial=0.0))
        drawn = (shares(before, rows), shares(now, rows), change / largest if largest else change)
        for view, values in zip(self.views, drawn, strict=True):
            view.show_matrix(values, self._part)

    def _move(self, part: Part) -> None:
        """Show another part in all three, within the matrix."""
        if self.counts is None:
            return
        classes = float(len(self.counts[0]))
        size = min(max(part[2], min(SMALLEST_PART, classes)), classes)
        top, left = (min(max(p, 0.0), classes - size) for p in part[:2])
        self._part = (top, left, size, size)
        self._draw()

    def _sentence(self, cell: Cell | None) -> str:
        if cell is None or self.counts is None:
            return self._hint()
        before, now = (int(counts[cell]) for counts in self.counts)
        text = self.tr("{0} taken for {1}:\n{2} before, {3} now ({4})")
        return text.format(*cell, before, now, fixed(now - before, 0, signed=now != before))

    def _hint(self) -> str:
        if self._told is not None and self._told.labels is None:
            return self.tr("No labels: rows are what the float model says, columns what is predicted.")
        return self.tr("Rows are labels, columns predictions. Point at a cell for its counts.")

    def _changes(self) -> str:
        """The cells that changed most."""
        assert self.counts is not None
        found = most_changed(*self.counts, LISTED)
        lines = [f"{row} → {column}   {fixed(change, 0, signed=True)}" for row, column, change in found]
        return "\n".join([self.tr("Changed most:") if lines else self.tr("Nothing changed."), *lines])

    def _missing(self) -> str:
        result = self._session.result
        if self._session.data is None:
            return self.tr("No data yet: drop some to see which classes are mixed up.")
        if result is None or not result.complete or result.predictions is not None:
            return self.tr("Waiting for the complete answer…")
        return self.tr("This model does not choose one class a sample: there is nothing to mix up.")

    def _theme_changed(self, theme: Theme) -> None:
        for view in self.views:
            view.restyle(theme)

    def _retranslate(self) -> None:
        self.against.set_choices({"float": self.tr("Against float"), "baseline": self.tr("Against B")})
        if self.against.currentIndex() < 0:
            self.against.set_value("float")
        self.against.setAccessibleName(self.tr("What now is compared with"))
        self._drawn = None
        self.against.setToolTip(self.tr("The float model, or baseline B: the state as opened until another is pinned."))
        self._show()

    def _name_views(self) -> None:
        other = self.tr("Float") if self.against.value() != "baseline" else self.tr("Baseline B")
        titles = (other, self.tr("Now"), self.tr("Difference"))
        tip = self.tr("Blue: more samples, orange: fewer. The wheel zooms, a drag moves, a double click shows all.")
        for view, title in zip(self.views, titles, strict=True):
            view.title = title
            view.setAccessibleName(self.tr("Confusion matrix: {0}").format(title))
            view.setToolTip(tip)
            view.update()
