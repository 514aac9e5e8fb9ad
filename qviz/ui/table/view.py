"""The table's view: which columns are shown, how wide they are, and what its keys mean."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from qviz.quant.spec import CODEBOOK, Granularity
from qviz.ui.settings.names import forms, granularities, schemes
from qviz.ui.table.columns import OF_BASELINE, Column
from qviz.ui.table.model import QuantizerModel

ROW_HEIGHT = 24
SMALLEST_NAME = 150
PADDING = 9  # of a cell, each side
WIDTHS = {
    Column.REGAINED: 104, Column.CHANGE: 84, Column.MUTE: 28, Column.SOLO: 28, Column.ENABLED: 36, Column.BITS: 44,
    Column.SCHEME: 92, Column.GRANULARITY: 88, Column.LOW: 76, Column.HIGH: 76, Column.LOCAL: 84,
    Column.CUMULATIVE: 84, Column.ALONE: 84, Column.OP: 96, Column.LOCAL_B: 72, Column.GAIN: 64, Column.BITS_B: 52,
    Column.LOW_B: 76, Column.HIGH_B: 76,
}  # fmt: skip
FIRST_HIDDEN = (Column.ALONE, Column.OP, Column.BITS_B, Column.LOW_B, Column.HIGH_B)
GIVING_WAY = ((Column.CUMULATIVE,), (Column.GRANULARITY,), (Column.LOW, Column.HIGH), (Column.SCHEME,))  # one by one
HIDDEN, PICKED = "table/hidden", "table/picked"


class Table(QTableView):
    """The name gets what the other columns leave. `copy_asked` is Ctrl+C.

    Columns of GIVING_WAY hide in a narrow view, save those that the user has picked from the menu.
    """

    copy_asked = Signal()

    def __init__(self, model: QuantizerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._model = model
        self._width = dict(WIDTHS)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self._build_header(self.horizontalHeader())

    def _build_header(self, header: QHeaderView) -> None:
        header.setSortIndicatorClearable(True)
        header.setHighlightSections(False)
        header.setSelectionModel(QItemSelectionModel(self._model, self))  # else it asks about every cell
        header.setMinimumSectionSize(28)
        header.setSortIndicator(Column.REGAINED, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_menu)
        hidden = QSettings().value(HIDDEN)
        self._unwanted = set((c.name for c in FIRST_HIDDEN) if hidden is None else str(hidden).split())
        self._picked = set(str(QSettings().value(PICKED, "")).split())
        self._compared = False

    def _wanted(self, column: Column) -> bool:
        return column == Column.NAME or (column.name not in self._unwanted and self._offered(column))

    def _offered(self, column: Column) -> bool:
        return self._compared or column not in OF_BASELINE

    # --- columns ----------------------------------------------------------------------------------------------
    def shown(self) -> list[Column]:
        """Columns that the user wants, as they stand from left to right, those that gave way included."""
        return [c for c in sorted(Column, key=self.horizontalHeader().visualIndex) if self._wanted(c)]

    def compare(self, on: bool) -> None:
        """Offer the columns of baseline B, or not."""
        if on != self._compared:
            self._compared = on
            self._share_width()

    def show_column(self, column: Column, on: bool) -> None:
        """Show or hide a column, remembered; the name is always there."""
        if column != Column.NAME:
            for names, holds in ((self._unwanted, not on), (self._picked, on)):
                (names.add if holds else names.discard)(column.name)
            for key, names in ((HIDDEN, self._unwanted), (PICKED, self._picked)):
                QSettings().setValue(key, " ".join(c.name for c in WIDTHS if c.name in names))
            self._share_width()

    def columns_menu(self, parent: QWidget) -> QMenu:
        """A check mark for each column that can be hidden."""
        menu = QMenu(self.tr("Columns"), parent)
        menu.addActions(list(self._column_actions(menu)))
        return menu

    def _column_actions(self, menu: QMenu) -> Iterable[QAction]:
        for column in filter(self._offered, WIDTHS):
            action = QAction(str(self._model.headerData(column, Qt.Orientation.Horizontal)), menu)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.toggled.connect(lambda on, column=column: self.show_column(column, on))
            yield action

    def _show_menu(self, at: QPoint) -> None:
        menu = self.columns_menu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.horizontalHeader().mapToGlobal(at))

    def fit_columns(self) -> None:
        """Every column wide enough for its title and the words that stand in it."""
        letters = self.fontMetrics()
        words = {
            Column.SCHEME: max((*schemes().values(), f"{forms()[CODEBOOK]} 16"), key=letters.horizontalAdvance),
            Column.GRANULARITY: f"{granularities()[Granularity.PER_BLOCK]} 128",
        }
        for column, width in WIDTHS.items():
            title = str(self._model.headerData(column, Qt.Orientation.Horizontal))
            wanted = max(letters.horizontalAdvance(word) for word in (title, words.get(column, "")))
            self._width[column] = max(width, wanted + 2 * PADDING)
        self._share_width()

    def _share_width(self) -> None:
        """Hide what does not fit, and give the name the rest."""
        wanted = [c for c in WIDTHS if self._wanted(c)]
        for group in GIVING_WAY:
            if sum(self._width[c] for c in wanted) + SMALLEST_NAME <= self.viewport().width():
                break
            wanted = [c for c in wanted if c not in group or c.name in self._picked]
        for column in WIDTHS:
            self.setColumnHidden(column, column not in wanted)
            self.setColumnWidth(column, self._width[column])
        rest = self.viewport().width() - sum(self._width[c] for c in wanted)
        self.setColumnWidth(Column.NAME, max(SMALLEST_NAME, rest))

    # --- Qt ---------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._model.columns.names and not self._model.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            room = self.viewport().rect().adjusted(12, 12, -12, -12)
            painter.drawText(
                room, Qt.AlignmentFlag.AlignLeft, self.tr("No quantizer has this in its name, operator or kind.")
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        current = self.currentIndex()
        seen = current.isValid() and 0 <= self.visualRect(current).top() < event.oldSize().height()
        super().resizeEvent(event)
        self.fit_columns()
        if seen:
            self.scrollTo(current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are shortcuts here; the filter searches."""

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self.fit_columns()
        super().changeEvent(event)
