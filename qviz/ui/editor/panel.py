"""The tensor editor: header, numbers, controls of the view, and the plots."""

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from qviz.own_error import block_sqnr
from qviz.quant.blocks import BlockGrid
from qviz.session import Session
from qviz.ui.editor import views
from qviz.ui.editor.header import Header
from qviz.ui.editor.range_plot import RangePlot
from qviz.ui.editor.readout import Readout
from qviz.ui.editor.subject import Edge, Subject, subject_of
from qviz.ui.theme import Theme, ThemeSource
from qviz.ui.view_state import View, ViewState

FIRST_METHOD = "minmax"
FOLD = 64  # pixels that header and buttons need beyond their own widths, else they take a row each
SIDES = 26  # pixels left and right of the numbers


class EditorPanel(QWidget):
    """Shows the current quantizer of the view. The window calls the refresh slots when the session has changed."""

    range_edited = Signal(str)  # a quantizer whose range was dragged or nudged
    anchor_moved = Signal()  # `anchor` has another answer

    def __init__(self, session: Session, view: View, theme_source: ThemeSource) -> None:
        super().__init__()
        self._session, self._view = session, view
        self._theme: Theme = theme_source.current
        self.header, self.readout = Header(), Readout()
        self.plot = RangePlot(session, view, self._theme, lambda name: self.tr("Range of {0}").format(name))
        self.log_counts, self.log_axis = QToolButton(), QToolButton()
        self.view_buttons = {"bulk": QToolButton(), "clip": QToolButton(), "all": QToolButton()}
        self.message = QLabel()
        self._arrange()
        self._connect(theme_source)
        self.retranslate()
        self.refresh_encodings()

    def _arrange(self) -> None:
        self.log_counts.setCheckable(True)
        self.log_counts.setChecked(True)
        self.log_axis.setCheckable(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in (self.log_counts, self.log_axis, *self.view_buttons.values()):
            button.setMinimumHeight(26)
            buttons.addWidget(button)
        buttons.insertSpacing(2, 8)
        buttons.addStretch(1)
        self._first = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._first.setSpacing(4)
        self._first.addWidget(self.header, 1)
        self._first.addLayout(buttons)
        self.message.setWordWrap(True)
        self.message.setProperty("role", "caption")
        self.message.setMargin(48)
        self._top = QWidget()
        self._top.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # it folds, see resizeEvent
        top = QVBoxLayout(self._top)
        top.setContentsMargins(14, 8, 12, 6)
        top.setSpacing(6)
        top.addLayout(self._first)
        top.addWidget(self.readout)
        self._body = QStackedLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._top)
        column.addLayout(self._body, 1)
        for page in (self.plot, self.message):  # not sooner: a layout without a widget shows them as windows
            self._body.addWidget(page)

    def _connect(self, theme_source: ThemeSource) -> None:
        theme_source.changed.connect(self._set_theme)
        self._view.changed.connect(self._follow_view)
        self.log_counts.toggled.connect(self.plot.set_log_counts)
        self.log_axis.toggled.connect(self.plot.set_symlog)
        for name, of in (("bulk", views.bulk), ("clip", views.clip_range), ("all", views.everything)):
            self.view_buttons[name].clicked.connect(lambda _checked=False, of=of: self.plot.show_span(of))
        self.plot.reset_asked.connect(self.reset_range)
        self.plot.menu_asked.connect(self._show_menu)
        self.plot.edited.connect(self.range_edited)
        self.plot.moved.connect(self.anchor_moved)
        self.plot.wanted.connect(self._session.want_ranges)

    # --- what the window calls --------------------------------------------------------------------------------

    def refresh_model(self) -> None:
        """Another model, or none."""
        self.refresh_encodings()

    def refresh_encodings(self) -> None:
        """The current quantizer, as it is now: one frame of a drag."""
        subject = self.subject()
        self.header.show_subject(subject, self._theme)
        self._show_numbers(subject)
        self.plot.show_subject(subject)
        self._show_state(subject)

    def refresh_histograms(self) -> None:
        """Data arrived or went."""
        self.refresh_encodings()

    def refresh_ranges(self) -> None:
        """A calibrator's range was found."""
        self.plot.refresh_ghosts()

    def refresh_result(self) -> None:
        """A simulation answered: nothing here depends on it."""

    def refresh_blocks(self) -> None:
        """The error of a weight's blocks is known."""
        self._show_numbers(self.subject())

    def subject(self) -> Subject | None:
        return subject_of(self._session, self._view.state.current)

    def anchor(self, edge: Edge) -> QPoint | None:
        """Where a handle's tab is, in the panel's coordinates, for a callout; None where it is not shown."""
        handle = self.plot.pair.handles[edge]
        if not handle.isVisible() or self._body.currentWidget() is not self.plot:
            return None
        tab = handle.tab()
        return self.plot.mapTo(self, self.plot.mapFromScene(tab.center().x(), tab.bottom()))

    def reset_range(self) -> None:
        """Back to the calibrated range."""
        subject = self.subject()
        if subject is not None and not subject.setting.locked:
            self._session.calibrate(FIRST_METHOD, [subject.name])

    def copy_range(self) -> None:
        """The requested range as two numbers on the clipboard."""
        subject = self.subject()
        if subject is not None and subject.has_range:
            low, high = subject.requested
            QGuiApplication.clipboard().setText(f"{low!r}, {high!r}")

    # --- inside -----------------------------------------------------------------------------------------------

    def _show_numbers(self, subject: Subject | None) -> None:
        found, grid = None, None if subject is None else subject.setting.grid
        if subject is not None and isinstance(grid, BlockGrid):
            found = block_sqnr(self._session, subject.name, grid)
        self.readout.show_subject(subject, found)

    def _show_state(self, subject: Subject | None) -> None:
        """The plots, or a sentence that says what is missing and what to do."""
        text = ""
        if subject is None:
            text = self.tr("Select a node in the graph or a row in the table to see its tensor.")
        elif subject.histogram is None and not subject.has_range:
            text = self._waiting()
        self.message.setText(text)
        self._top.setVisible(subject is not None)
        self._body.setCurrentWidget(self.message if text else self.plot)

    def _waiting(self) -> str:
        if self._session.awaits_data or self._session.progress.keys() & {"data", "calibrate"}:
            return self.tr("Collecting this tensor's values…")
        return self.tr("No data yet: this activation has no values to show. Drop some data, or use random inputs.")

    def _follow_view(self, state: ViewState, before: ViewState) -> None:
        if state.current != before.current:
            self.refresh_encodings()
            self._fold()

    def _set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.plot.set_theme(theme)
        self.header.show_subject(self.subject(), theme)

    def _show_menu(self, at: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def menu(self) -> QMenu:
        """The short menu of the plots."""
        menu = QMenu(self)
        subject = self.subject()
        reset = menu.addAction(self.tr("Reset to the calibrated range"), self.reset_range)
        reset.setEnabled(subject is not None and subject.editable and subject.histogram is not None)
        menu.addAction(self.tr("Copy range"), self.copy_range)
        menu.addSeparator()
        for button in (self.log_counts, self.log_axis):
            action = menu.addAction(button.toolTip())
            action.setCheckable(True)
            action.setChecked(button.isChecked())
            action.triggered.connect(button.setChecked)
        return menu

    def retranslate(self) -> None:
        """Every text anew."""
        texts = (
            (self.log_counts, self.tr("Log y"), self.tr("Counts on a logarithmic axis")),
            (self.log_axis, self.tr("Log x"), self.tr("Values on a symmetric-logarithmic axis")),
            (self.view_buttons["bulk"], self.tr("Bulk"), self.tr("Show 99.9 % of the values")),
            (self.view_buttons["clip"], self.tr("Range"), self.tr("Show the range between the handles")),
            (self.view_buttons["all"], self.tr("All"), self.tr("Show every value and both handles")),
        )
        for button, text, tip in texts:
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
        self.readout.retranslate()
        self.plot.retranslate()
        self.plot.setAccessibleName(self.tr("Histogram, clip range and error of the selected tensor"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fold()
        super().resizeEvent(event)

    def _fold(self) -> None:
        """Header and buttons in one row, or a row each; the numbers in one row, or in two."""
        buttons = (self.log_counts, self.log_axis, *self.view_buttons.values())
        needed = FOLD + self.header.needed() + sum(button.minimumSizeHint().width() for button in buttons)
        direction = QBoxLayout.Direction
        self._first.setDirection(direction.TopToBottom if self.width() < needed else direction.LeftToRight)
        self.readout.grid.fold(self.width() - SIDES)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
            self.refresh_encodings()
            self._fold()
        super().changeEvent(event)
