"""The panel of the quantizer table: filter line, table, and the selection it shares with all panels."""

from PySide6.QtCore import QEvent, QItemSelectionModel, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from qviz.session import Session
from qviz.sim.events import Sensitivity
from qviz.ui.bridge import Bridge
from qviz.ui.compared import is_pinned
from qviz.ui.controls.elided import ElidedLabel
from qviz.ui.icons import icon
from qviz.ui.later import Later
from qviz.ui.settings.refusals import greyed
from qviz.ui.table import changes
from qviz.ui.table.columns import RANGE, Column, Columns
from qviz.ui.table.copying import as_csv, as_text
from qviz.ui.table.delegate import CellDelegate
from qviz.ui.table.local import LocalErrors
from qviz.ui.table.model import QuantizerModel
from qviz.ui.table.rows import rows_in, selection_of
from qviz.ui.table.view import Table
from qviz.ui.text import sentence
from qviz.ui.theme import Theme, ThemeSource
from qviz.ui.view_state import View, ViewState


class TablePanel(QWidget):
    """Every quantizer, one row each. `title_parts` are shown in the panel's title bar."""

    def __init__(
        self, session: Session, bridge: Bridge, view: View, themes: ThemeSource, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._bridge = session, view, bridge
        self._shown = session.encodings
        self._committed = session.committed
        self._dragged: set[str] = set()  # rows that show a drag
        self._errors: object = None  # those shown
        self._following = False
        self.model = QuantizerModel(self)
        self.local = LocalErrors(session, self.model, Column.LOCAL, lambda: session.encodings)
        self._local_b = LocalErrors(session, self.model, Column.LOCAL_B, lambda: session.baseline)
        self._delegate = CellDelegate(self.model, themes.current, lambda name: greyed(session, self._edited_with(name)))
        self.table, self.filter, self.count = Table(self.model), QLineEdit(), QLabel()
        self.cause, self.again, self.menu_button = QPushButton(), QToolButton(), QToolButton()
        self.searching = ElidedLabel(Qt.TextElideMode.ElideNone)
        self._search = QAction(self)
        self._build()
        self._connect(themes)
        self._theme_changed(themes.current)
        self._retranslate()
        self._load()

    @property
    def title_parts(self) -> tuple[QWidget, ...]:
        return self.searching, self.again, self.cause, self.count, self.filter, self.menu_button

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        self.table.setItemDelegate(self._delegate)
        self.filter.setClearButtonEnabled(True)
        self.filter.addAction(self._search, QLineEdit.ActionPosition.LeadingPosition)
        self.filter.setMinimumWidth(80)
        self.filter.setMaximumWidth(160)
        for label in (self.count, self.searching):
            label.setProperty("role", "caption")
        self.searching.setProperty("verbatim", False)
        self.again.setFixedSize(24, 24)
        self.again.hide()
        self.menu_button.setText("⋯")
        self.menu_button.setMinimumHeight(24)  # as wide as its text asks for
        self.menu_button.clicked.connect(self._show_menu)

    def _connect(self, themes: ThemeSource) -> None:
        themes.changed.connect(self._theme_changed)
        self.filter.textChanged.connect(self._filter_changed)
        self.again.clicked.connect(self.model.sort_again)
        self.model.outdated_changed.connect(self.again.setVisible)
        self.model.edited.connect(self._edit)
        self.table.copy_asked.connect(self.copy_rows)
        self.table.selectionModel().selectionChanged.connect(self._selected_here)
        self._view.changed.connect(self._view_changed)
        self._bridge.model.connect(Later(self._session, self._load, self).ask)
        self._bridge.data.connect(self._forget)
        self._bridge.encodings.connect(Later(self._session, self._encodings_changed, self).ask)
        self._bridge.histograms.connect(self.local.restart)
        compared = Later(self._session, self._baseline_changed, self)
        self._bridge.histograms.connect(compared.ask)
        self._bridge.baseline.connect(compared.ask)
        self._bridge.result.connect(self._result_changed)
        self._bridge.sensitivity.connect(self._sensitivity_arrived)
        self._bridge.integer.connect(self._outdated)
        self._bridge.blocks.connect(self.local.judged)
        self._bridge.blocks.connect(self._local_b.judged)
        self._bridge.what_if.connect(self._what_if_changed)

    # --- from the session -------------------------------------------------------------------------------------
    def _load(self) -> None:
        columns = Columns(self._session.quantizers)
        self._shown, self._committed = self._session.encodings, self._session.committed
        self._dragged.clear()
        columns.read(self._shown, columns.names)
        columns.read_sensitivity(self._session.sensitivity)
        self.model.load(columns)
        self.model.set_stale(self._session.stale_sensitivity)
        self._what_if_changed()
        self.local.restart()
        self._errors = None
        self._result_changed()
        self._baseline_changed()
        self._show_violations()
        self._show_count()
        self._select(self._view.state.selected)

    def _baseline_changed(self) -> None:
        """Columns of B where another state is pinned than the one opened."""
        pinned = is_pinned(self._session)
        self.table.compare(pinned)
        self.model.read_baseline(self._session.baseline if pinned else None, self._session.encodings)
        if pinned:
            self._local_b.restart()
        else:
            self._local_b.stop()

    def _show_violations(self) -> None:
        found = self._session.violating()
        self.model.read_violations({n: "\n".join(map(sentence, texts)) for n, texts in found.items()})

    def _forget(self) -> None:
        """Other data: what was found before says nothing."""
        self.model.columns.forget_sensitivity()
        self.model.refresh()
        self._what_if_changed()
        self._show_progress()

    def _encodings_changed(self) -> None:
        if len(self._session.quantizers) != len(self.model.columns.names):
            self._load()
            return
        dragged = self._view.state.dragging if self._session.previewing else None
        if dragged is not None:  # nothing else changes, and 60 times a second counts
            self._dragged.add(dragged)
            self.model.read(self._session.encodings, [dragged], RANGE)
            self.local.wait_for([dragged])
            return
        now = self._session.encodings
        changed = now.changed(self._shown) | self._dragged
        self._shown = now
        self._dragged.clear()
        self.model.read(now, changed)
        self.local.wait_for(changed)
        self._show_violations()
        if is_pinned(self._session):
            self.model.read_differences(self._session.baseline, now, changed)
        if self._session.committed is not self._committed:
            self._committed = self._session.committed
            self._outdated()

    def _outdated(self) -> None:
        """What was found is about another state, or another way to run it."""
        self.model.set_stale(self._session.stale_sensitivity)
        self._show_progress()

    def _result_changed(self) -> None:
        result = self._session.result
        errors = result.tensors if result else {}
        if errors is not self._errors:
            self._errors = errors
            self.model.read_errors(errors)
        metric = result.metrics[0].name if result and result.metrics else ""
        if metric != self.model.metric:
            self.model.metric = metric
            self.model.headerDataChanged.emit(Qt.Orientation.Horizontal, Column.CHANGE, Column.CHANGE)
            self.table.fit_columns()

    def _sensitivity_arrived(self, event: Sensitivity) -> None:
        self.model.read_sensitivity(event.rows)
        self._show_progress()

    def _what_if_changed(self) -> None:
        self.model.read_what_if(self._session.muted, self._session.soloed)

    def _show_progress(self) -> None:
        done, total = self._session.sensitivity_progress
        searching = done < total
        self.searching.setVisible(searching)
        self.searching.show_name(self.tr("{0}/{1} searched").format(done, total) if searching else "")

    # --- selection --------------------------------------------------------------------------------------------
    def _selected_here(self) -> None:
        if self._following:
            return
        rows = self.selected_rows()
        current = self.table.currentIndex().row()
        rows.sort(key=lambda row: (row == current, row))
        self._following = True
        self._view.update(selected=tuple(self.model.name_at(row) for row in rows))
        self._following = False

    def selected_rows(self) -> list[int]:
        """The numbers of the selected rows as shown, in ascending order."""
        return rows_in(self.table.selectionModel().selection())

    def _view_changed(self, state: ViewState, before: ViewState) -> None:
        if state.selected != before.selected and not self._following:
            self._select(state.selected)

    def _select(self, names: tuple[str, ...]) -> None:
        places = [place for n in names if (place := self.model.place_of(n)) is not None]
        wanted = selection_of(self.model, sorted(places))
        self._following = True
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(wanted, flags.ClearAndSelect | flags.Rows)
        if places:
            last = self.model.index(places[-1], 0)
            self.table.selectionModel().setCurrentIndex(last, flags.NoUpdate)
            self.table.scrollTo(last)
        self._following = False

    def show_costliest(self) -> None:
        """Sort by what is regained, the most first, with nothing filtered out."""
        self.filter.clear()
        self.table.sortByColumn(Column.REGAINED, Qt.SortOrder.DescendingOrder)
        self.model.sort_again()
        self.table.scrollToTop()

    # --- edits ------------------------------------------------------------------------------------------------
    def _edit(self, name: str, column: Column, value: object) -> None:
        """An edit in a row that is selected is meant for all that are."""
        changes.apply(self._session, self._bridge, self._edited_with(name), column, value)

    def _edited_with(self, name: str) -> tuple[str, ...]:
        selected = self._view.state.selected
        return selected if name in selected else (name,)

    def copy_rows(self) -> None:
        """The selected rows, as shown, on the clipboard."""
        rows = self.selected_rows()
        QGuiApplication.clipboard().setText(as_text(self.model, rows, self.table.shown()))

    def csv(self) -> str:
        """The rows and columns shown, for a file."""
        return as_csv(self.model, self.table.shown())

    def menu(self) -> QMenu:
        """Columns and copying."""
        menu = QMenu(self)
        menu.addMenu(self.table.columns_menu(menu))
        menu.addSeparator()
        copy = menu.addAction(self.tr("Copy selected rows"), self.copy_rows)
        copy.setEnabled(bool(self._view.state.selected))
        return menu

    def _show_menu(self) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))

    def _filter_changed(self, needle: str) -> None:
        self._following = True
        self.model.set_filter(needle)
        self._following = False
        self._show_count()

    def _show_count(self) -> None:
        shown, total = self.model.rowCount(), len(self.model.columns.names)
        self.count.setText(str(total) if shown == total else self.tr("{0} of {1}").format(shown, total))
        self.count.setProperty("verbatim", shown == total)
        self.count.setToolTip(self.tr("Quantizers shown"))

    def _theme_changed(self, theme: Theme) -> None:
        self._search.setIcon(icon("search", theme, theme.muted))
        self.again.setIcon(icon("sort", theme, theme.warning))
        self._delegate.set_theme(theme)
        self.table.viewport().update()

    def _retranslate(self) -> None:
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter quantizers"))
        self.filter.setToolTip(self.tr("Part of a name, an operator, or activation or param."))
        self.table.setAccessibleName(self.tr("Quantizers"))
        self.cause.setText(self.tr("Find the cause"))
        self.cause.setToolTip(self.tr("Select the quantizer that costs most (Ctrl+J)."))
        self.again.setAccessibleName(self.tr("Sort again"))
        self.again.setToolTip(self.tr("Sort again: values have changed, and rows move only when you ask."))
        self.menu_button.setToolTip(self.tr("Columns and copying"))
        self.menu_button.setAccessibleName(self.tr("Columns and copying"))
        self._show_count()
        self._show_progress()
        self.model.retranslate()
        self.table.fit_columns()
