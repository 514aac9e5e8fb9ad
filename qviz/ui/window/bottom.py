"""The bottom strip: the table of quantizers, the history, samples and the confusion matrix, one tab each."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.results.confusion import ConfusionPanel
from qviz.ui.results.history import HistoryPanel
from qviz.ui.results.samples import SamplesPanel
from qviz.ui.table.panel import TablePanel
from qviz.ui.theme import ThemeSource
from qviz.ui.window.actions import Actions


class BottomStrip(QStackedWidget):
    """One page a tab. `tabs` and `extras`, what belongs to the page in front, stand in the dock's title bar."""

    def __init__(self, session: Session, bridge: Bridge, table: TablePanel, themes: ThemeSource) -> None:
        super().__init__()
        self.table = table
        self.history = HistoryPanel(session, bridge, themes)
        self.samples = SamplesPanel(session, bridge, themes)
        self.confusion = ConfusionPanel(session, bridge, themes)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self._dock: QWidget = self
        self._parts: list[QWidget] = []
        self._add(table, table.title_parts)
        self._add(self.history, ())
        self._add(self.samples, self.samples.title_parts)
        self._add(self.confusion, self.confusion.title_parts)
        self.extras = tuple(self._parts)
        self.tabs.currentChanged.connect(self._show)
        self._show(0)
        self._retranslate()

    def attach(self, dock: QWidget, actions: Actions) -> None:
        """Let each tab's action bring it to the front, or collapse the dock where it is there already."""
        self._dock = dock
        actions.connect_all(
            {
                "history_panel": lambda: self._toggle(self.history),
                "samples_panel": lambda: self._toggle(self.samples),
                "confusion_panel": lambda: self._toggle(self.confusion),
            }
        )

    def bring(self, page: QWidget) -> None:
        """Show a page."""
        self.tabs.setCurrentIndex(self.indexOf(page))
        self._dock.show()

    def bring_first(self) -> None:
        """Show the table of quantizers."""
        self.bring(self.table)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _toggle(self, page: QWidget) -> None:
        if self._dock.isVisible() and self.currentWidget() is page:
            self._dock.hide()
        else:
            self.bring(page)

    def _add(self, page: QWidget, parts: Sequence[QWidget]) -> None:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for part in parts:
            row.addWidget(part)
        self._parts.append(box)
        self.addWidget(page)
        self.tabs.addTab("")

    def _show(self, index: int) -> None:
        focus = self.window().focusWidget()
        if focus is not None and any(part.isAncestorOf(focus) for part in (self, *self._parts)):
            self.tabs.setFocus(Qt.FocusReason.OtherFocusReason)  # not to Collapse, which comes next
        self.setCurrentIndex(index)
        for i, part in enumerate(self._parts):
            part.setVisible(i == index)

    def _retranslate(self) -> None:
        texts = (
            (self.tr("Quantizers"), self.tr("Every quantizer with its setting and its error")),
            (self.tr("History"), self.tr("Every edit with its score; a click goes back to it")),
            (self.tr("Samples"), self.tr("Samples whose prediction flipped, with pictures and scores")),
            (self.tr("Confusion"), self.tr("Which classes are taken for which: float, now, and the difference")),
        )
        for i, (text, tip) in enumerate(texts):
            self.tabs.setTabText(i, text)
            self.tabs.setTabToolTip(i, tip)
        self.tabs.setAccessibleName(self.tr("Results"))
