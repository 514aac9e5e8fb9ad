"""The history as rows: what each edit was, what it changed, and the score it led to."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont

from qviz.encodings import Encodings
from qviz.history import Entry
from qviz.ui.text import fixed

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class Column(IntEnum):
    """Columns from left to right."""

    STEP = 0
    EDIT = 1
    WHERE = 2
    SCORE = 3
    CHANGE = 4


NUMBERS = (Column.STEP, Column.SCORE, Column.CHANGE)


class HistoryModel(QAbstractTableModel):
    """One row an entry, the oldest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()
        self._changed: list[tuple[str, ...]] = []  # names of quantizers, entry by entry
        self._index = 0
        self._baseline: Encodings | None = None

    def show(self, entries: tuple[Entry, ...], index: int, baseline: Encodings) -> bool:
        """Take the history over; whether anything differs from what is shown."""
        same = len(entries) == len(self.entries) and all(map(_is, entries, self.entries))
        if same and index == self._index and baseline is self._baseline:
            return False
        kept = _common(entries, self.entries)
        rows = len(entries) != len(self.entries)
        if rows:
            self.beginResetModel()
        self._changed[kept:] = [_changes(entries, i) for i in range(kept, len(entries))]
        self.entries, self._index, self._baseline = entries, index, baseline
        if rows:
            self.endResetModel()
        else:
            self.dataChanged.emit(self.index(0, 0), self.index(len(entries) - 1, len(Column) - 1))
        return True

    def baseline_row(self) -> int | None:
        """The entry that is baseline B; None where the history no longer holds it."""
        return next((i for i, e in enumerate(self.entries) if e.encodings is self._baseline), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Role.DisplayRole:
            return self._titles()[Column(section)]
        if role == Role.TextAlignmentRole:
            return _alignment(Column(section))
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row, column = index.row(), Column(index.column())
        if role == Role.DisplayRole:
            return self._text(row, column)
        if role == Role.ToolTipRole and column == Column.WHERE:
            return "\n".join(self._changed[row][:30])
        if role == Role.ToolTipRole and column in (Column.STEP, Column.EDIT):
            return self.tr("Click to go to this state.")
        if role == Role.TextAlignmentRole:
            return _alignment(column)
        if role == Role.FontRole and row == self._index:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None

    def _text(self, row: int, column: Column) -> str:
        entry = self.entries[row]
        if column == Column.STEP:
            return f"B  {row}" if entry.encodings is self._baseline else str(row)
        if column == Column.EDIT:
            return label_of(entry)
        if column == Column.WHERE:
            return self._where(row)
        if column == Column.SCORE:
            return fixed(entry.score, 2)
        before = self.entries[row - 1].score if row else None
        change = None if entry.score is None or before is None else entry.score - before
        return "" if row == 0 else fixed(change, 2, signed=True)

    def _where(self, row: int) -> str:
        names = self._changed[row]
        if row == 0:
            return ""
        if not names:
            return self.tr("biases")
        return names[0] if len(names) == 1 else self.tr("{0} quantizers").format(len(names))

    def _titles(self) -> dict[Column, str]:
        return {
            Column.STEP: self.tr("Step"),
            Column.EDIT: self.tr("Edit"),
            Column.WHERE: self.tr("Where"),
            Column.SCORE: self.tr("Score"),
            Column.CHANGE: self.tr("Change"),
        }


def label_of(entry: Entry) -> str:
    """What the edit is called, in the user's language where the core named it."""
    return QCoreApplication.translate("history", entry.label)


def _changes(entries: Sequence[Entry], i: int) -> tuple[str, ...]:
    """Quantizers that entry `i` changed."""
    return tuple(sorted(entries[i].encodings.changed(entries[i - 1].encodings))) if i else ()


def _common(a: Sequence[Entry], b: Sequence[Entry]) -> int:
    """How many entries at the beginning hold the same encodings in both."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((i for i, (x, y) in pairs if x.encodings is not y.encodings), min(len(a), len(b)))


def _is(a: object, b: object) -> bool:
    return a is b


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
