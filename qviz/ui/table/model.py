"""The table model: sorts and filters inside itself by numpy (a proxy takes seconds at 20,000 rows)."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from qviz.encodings import Encodings
from qviz.ui.icons import icon
from qviz.ui.settings.names import granularities, kinds, schemes
from qviz.ui.table.columns import NUMBERS, Column, Columns
from qviz.ui.text import decibel, number
from qviz.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class QuantizerModel(QAbstractTableModel):
    """Rows are quantizers in the order of `order`; `enabled_edited(name, on)` asks for a change."""

    enabled_edited = Signal(str, bool)

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = Columns({})
        self.order: NDArray[np.intp] = np.arange(0)
        self._place: dict[int, int] = {}
        self._theme = theme
        self._sorting: tuple[Column | None, bool] = (None, False)
        self._needle = ""

    # --- content ----------------------------------------------------------------------------------------------
    def load(self, columns: Columns) -> None:
        self.beginResetModel()
        self.columns = columns
        self._reorder()
        self.endResetModel()

    def read(self, encodings: Encodings, names: Iterable[str]) -> None:
        """Settings of `names` changed. Rows keep their places until the user sorts again."""
        changed = list(names)
        self.columns.read(encodings, changed)
        self._tell(changed)

    def set_local(self, sqnr_db: Mapping[str, float]) -> None:
        """The SQNR of some quantizers' own error is known."""
        column = self.columns.values[Column.LOCAL]
        for name, value in sqnr_db.items():
            column[self.columns.row[name]] = value
        self._tell(list(sqnr_db))

    def refresh(self) -> None:
        """Values of many rows, the theme or the language changed."""
        if len(self.order):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.order) - 1, len(Column) - 1))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.refresh()

    def _tell(self, names: list[str]) -> None:
        if len(names) > 50:
            self.refresh()
            return
        for name in names:
            index = self.index_of(name)
            if index is not None:
                self.dataChanged.emit(index, self.index(index.row(), len(Column) - 1))

    # --- order ------------------------------------------------------------------------------------------------
    def set_filter(self, needle: str) -> None:
        self._needle = needle.strip()
        self._rearrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order of the graph."""
        chosen = Column(column) if column >= 0 else None
        self._sorting = (chosen, order == Qt.SortOrder.DescendingOrder)
        self._rearrange()

    def name_at(self, row: int) -> str:
        return self.columns.names[self.order[row]]

    def index_of(self, name: str) -> QModelIndex | None:
        """Where a quantizer stands; None where it is filtered out."""
        place = self._place.get(self.columns.row.get(name, -1))
        return None if place is None else self.index(place, 0)

    def _rearrange(self) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        sources = [int(self.order[i.row()]) for i in before]
        self._reorder()
        places = (self._place.get(s) for s in sources)
        after = [
            QModelIndex() if place is None else self.index(place, old.column())
            for old, place in zip(before, places, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _reorder(self) -> None:
        self.order = self.columns.order(*self._sorting, self._needle)
        self._place = dict(zip(self.order.tolist(), range(len(self.order)), strict=True))

    # --- Qt ---------------------------------------------------------------------------------------------------
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == Column.ENABLED else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Role.DisplayRole:
            return self._titles()[Column(section)][0]
        if role == Role.ToolTipRole:
            return self._titles()[Column(section)][1] or None
        if role == Role.TextAlignmentRole:
            return _alignment(Column(section))
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row, column = int(self.order[index.row()]), Column(index.column())
        if role == Role.DisplayRole:
            return self._text(row, column)
        if role == Role.ToolTipRole and column == Column.NAME:
            return f"{self.columns.names[row]}\n{kinds()[self.columns.kinds[row]]}"
        if role == Role.ToolTipRole and column == Column.SCHEME:
            return self._text(row, column)
        if role == Role.DecorationRole and column == Column.NAME:
            kind = self.columns.kinds[row]
            category = self._theme.category["linear" if kind == "param" else "elementwise"]
            return icon(kind, self._theme, category)
        if role == Role.CheckStateRole and column == Column.ENABLED:
            on = self.columns.values[Column.ENABLED][row]
            return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
        if role == Role.TextAlignmentRole:
            return _alignment(column)
        if role == Role.AccessibleTextRole and column == Column.ENABLED:
            return self.tr("{0} enabled").format(self.columns.names[row])
        return None

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        if role != Role.CheckStateRole or index.column() != Column.ENABLED:
            return False
        self.enabled_edited.emit(self.name_at(index.row()), Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def _text(self, row: int, column: Column) -> str:
        value: Any = self.columns.values[column][row]
        if column == Column.ENABLED:
            return ""
        if column == Column.BITS:
            return number(float(value), 3)
        if column in (Column.LOW, Column.HIGH):
            return number(float(value))
        if column in (Column.LOCAL, Column.CUMULATIVE):
            return decibel(float(value))
        words = {Column.SCHEME: schemes, Column.GRANULARITY: granularities}.get(column)
        return words().get(str(value), "") if words else str(value)

    def _titles(self) -> dict[Column, tuple[str, str]]:
        return {
            Column.NAME: (self.tr("Quantizer"), ""),
            Column.OP: (self.tr("Operator"), ""),
            Column.ENABLED: (self.tr("On"), self.tr("Off: this tensor stays in float.")),
            Column.BITS: (self.tr("Bits"), ""),
            Column.SCHEME: (self.tr("Scheme"), ""),
            Column.GRANULARITY: (self.tr("Granularity"), ""),
            Column.LOW: (self.tr("Min"), self.tr("Requested minimum, the widest over channels.")),
            Column.HIGH: (self.tr("Max"), self.tr("Requested maximum, the widest over channels.")),
            Column.LOCAL: (self.tr("Own SQNR, dB"), self.tr("Error of quantizing this tensor alone.")),
            Column.CUMULATIVE: (
                self.tr("SQNR here, dB"),
                self.tr("Error of everything quantized up to here, against float."),
            ),
        }


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
