"""The panel of the history: every edit with its score, as a list and as a line; a click goes back to it."""

from PySide6.QtCore import QEvent, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.later import Later
from qviz.ui.results.history_model import Column, HistoryModel, label_of
from qviz.ui.results.score_line import ScoreLine, Scores
from qviz.ui.theme import ThemeSource

ROW_HEIGHT = 24
WIDTHS = {Column.STEP: 56, Column.SCORE: 76, Column.CHANGE: 76}


class HistoryPanel(QWidget):
    """Follows the session's history and takes the session to any of its entries."""

    def __init__(self, session: Session, bridge: Bridge, themes: ThemeSource) -> None:
        super().__init__()
        self._session = session
        self.model = HistoryModel(self)
        self.table = QTableView()
        self.line = ScoreLine(themes.current)
        self._build()
        self.table.clicked.connect(self._go)
        self.table.activated.connect(self._go)
        self.line.chosen.connect(self._go_to)
        themes.changed.connect(self.line.set_theme)
        later = Later(session, self._refresh, self)
        for signal in (bridge.encodings, bridge.result, bridge.model, bridge.baseline):
            signal.connect(later.ask)
        self._retranslate()
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.table, 3)
        row.addWidget(self.line, 2)
        table = self.table
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(Column.EDIT, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(Column.WHERE, QHeaderView.ResizeMode.Stretch)

    def _refresh(self) -> None:
        history, result = self._session.history, self._session.result
        if not self.model.show(history.entries, history.index, self._session.baseline) and result is None:
            return
        self._select(history.index)
        self.line.show_scores(
            Scores(
                tuple(e.score for e in history.entries),
                tuple(label_of(e) for e in history.entries),
                history.index,
                self.model.baseline_row(),
                result.float_metric if result is not None and result.metrics[0].unit == "%" else None,
                result.metrics[0].unit if result is not None else "",
            )
        )

    def _select(self, row: int) -> None:
        if self.table.currentIndex().row() != row:
            self.table.selectRow(row)
        self.table.scrollTo(self.model.index(row, Column.EDIT))

    def _go(self, index: QModelIndex) -> None:
        self._go_to(index.row())

    def _go_to(self, row: int) -> None:
        if row != self._session.history.index or self._session.previewing:
            self._session.go_to(row)

    def _retranslate(self) -> None:
        self.table.setAccessibleName(self.tr("History"))
        self.line.setAccessibleName(self.tr("Score after each edit"))
        self.line.setToolTip(self.tr("Score after each edit: click a dot to go to that state."))
        self.model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
        header = self.table.horizontalHeader()
        for column, width in WIDTHS.items():
            self.table.setColumnWidth(column, max(width, header.sectionSizeHint(column)))
