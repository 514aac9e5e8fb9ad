"""The target at the top of the settings: which one, what it is, and the quantizers that it cannot run as they are."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from qviz.errors import Text
from qviz.formats.registry import FORMATS
from qviz.session import Session
from qviz.targets import targets
from qviz.ui.bridge import Bridge
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.controls.elided import ElidedLabel
from qviz.ui.settings.form import SMALLEST_FIELD, form_rows
from qviz.ui.text import sentence

NONE = "none"
FRAME, WIDEST = 36, 236  # pixels of the box beside its text, and its width at most: that of the narrowest dock
ROWS, ROW = 3, 24  # rows of the list seen at once, and the smallest height of one


class TargetForm(QWidget):
    """Asks for a target (`chosen`, a name or "none"), for a quantizer (`pointed`) and for repairs (`repair`)."""

    chosen = Signal(str)
    pointed = Signal(str)
    repair = Signal()

    def __init__(self, session: Session, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: object = None
        self.about = ElidedLabel(Qt.TextElideMode.ElideRight)
        self.label, self.exported, self.trouble = QLabel(), QLabel(), QLabel()
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
        for text in (self.about, self.exported):
            text.setProperty("role", "caption")
        self.trouble.setProperty("role", "warning")
        for text in (self.exported, self.trouble):
            text.setWordWrap(True)
        self.list.setProperty("verbatim", True)
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows.addRow(self.label, self.target)
        column.addLayout(rows)
        for part in (self.about, self.exported, self.trouble, self.list, self.wants):
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
        for text in (self.about, self.exported):
            text.setVisible(target is not None)
        if target is not None:
            self.about.show_name(sentence(Text(target.about)))
            self.exported.setText(self.tr("Exported as {0}.").format(FORMATS[target.export].title))
        self._show_trouble(self._session.violating())
        self._fit()

    def _fit(self) -> None:
        """Room for the whole name, beside its label or below it; rows as high as the text asks for."""
        letters = self.fontMetrics()  # the form hears of another size of text before its parts do
        text = letters.horizontalAdvance(self.target.currentText())
        self.target.setMinimumWidth(min(max(SMALLEST_FIELD, text + FRAME), WIDEST))
        height = max(ROW, letters.height() + 6)
        for i in range(self.list.count()):
            self.list.item(i).setSizeHint(QSize(0, height))
        self.list.setFixedHeight(height * min(self.list.count(), ROWS) + 2 * self.list.frameWidth())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._fit()
        super().changeEvent(event)

    def _show_trouble(self, violating: Mapping[str, tuple[Text, ...]]) -> None:
        for part in (self.trouble, self.list, self.wants):
            part.setVisible(bool(violating))
        self.trouble.setText(self.tr("Cannot run as set: {0}").format(len(violating)))
        self.list.clear()
        for name, reasons in violating.items():
            item = QListWidgetItem(name, self.list)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip("\n".join([name, *(sentence(text) for text in reasons)]))

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
            for n, t in targets().items():
                self.target.setItemData(self.target.findData(n), sentence(Text(t.about)), Qt.ItemDataRole.ToolTipRole)
        self._shown = None
        self._refresh()
