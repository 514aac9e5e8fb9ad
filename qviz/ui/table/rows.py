"""Selections of many rows."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QItemSelection


def selection_of(model: QAbstractItemModel, rows: Sequence[int]) -> QItemSelection:
    """Rows in ascending order, those that follow each other as one range: Qt compares each range with every other."""
    found = QItemSelection()
    starts = [i for i, row in enumerate(rows) if i == 0 or row != rows[i - 1] + 1]
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=False):
        found.select(model.index(rows[start], 0), model.index(rows[end - 1], 0))
    return found


def rows_in(selection: QItemSelection) -> list[int]:
    """Rows of a selection of whole rows, in ascending order; Qt's own way asks the model about every cell."""
    return sorted({row for part in selection.toList() for row in range(part.top(), part.bottom() + 1)})
