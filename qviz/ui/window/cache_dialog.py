"""How much memory the engine may keep results in."""

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from qviz.session import Session
from qviz.sim.limits import default_budget, physical_memory

GB = 1 << 30
KEY = "cache"  # bytes; not there: a quarter of the memory


class CacheDialog(QDialog):
    """A quarter of the memory, or a size of one's own; remembered for every session."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setWindowTitle(self.tr("Cache"))
        about = QLabel(
            self.tr("Results are kept in memory, so that an edit computes only what lies behind it, and undo nothing.")
        )
        about.setWordWrap(True)
        self.default, self.size_box = QCheckBox(self.tr("A quarter of the memory")), QDoubleSpinBox()
        self.size_box.setRange(0.0, physical_memory() / GB)
        self.size_box.setDecimals(2)
        self.size_box.setSingleStep(0.25)
        self.size_box.setSuffix(self.tr(" GB"))
        self.size_box.setAccessibleName(self.tr("At most"))
        self.default.toggled.connect(self._default_changed)
        rows = QFormLayout()
        rows.addRow(self.default)
        rows.addRow(self.tr("At most"), self.size_box)
        self.buttons = QDialogButtonBox()
        for role, text in (
            (QDialogButtonBox.StandardButton.Ok, self.tr("OK")),
            (QDialogButtonBox.StandardButton.Cancel, self.tr("Cancel")),
        ):
            self.buttons.addButton(role).setText(text)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(about)
        column.addLayout(rows)
        column.addWidget(self.buttons)
        self.setMinimumWidth(380)
        self.size_box.setValue((default_budget() if session.running.cache is None else session.running.cache) / GB)
        self.default.setChecked(session.running.cache is None)

    def accept(self) -> None:
        """Let it count at once, and from now on."""
        budget = None if self.default.isChecked() else round(self.size_box.value() * GB)
        if budget is None:
            QSettings().remove(KEY)
        else:
            QSettings().setValue(KEY, budget)
        self._session.set_cache(budget)
        super().accept()

    def _default_changed(self, on: bool) -> None:
        self.size_box.setEnabled(not on)
        if on:
            self.size_box.setValue(default_budget() / GB)


def remembered_cache() -> int | None:
    """The size that was chosen; None: a quarter of the memory."""
    value = QSettings().value(KEY)
    return int(str(value)) if value is not None and str(value).isdigit() else None
