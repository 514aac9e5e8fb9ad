"""The main window: panels around the tensor editor."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSettings, QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QMainWindow,
    QStackedWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from qviz.session import Session
from qviz.sim.events import Failed
from qviz.ui.bridge import Bridge
from qviz.ui.graphview.panel import GraphPanel
from qviz.ui.start.page import StartPage
from qviz.ui.start.sample import wide_quantizer
from qviz.ui.table.panel import TablePanel
from qviz.ui.theme import Theme, ThemeSource
from qviz.ui.view_state import View
from qviz.ui.window.actions import Actions
from qviz.ui.window.banner import Banner
from qviz.ui.window.banners import Banners
from qviz.ui.window.bottom import BottomStrip
from qviz.ui.window.cause import FindCause
from qviz.ui.window.compare_line import CompareLine
from qviz.ui.window.demo_hints import DemoHints
from qviz.ui.window.dock import PanelDock
from qviz.ui.window.documents import Documents
from qviz.ui.window.escape import escape
from qviz.ui.window.files import file_kind
from qviz.ui.window.handlers import handlers
from qviz.ui.window.header import Header
from qviz.ui.window.notices import DataNotice
from qviz.ui.window.parts import center_of, make_inspector, make_rest, make_tabs
from qviz.ui.window.recovery import Recovery
from qviz.ui.window.status import StatusLine
from qviz.ui.window.target_choice import TargetChoice
from qviz.ui.window.what_if_notice import WhatIfNotice
from qviz.ui.window.workspace import Workspace

if TYPE_CHECKING:
    from qviz.ui.editor.panel import EditorPanel
    from qviz.ui.settings.inspector import Inspector
    from qviz.ui.window.tensor_tabs import TensorTabs

FIRST_SIZE, SMALLEST = QSize(1440, 900), QSize(1024, 640)
THEMES = {"theme_system": None, "theme_light": False, "theme_dark": True}


class MainWindow(QMainWindow):
    """Holds the panels and hands what happens from one to the other; knows nothing of quantization itself."""

    def __init__(self, session: Session, bridge: Bridge, themes: ThemeSource) -> None:
        super().__init__()
        self.session, self.bridge, self.themes = session, bridge, themes
        self.view = View(self)
        self.actions_ = Actions(self)
        self.header = Header(session, bridge, self.actions_)
        self.graph = GraphPanel(session, bridge, self.view, themes)
        self.table = TablePanel(session, bridge, self.view, themes)
        self.bottom = BottomStrip(session, bridge, self.table, themes)
        self.start = StartPage(themes)
        self.errors, self.notice, self.what_if = Banner(themes), Banner(themes), Banner(themes)
        self.compare = CompareLine(session, bridge, self.actions_, themes)
        self.status = StatusLine(session, bridge, self.view, self.actions_)
        self.documents = Documents(session, bridge, self, self.errors)
        self.docks = {
            "graph": PanelDock("graph", self.graph),
            "settings": PanelDock("settings"),
            "table": PanelDock("table", self.bottom, self.bottom.extras, self.bottom.tabs),
        }
        self._sized = False
        self._build()
        self.workspace = Workspace(self, self.docks)
        self.recovery = Recovery(session, bridge, self.workspace.state, self)
        self._connect()
        self.hints = DemoHints(self, self.documents, session, bridge, self.header, themes)
        self._theme_changed(themes.current)
        self._retranslate()
        self._model_changed()

    # --- building ---------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.start)
        center = QWidget()
        column = QVBoxLayout(center)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Banners((self.errors, self.what_if, self.compare, self.notice)))
        column.addWidget(self._stack, 1)
        self.setCentralWidget(center)
        self._bar = QToolBar()
        self._bar.setObjectName("toolbar")
        self._bar.setMovable(False)
        self._bar.toggleViewAction().setEnabled(False)
        self._bar.addWidget(self.header)
        self.addToolBar(self._bar)
        self.setStatusBar(self.status)
        self.actions_.fill(self.menuBar())
        self._place_docks()
        self.accept_drops(self)
        self.setMinimumSize(SMALLEST)
        self.resize(FIRST_SIZE)

    def _place_docks(self) -> None:
        area = Qt.DockWidgetArea
        self.setAnimated(False)  # Qt has crashed where a layout was put back while docks were still on their way
        self.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, area.BottomDockWidgetArea)
        self.addDockWidget(area.LeftDockWidgetArea, self.docks["graph"])
        self.addDockWidget(area.RightDockWidgetArea, self.docks["settings"])
        self.addDockWidget(area.BottomDockWidgetArea, self.docks["table"])
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    @cached_property
    def tabs(self) -> "TensorTabs":
        """The centre, made after the first paint."""
        tabs = make_tabs(self)
        self._stack.addWidget(tabs)
        self.accept_drops(tabs)
        return tabs

    @cached_property
    def inspector(self) -> "Inspector":
        """The settings, made after the first paint."""
        return make_inspector(self)

    @property
    def editor(self) -> "EditorPanel":
        return self.tabs.range

    def accept_drops(self, part: QWidget) -> None:
        """Let files be dropped on a part of the window, which the window takes."""
        self.setAcceptDrops(True)
        for area in part.findChildren(QAbstractScrollArea):  # a scene accepts every drag and drops nothing
            area.setAcceptDrops(False)
            area.viewport().setAcceptDrops(False)

    def _connect(self) -> None:
        self.actions_.connect_all(handlers(self))
        for name, dark in THEMES.items():
            self.actions_[name].triggered.connect(lambda _checked=False, dark=dark: self.choose_theme(dark))
        for name, dock in self.docks.items():
            action = self.actions_[f"{name}_panel"]
            action.triggered.connect(lambda on, dock=dock: dock.setVisible(on))
            dock.visibilityChanged.connect(lambda _on, a=action, d=dock: a.setChecked(not d.isHidden()))
        self.recovery.recover = self.documents.recover
        self.recovery.failed.connect(lambda error: self.documents.tell_error(error.text))
        self.documents.layout_state = self.workspace.state
        self.documents.layout_wanted.connect(self.workspace.want)
        self.start.open_model.connect(self.documents.open_model)
        self.start.open_sample.connect(self.documents.open_sample)
        self.start.open_path.connect(self.documents.open_path)
        recent = self.actions_.recent
        recent.aboutToShow.connect(lambda: self.documents.fill_recent(recent))
        self.themes.changed.connect(self._theme_changed)
        bridge, session = self.bridge, self.session
        self._data_notice = DataNotice(session, bridge, self.notice, self.documents)
        self._what_if_notice = WhatIfNotice(session, bridge, self.what_if)
        self.targets = TargetChoice(session, bridge, self.view, self.errors, self.documents, self.actions_.targets)
        self.bottom.attach(self.docks["table"], self.actions_)
        self.graph.pictures.tell(self.documents.tell_written, self.documents.tell_error)
        self.cause = FindCause(session, bridge, self.view, self.table, self.errors, self.bottom.bring_first)
        self.table.cause.clicked.connect(self.cause.run)
        for name in ("mute_selected", "solo_selected"):
            self.actions_.bind(name, self.table.table, self.graph.graph)
        bridge.model.connect(self._model_changed)
        bridge.encodings.connect(self._encodings_changed)
        bridge.histograms.connect(lambda _detail: self._refresh_panels("histograms"))
        bridge.data.connect(lambda _detail: self._refresh_panels("histograms"))
        bridge.result.connect(lambda _detail: self._refresh_panels("result"))
        bridge.baseline.connect(lambda _detail: self._refresh_panels("encodings"))
        bridge.failed.connect(self._failed)
        bridge.exported.connect(self.documents.tell_written)
        bridge.checked.connect(self.documents.tell_checked)
        for signal in (bridge.saved, bridge.exported):
            signal.connect(lambda _detail: self._show_title())

    # --- what happened ----------------------------------------------------------------------------------------
    def _model_changed(self) -> None:
        is_open = self.session.graph is not None
        self._stack.setCurrentWidget(center_of(self))
        self.workspace.show_panels(is_open)
        self.actions_.set_model_open(is_open)
        self.view.update(selected=self._first_selection(), node=None, hovered=None, dragging=None)
        if self.focusWidget() is None or self.header.isAncestorOf(self.focusWidget()):
            (self.graph.graph if is_open else self.start.model_button).setFocus(Qt.FocusReason.OtherFocusReason)
        self._refresh_panels("model")
        self._encodings_changed()

    def _first_selection(self) -> tuple[str, ...]:
        wide = wide_quantizer(self.session.encodings) if self.documents.sample else None
        if wide:
            return (wide,)
        quantizers = self.session.quantizers
        weights = [n for n, q in quantizers.items() if q.constant]  # without data only they have values to show
        return tuple(quantizers if self.session.awaits_data or not weights else weights)[:1]

    def _encodings_changed(self) -> None:
        self._refresh_panels("encodings")
        if self.session.previewing:
            return  # neither history nor title know of a drag
        history = self.session.history
        self.actions_["undo"].setEnabled(history.undo_label is not None)
        self.actions_["redo"].setEnabled(history.redo_label is not None)
        self._show_title()

    def _refresh_panels(self, what: str) -> None:
        made = (self.tabs,) if self.session.graph is not None or "tabs" in self.__dict__ else ()
        for panel in (*made, self.graph):
            getattr(panel, f"refresh_{what}")()

    def _failed(self, failure: Failed) -> None:
        if not failure.cancelled:
            self.documents.tell_error(failure.text)

    # --- the window itself ------------------------------------------------------------------------------------
    def choose_theme(self, dark: bool | None) -> None:
        """Dark, light or the system's, remembered."""
        QSettings().setValue("theme", {None: "system", True: "dark", False: "light"}[dark])
        self.themes.choose(dark)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.documents.may_close():
            self.workspace.remember()
            self.recovery.forget()
            self.session.close()
            event.accept()
        else:
            event.ignore()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._sized:
            self._sized = True
            self.workspace.restore_geometry()
            self.recovery.offer(self.errors)
            make_rest(self)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape or not escape(self.session):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(file_kind(url.toLocalFile()) for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.start.set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.start.set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.start.set_over(False)
        event.acceptProposedAction()
        self.documents.open_path(event.mimeData().urls()[0].toLocalFile())

    def find_in_graph(self) -> None:
        """Go to the search field of the graph."""
        self.docks["graph"].show()
        self.graph.focus_search()

    def filter_table(self) -> None:
        """Go to the filter of the table."""
        self.bottom.bring_first()
        self.table.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.table.filter.selectAll()

    def _show_title(self) -> None:
        path = self.session.saved_path or self.session.model_path
        self.setWindowModified(self.session.dirty and self.session.history.undo_label is not None)
        self.setWindowTitle(f"{Path(path).name}[*] — qviz" if path else "qviz")

    def _theme_changed(self, theme: Theme) -> None:
        self.actions_.set_theme(theme)
        for dock in self.docks.values():
            dock.set_theme(theme)

    def _retranslate(self) -> None:
        self.actions_.retranslate()
        collapse = self.tr("Collapse")
        self.docks["graph"].set_title(self.tr("Graph"), collapse)
        self.docks["settings"].set_title(self.tr("Settings"), collapse)
        self.docks["table"].set_title(self.tr("Results"), collapse)
        self._bar.setWindowTitle(self.tr("Toolbar"))
