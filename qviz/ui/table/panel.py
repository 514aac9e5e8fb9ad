"""The panel of the quantizer table: filter line, table, and the selection it shares with all panels."""

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QLineEdit, QTableView, QVBoxLayout, QWidget

from qviz.quant.spec import Granularity, Scheme
from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.icons import icon
from qviz.ui.settings.names import granularities, schemes
from qviz.ui.table.columns import Column, Columns
from qviz.ui.table.local import LocalErrors
from qviz.ui.table.model import QuantizerModel
from qviz.ui.theme import Theme, ThemeSource
from qviz.ui.view_state import View, ViewState

ROW_HEIGHT = 24
SMALLEST_NAME = 150
PADDING = 9  # of a cell, each side
WIDTHS = {
    Column.OP: 104, Column.ENABLED: 40, Column.BITS: 48, Column.SCHEME: 100, Column.GRANULARITY: 100,
    Column.LOW: 84, Column.HIGH: 84, Column.LOCAL: 112, Column.CUMULATIVE: 112,
}  # fmt: skip


class Table(QTableView):
    """The name gets what the other columns leave."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_names()

    def fit_names(self) -> None:
        rest = sum(self.columnWidth(c) for c in WIDTHS)
        self.setColumnWidth(Column.NAME, max(SMALLEST_NAME, self.viewport().width() - rest))


class TablePanel(QWidget):
    """Every quantizer, one row each. `filter` and `count` are shown in the panel's title bar."""

    def __init__(
        self, session: Session, bridge: Bridge, view: View, themes: ThemeSource, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._bridge = session, view, bridge
        self._shown = session.encodings
        self._following = False
        self.model = QuantizerModel(themes.current, self)
        self.local = LocalErrors(session, self.model)
        self.table, self.filter, self.count = Table(), QLineEdit(), QLabel()
        self._search = QAction(self)
        self._build()
        self._connect(themes)
        self._theme_changed(themes.current)
        self._retranslate()
        self._load()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        self.filter.setClearButtonEnabled(True)
        self.filter.addAction(self._search, QLineEdit.ActionPosition.LeadingPosition)
        self.filter.setFixedWidth(200)
        self.count.setProperty("role", "caption")
        table = self.table
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self._build_header(table.horizontalHeader())

    def _build_header(self, header: QHeaderView) -> None:
        header.setSortIndicatorClearable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(36)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.table.setSortingEnabled(True)

    def _connect(self, themes: ThemeSource) -> None:
        themes.changed.connect(self._theme_changed)
        self.filter.textChanged.connect(self._filter_changed)
        self.model.enabled_edited.connect(self._set_enabled)
        self.table.selectionModel().selectionChanged.connect(self._selected_here)
        self._view.changed.connect(self._view_changed)
        self._bridge.model.connect(self._load)
        self._bridge.encodings.connect(self._encodings_changed)
        self._bridge.histograms.connect(self.local.restart)
        self._bridge.result.connect(self._result_changed)

    # --- from the session -------------------------------------------------------------------------------------
    def _load(self) -> None:
        columns = Columns(self._session.quantizers)
        self._shown = self._session.encodings
        columns.read(self._shown, columns.names)
        self.model.load(columns)
        self.local.restart()
        self._result_changed()
        self._show_count()
        self._select(self._view.state.selected)

    def _encodings_changed(self) -> None:
        now = self._session.encodings
        if len(self._session.quantizers) != len(self.model.columns.names):
            self._load()
            return
        changed = now.changed(self._shown)
        self._shown = now
        self.model.read(now, changed)
        self.local.wait_for(changed)

    def _result_changed(self) -> None:
        result = self._session.result
        if result is None or result.tensors:
            self.model.columns.read_errors(result.tensors if result else {})
            self.model.refresh()

    # --- selection --------------------------------------------------------------------------------------------
    def _selected_here(self) -> None:
        if self._following:
            return
        rows = [i.row() for i in self.table.selectionModel().selectedRows()]
        current = self.table.currentIndex().row()
        rows.sort(key=lambda row: (row == current, row))
        self._following = True
        self._view.update(selected=tuple(self.model.name_at(row) for row in rows))
        self._following = False

    def _view_changed(self, state: ViewState, before: ViewState) -> None:
        if state.selected != before.selected and not self._following:
            self._select(state.selected)

    def _select(self, names: tuple[str, ...]) -> None:
        wanted = QItemSelection()
        places = [place for n in names if (place := self.model.index_of(n)) is not None]
        for place in places:
            wanted.select(place, place)
        self._following = True
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(wanted, flags.ClearAndSelect | flags.Rows)
        if places:
            self.table.selectionModel().setCurrentIndex(places[-1], flags.NoUpdate)
            self.table.scrollTo(places[-1])
        self._following = False

    # --- edits ------------------------------------------------------------------------------------------------
    def _set_enabled(self, name: str, on: bool) -> None:
        selected = self._view.state.selected
        self._session.set_enabled(selected if name in selected else (name,), on)

    def _filter_changed(self, needle: str) -> None:
        self._following = True
        self.model.set_filter(needle)
        self._following = False
        self._show_count()

    def _show_count(self) -> None:
        shown, total = self.model.rowCount(), len(self.model.columns.names)
        self.count.setText(str(total) if shown == total else self.tr("{0} of {1}").format(shown, total))
        self.count.setProperty("verbatim", shown == total)

    def _theme_changed(self, theme: Theme) -> None:
        self._search.setIcon(icon("search", theme, theme.muted))
        self.model.set_theme(theme)

    def _retranslate(self) -> None:
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter quantizers"))
        self.filter.setToolTip(self.tr("Part of a name, an operator, or activation or param."))
        self.table.setAccessibleName(self.tr("Quantizers"))
        self._show_count()
        self.model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
        self.model.refresh()
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Every column wide enough for its title and the words that mostly stand in it."""
        header, letters = self.table.horizontalHeader(), self.table.fontMetrics()
        words = {
            Column.SCHEME: schemes()[Scheme.ASYMMETRIC],
            Column.GRANULARITY: granularities()[Granularity.PER_CHANNEL],
        }
        for column, width in WIDTHS.items():
            word = letters.horizontalAdvance(words.get(column, "")) + 2 * PADDING
            self.table.setColumnWidth(column, max(width, header.sectionSizeHint(column), word))
        self.table.fit_names()
