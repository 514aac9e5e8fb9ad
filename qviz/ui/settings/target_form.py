"""The target at the top of the settings: which one, what it is, and the quantizers that it cannot run as they are."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from qviz.errors import Text
from qviz.formats.registry import FORMATS
from qviz.session import Session
from qviz.targets import Target, targets
from qviz.ui.bridge import Bridge
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.settings.form import SMALLEST_FIELD, form_rows
from qviz.ui.text import sentence

NONE = "none"
ROWS, ROW = 4, 24  # rows of the list seen at once, and the height of one


class TargetForm(QWidget):
    """Asks for a target (`chosen`, a name or "none"), for a quantizer (`pointed`) and for repairs (`repair`)."""

    chosen = Signal(str)
    pointed = Signal(str)
    repair = Signal()

    def __init__(self, session: Session, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: object = None
        self.label, self.about, self.trouble = QLabel(), QLabel(), QLabel()
        self.target, self.list, self.wants = ChoiceBox(), QListWidget(), QPushButton()
        self._build()
        self.target.activated.connect(lambda: self.chosen.emit(self.target.value()))
        self.list.itemClicked.connect(self._point)
        self.list.itemActivated.connect(self._point)
        self.wants.clicked.connect(self.repair)
        bridge.model.connect(self._model_changed)
        bridge.encodings.connect(self._refresh)
        bridge.failed.connect(self.retranslate)  # what was asked for may not have come to be

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 4)
        column.setSpacing(6)
        rows = form_rows()
        self.label.setBuddy(self.target)
        self.target.setMinimumWidth(SMALLEST_FIELD)
        self.target.setProperty("verbatim", True)  # names of products
        self.about.setProperty("role", "caption")
        self.trouble.setProperty("role", "warning")
        for text in (self.about, self.trouble):
            text.setWordWrap(True)
        self.list.setProperty("verbatim", True)
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows.addRow(self.label, self.target)
        column.addLayout(rows)
        for part in (self.about, self.trouble, self.list, self.wants):
            column.addWidget(part)

    def _point(self, item: QListWidgetItem) -> None:
        self.pointed.emit(item.data(Qt.ItemDataRole.UserRole))

    def _model_changed(self) -> None:
        self._shown = None
        self.retranslate()

    def _refresh(self) -> None:
        now = self._session.settled
        if now is self._shown or self._session.graph is None:
            return  # a drag changes nothing here
        self._shown = now
        target = self._session.target
        self.target.set_value(now.target or NONE)
        self.about.setVisible(target is not None)
        self.about.setText(self._described(target) if target else "")
        self._show_trouble(self._session.violating())

    def _described(self, target: Target) -> str:
        about = sentence(Text(target.about))
        return f"{about} {self.tr('Exported as {0}.').format(FORMATS[target.export].title)}"

    def _show_trouble(self, violating: Mapping[str, tuple[Text, ...]]) -> None:
        for part in (self.trouble, self.list, self.wants):
            part.setVisible(bool(violating))
        self.trouble.setText(self.tr("Cannot run as set: {0}").format(len(violating)))
        self.list.clear()
        for name, reasons in violating.items():
            item = QListWidgetItem(name, self.list)
            item.setSizeHint(QSize(0, ROW))
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip("\n".join([name, *(sentence(text) for text in reasons)]))
        self.list.setFixedHeight(ROW * min(len(violating), ROWS) + 2 * self.list.frameWidth())

    def retranslate(self) -> None:
        """Write every text in the language in force."""
        self.label.setText(self.tr("Target"))
        self.target.setAccessibleName(self.tr("Hardware target"))
        self.target.setToolTip(self.tr("What will run the model: it decides which settings can be chosen."))
        self.list.setAccessibleName(self.tr("Quantizers that the target cannot run as set"))
        self.wants.setText(self.tr("Set as the target wants"))
        self.wants.setToolTip(
            self.tr("Form and range of these as the target's own tools give them, locked ones apart.")
        )
        if self._session.graph is not None:  # reading the targets takes a moment that the start can do without
            self.target.set_choices({NONE: self.tr("None")} | {n: t.title for n, t in targets().items()})
        self._shown = None
        self._refresh()
