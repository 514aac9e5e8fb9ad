"""Above the graph: the search field, what the colours tell, and a menu of all else."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from qviz.ui.graphview.overlay import OFF, SCALES
from qviz.ui.graphview.search import SearchField

MENU = ("actual", "fit", "", "collapse", "expand", "", "save_whole", "save_seen")


class Header(QWidget):
    """`actions[name]` are those of the menu."""

    overlay_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.search, self.count = SearchField(), QLabel()
        self.overlay, self.more = QComboBox(), QToolButton()
        self.actions_ = {name: QAction(self) for name in MENU if name}
        menu = QMenu(self)
        for name in MENU:
            menu.addAction(self.actions_[name]) if name else menu.addSeparator()
        self.more.setMenu(menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setStyleSheet("QToolButton::menu-indicator { image: none; }")  # the dots say enough
        for name in (*SCALES, OFF):
            self.overlay.addItem("", name)
        self.overlay.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.overlay.currentIndexChanged.connect(lambda _at: self.overlay_chosen.emit(self.overlay.currentData()))
        self._arrange()
        self.retranslate()

    def connect_menu(self, handlers: dict[str, Callable[[], object]]) -> None:
        for name, handler in handlers.items():
            self.actions_[name].triggered.connect(lambda _checked=False, run=handler: run())

    def _arrange(self) -> None:
        self.count.setProperty("role", "caption")
        self.count.hide()
        self.search.setClearButtonEnabled(True)
        self.more.setMinimumSize(28, 26)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(6)
        second.setSpacing(4)
        first.addWidget(self.search, 1)
        first.addWidget(self.count)
        second.addWidget(self.overlay, 1)
        second.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 6, 6)
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(second)

    def retranslate(self) -> None:
        """Every text anew."""
        self.search.setPlaceholderText(self.tr("Find (Ctrl+F)"))
        self.search.setAccessibleName(self.tr("Find a node, operator or tensor"))
        self.overlay.setAccessibleName(self.tr("What the colours tell"))
        for name, (text, tip) in self._overlays().items():
            at = self.overlay.findData(name)
            self.overlay.setItemText(at, text)
            self.overlay.setItemData(at, tip, 3)  # Qt.ItemDataRole.ToolTipRole
        self.overlay.setToolTip(self.tr("What the colours of the cards tell"))
        self.more.setText("⋯")
        self.more.setToolTip(self.tr("Zoom, collapse, save as picture"))
        self.more.setAccessibleName(self.more.toolTip())
        for name, text in self._texts().items():
            self.actions_[name].setText(text)

    def _overlays(self) -> dict[str, tuple[str, str]]:
        return {
            "cumulative": (self.tr("Error so far"), self.tr("SQNR against float with all quantizers on, up to here")),
            "local": (self.tr("Own error"), self.tr("SQNR of this tensor's quantizer alone")),
            "sensitivity": (self.tr("Regained if float"), self.tr("Output SQNR regained if this were left in float")),
            "bits": (self.tr("Bit-width"), self.tr("The narrower of weight and output")),
            "clipping": (self.tr("Clipped values"), self.tr("Share of the values beyond the clip range")),
            "against_b": (self.tr("Loss against B"), self.tr("Own SQNR now, minus that under baseline B")),
            OFF: (self.tr("No colours"), self.tr("Operators only")),
        }

    def _texts(self) -> dict[str, str]:
        return {
            "actual": self.tr("Actual size (0)"),
            "fit": self.tr("Show the whole graph (F)"),
            "collapse": self.tr("Collapse all blocks"),
            "expand": self.tr("Expand all blocks"),
            "save_whole": self.tr("Save the whole graph as picture…"),
            "save_seen": self.tr("Save what is visible as picture…"),
        }
