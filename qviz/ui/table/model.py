"""The table model: sorts and filters inside itself by numpy (a proxy takes seconds at 20,000 rows)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from qviz.encodings import Encodings
from qviz.quant.spec import Scheme
from qviz.sim.result import SensitivityRow, TensorError
from qviz.ui.settings.names import kinds
from qviz.ui.table import words
from qviz.ui.table.columns import FOUND, NUMBERS, OF_BASELINE, RANGE, SWITCHES, Column, Columns
from qviz.ui.table.words import Titles

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
TYPED = (Column.BITS, Column.SCHEME, Column.GRANULARITY, Column.LOW, Column.HIGH)
FEW = 50  # changes told row by row; more are told as one
EVERY = tuple(Column)
SCHEMES = frozenset(Scheme)
READ = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled  # made once: Qt asks for each cell of a selection
SWITCHED, WRITTEN = READ | Qt.ItemFlag.ItemIsUserCheckable, READ | Qt.ItemFlag.ItemIsEditable


class QuantizerModel(QAbstractTableModel):
    """Rows are quantizers in the order of `order`; `edited(name, column, value)` asks for a change.

    Rows move only when the user sorts or filters: `outdated_changed` says that sorting again would move some.
    """

    edited = Signal(str, object, object)
    outdated_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = Columns({})
        self.order: NDArray[np.intp] = np.arange(0)
        self.metric = ""  # name of the headline metric
        self._titles: tuple[str | None, Titles] = (None, {})
        self.outdated = False
        self._place: dict[int, int] = {}
        self._sorting: tuple[Column | None, bool] = (Column.REGAINED, True)
        self._needle = ""

    # --- content ----------------------------------------------------------------------------------------------
    def load(self, columns: Columns) -> None:
        self.beginResetModel()
        self.columns = columns
        self._reorder()
        self.endResetModel()

    def read(self, encodings: Encodings, names: Iterable[str], columns: Sequence[Column] = EVERY) -> None:
        """Settings of `names` changed, in `columns` alone."""
        changed = list(names)
        self.columns.read(encodings, changed)
        self._tell(changed, columns)

    def set_local(self, sqnr_db: Mapping[str, float], column: Column = Column.LOCAL) -> None:
        """The SQNR of some quantizers' own error is known, now or (LOCAL_B) under baseline B."""
        self.columns.read_local(column, sqnr_db)
        self._tell(list(sqnr_db), (column, Column.GAIN))

    def read_baseline(self, baseline: Encodings | None, encodings: Encodings) -> None:
        """How baseline B sets every quantizer; None where none is pinned."""
        if baseline is None:
            self.columns.forget_baseline()
        else:
            self.columns.read_baseline(baseline)
            self.columns.read_differences(baseline, encodings, self.columns.names)
        self.refresh(OF_BASELINE)

    def read_differences(self, baseline: Encodings, encodings: Encodings, names: Collection[str]) -> None:
        """Some quantizers changed: whether they are now set otherwise than under baseline B."""
        self.columns.read_differences(baseline, encodings, names)
        self._tell(list(names), OF_BASELINE)

    def read_violations(self, reasons: Mapping[str, str]) -> None:
        """Why the target cannot run some quantizers as set."""
        told = {self.columns.row[n]: text for n, text in reasons.items() if n in self.columns.row}
        if told != self.columns.violations:
            self.columns.violations = told
            self.refresh((Column.NAME,))

    def read_errors(self, errors: Mapping[str, TensorError]) -> None:
        """The simulation told the error of each tensor."""
        self.columns.read_errors(errors)
        self.refresh((Column.CUMULATIVE,))

    def read_sensitivity(self, found: Mapping[str, SensitivityRow]) -> None:
        """The engine found what leaving some quantizers in float regains."""
        self._tell(self.columns.read_sensitivity(found), FOUND)

    def set_stale(self, names: Collection[str]) -> None:
        """What was found of these is about an older state."""
        self.columns.stale[[self.columns.row[n] for n in names if n in self.columns.row]] = True
        self.refresh(FOUND)

    def read_what_if(self, muted: Collection[str], soloed: Collection[str]) -> None:
        self._tell(self.columns.read_what_if(muted, soloed), (Column.MUTE, Column.SOLO))

    def refresh(self, columns: Sequence[Column] = EVERY) -> None:
        """Values of many rows, the theme or the language changed."""
        if len(self.order):
            self.dataChanged.emit(self.index(0, min(columns)), self.index(len(self.order) - 1, max(columns)))
        self._judge(columns)

    def _tell(self, names: list[str], columns: Sequence[Column]) -> None:
        if len(names) > FEW:
            self.refresh(columns)
            return
        for name in names:
            place = self._place.get(self.columns.row[name])
            if place is not None:
                self.dataChanged.emit(self.index(place, min(columns)), self.index(place, max(columns)))
        self._judge(columns)

    # --- order ------------------------------------------------------------------------------------------------
    def set_filter(self, needle: str) -> None:
        self._needle = needle.strip()
        self._rearrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order of the graph."""
        chosen = Column(column) if column >= 0 else None
        self._sorting = (chosen, order == Qt.SortOrder.DescendingOrder)
        self._rearrange()

    def sort_again(self) -> None:
        """The same order with the values as they are now."""
        self._rearrange()

    def name_at(self, row: int) -> str:
        return self.columns.names[self.order[row]]

    def index_of(self, name: str) -> QModelIndex | None:
        """Where a quantizer stands; None where it is filtered out."""
        place = self.place_of(name)
        return None if place is None else self.index(place, 0)

    def place_of(self, name: str) -> int | None:
        """The number of a quantizer's row as shown; None where it is filtered out."""
        return self._place.get(self.columns.row.get(name, -1))

    def _judge(self, changed: Sequence[Column]) -> None:
        """Whether the rows would stand elsewhere if they were sorted now."""
        if self._sorting[0] in changed:
            self._set_outdated(not np.array_equal(self.order, self.columns.order(*self._sorting, self._needle)))

    def _set_outdated(self, outdated: bool) -> None:
        if outdated != self.outdated:
            self.outdated = outdated
            self.outdated_changed.emit(outdated)

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
        self._set_outdated(False)

    # --- Qt ---------------------------------------------------------------------------------------------------
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(EVERY)

    def flags(self, index: Index) -> Qt.ItemFlag:
        column = index.column()
        if column in SWITCHES:
            return SWITCHED
        if column in TYPED and self._takes_value(int(self.order[index.row()]), column):
            return WRITTEN
        return READ

    def _takes_value(self, row: int, column: int) -> bool:
        if column == Column.GRANULARITY:
            return self.columns.splits[row]
        if column == Column.BITS:  # of integers; those of other forms follow from the form
            return self.columns.values[Column.SCHEME][row] in SCHEMES
        return column not in RANGE or not np.isnan(self.columns.values[Column(column)][row])

    def titles(self) -> Titles:
        """Title and explanation of each column; asked for with every switch that is painted."""
        if self._titles[0] != self.metric:
            self._titles = self.metric, words.titles(self.metric)
        return self._titles[1]

    def retranslate(self) -> None:
        """Every text in the language in force."""
        self._titles = None, {}
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
        self.refresh()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        column = Column(section)
        if role == Role.DisplayRole:
            return self.titles()[column][0]
        if role == Role.ToolTipRole:
            return self.titles()[column][1]
        if role == Role.TextAlignmentRole:
            return alignment(column)
        if role == Role.InitialSortOrderRole:  # what costs most comes first
            costly = column in (Column.REGAINED, Column.CHANGE, Column.GAIN, *SWITCHES)
            return Qt.SortOrder.DescendingOrder if costly else Qt.SortOrder.AscendingOrder
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row, column = int(self.order[index.row()]), Column(index.column())
        values = self.columns.values[column]
        if role == Role.DisplayRole:
            return words.text(self.columns, row, column, self.metric)
        if role == Role.EditRole:
            return values[row].item()
        if role == Role.CheckStateRole and column in SWITCHES:
            return Qt.CheckState.Checked if values[row] else Qt.CheckState.Unchecked
        if role == Role.TextAlignmentRole:
            return alignment(column)
        if role == Role.ToolTipRole:
            return self._hint(row, column)
        if role == Role.AccessibleTextRole and column in SWITCHES:
            return self._switch_name(row, column)
        return None

    def _hint(self, row: int, column: Column) -> str | None:
        if column == Column.NAME:
            parts = (self.columns.names[row], kinds()[self.columns.kinds[row]], self.columns.violations.get(row, ""))
            return "\n".join(part for part in parts if part)
        if column == Column.SCHEME:
            return words.text(self.columns, row, column, self.metric)
        if column in FOUND and self.columns.stale[row]:
            return self.tr("About the state before the last edit.")
        return self.titles()[column][1] if column in SWITCHES else None

    def _switch_name(self, row: int, column: Column) -> str:
        templates = {
            Column.ENABLED: self.tr("{0} enabled"),
            Column.MUTE: self.tr("{0} muted"),
            Column.SOLO: self.tr("{0} soloed"),
        }
        return templates[column].format(self.columns.names[row])

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        column = Column(index.column())
        if role == Role.CheckStateRole and column in SWITCHES:
            self.edited.emit(self.name_at(index.row()), column, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Role.EditRole and column in TYPED:
            if value is not None and value != self.data(index, Role.EditRole):
                self.edited.emit(self.name_at(index.row()), column, value)
            return True
        return False


def alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    if column in SWITCHES:
        side = Qt.AlignmentFlag.AlignHCenter
    return side | Qt.AlignmentFlag.AlignVCenter
