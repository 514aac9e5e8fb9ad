"""Samples as rows of a list: what they are, and what each state took them for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from qviz.sim.inspect import Answers, Predictions
from qviz.ui.results.choose import Places
from qviz.ui.text import NOTHING, fixed

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
CARD = Role.UserRole


@dataclass(frozen=True)
class Verdict:
    """What one state took a sample for; `right` is None where that is not known."""

    state: str
    label: int
    share: float
    right: bool | None

    @property
    def percent(self) -> str:
        return f"{fixed(100 * self.share, 0)} %"

    @property
    def name(self) -> str:
        return NOTHING if self.label < 0 else str(self.label)


@dataclass(frozen=True)
class Card:
    """All that is told of one sample. `number` is its place in the data."""

    number: int
    label: int | None
    verdicts: tuple[Verdict, ...]


class SamplesModel(QAbstractListModel):
    """One row a sample, in the order of the numbers it was given."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.told: Predictions | None = None
        self.numbers: Places = np.arange(0)
        self.with_baseline = False

    def show(self, told: Predictions | None, numbers: Places, with_baseline: bool) -> None:
        """Other answers; rows keep their places where the samples are the same."""
        same = np.array_equal(numbers, self.numbers) and (told is None) == (self.told is None)
        if not same:
            self.beginResetModel()
        self.told, self.numbers, self.with_baseline = told, numbers, with_baseline
        if not same:
            self.endResetModel()
        self.refresh()

    def refresh(self) -> None:
        """Pictures arrived, or the language or the theme changed."""
        if len(self.numbers):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.numbers) - 1, 0))

    def card(self, row: int) -> Card:
        """All that is told of the sample in a row."""
        told = self.told
        assert told is not None
        number = int(self.numbers[row])
        label = None if told.labels is None else int(told.labels[number])
        states: list[tuple[str, Answers]] = [(self.tr("Float"), told.float), (self.tr("Now"), told.now)]
        if self.with_baseline and told.baseline is not None:
            states.append(("B", told.baseline))
        return Card(number, label, tuple(_verdict(state, answers, number, label) for state, answers in states))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self.numbers)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if role not in (CARD, Role.AccessibleTextRole, Role.ToolTipRole):
            return None
        card = self.card(index.row())
        return card if role == CARD else self._sentence(card)

    def _sentence(self, card: Card) -> str:
        """The whole card in words."""
        lines = [self.tr("Sample {0}").format(card.number)]
        if card.label is not None:
            lines.append(self.tr("Label {0}").format(card.label))
        return "\n".join([*lines, *(f"{v.state}: {v.name}, {v.percent}" for v in card.verdicts)])


def _verdict(state: str, answers: Answers, number: int, label: int | None) -> Verdict:
    chosen = int(answers.label[number])
    return Verdict(state, chosen, float(answers.share[number]), None if label is None else chosen == label)
