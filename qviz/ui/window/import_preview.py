"""What an encodings file would change, shown before it is done."""

from collections.abc import Callable, Iterable
from itertools import islice

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from qviz.encodings import Setting
from qviz.formats.plan import ImportPlan
from qviz.ui.settings.names import granularity_text, scheme_text
from qviz.ui.text import number, sentence

SHOWN = 500  # rows a group
Row = tuple[str, str, str]


class ImportPreview(QDialog):
    """`plan` is what would be applied; `make_plan` makes it anew where ranges are to be locked or not."""

    def __init__(self, make_plan: Callable[[bool], ImportPlan], title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_plan = make_plan
        self.plan = make_plan(False)
        self.summary, self.tree, self.lock = QLabel(), QTreeWidget(), QCheckBox()
        buttons = QDialogButtonBox()
        self.setWindowTitle(title)
        self.apply = buttons.addButton(self.tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.apply.setDefault(True)
        self.lock.setText(self.tr("Lock the imported ranges: calibrating again leaves them"))
        self.summary.setWordWrap(True)
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels([self.tr("Name"), self.tr("Now"), self.tr("After")])
        self.tree.setAccessibleName(self.tr("What the file would change"))
        self.tree.setRootIsDecorated(True)
        self.tree.setMinimumSize(980, 380)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        for part in (self.summary, self.tree, self.lock, buttons):
            column.addWidget(part)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.lock.toggled.connect(self._plan_again)
        self.tree.ensurePolished()  # before rows: their height is the style's
        self._show()

    def _plan_again(self) -> None:
        self.plan = self._make_plan(self.lock.isChecked())
        self._show()

    def _show(self) -> None:
        report, changes = self.plan.report, self.plan.changes
        rows: list[Row] = [(c.name, _setting(c.before), _setting(c.after)) for c in changes]
        changed, alike = [r for r in rows if r[1] != r[2]], [r for r in rows if r[1] == r[2]]
        self.summary.setText(
            self.tr("Entries that fit: {0}. Settings that change: {1}. Unknown names: {2}. Refused: {3}.").format(
                report.applied, len(changed), len(report.unknown), len(report.refused)
            )
        )
        self.tree.clear()
        near = self.tr("nearest: {0}")
        unknown: Iterable[Row] = ((n, near.format(", ".join(k)) if k else "", "") for n, k in report.unknown)
        refused: Iterable[Row] = ((n, sentence(why), "") for n, why in report.refused)
        self._add(self.tr("Unknown to this model"), len(report.unknown), unknown)
        self._add(self.tr("Refused"), len(report.refused), refused)
        self._add(
            self.tr("Biases with another scale"), len(report.bias_differs), ((n, "", "") for n in report.bias_differs)
        )
        self._add(self.tr("New quantizers"), len(report.new), ((n, "", "") for n in report.new))
        self._add(self.tr("Split off a shared quantizer"), len(report.split), ((n, "", "") for n in report.split))
        self._add(self.tr("Changes"), len(changed), changed)
        self._add(self.tr("The same as now to four digits"), len(alike), alike, opened=False)
        for column, width in enumerate((250, 350, 350)):
            self.tree.setColumnWidth(column, width)
        self.apply.setEnabled(bool(changes))

    def _add(self, title: str, count: int, rows: Iterable[Row], opened: bool = True) -> None:
        if not count:
            return
        group = QTreeWidgetItem([f"{title} ({count})"])
        self.tree.addTopLevelItem(group)
        for row in islice(rows, SHOWN):
            item = QTreeWidgetItem(list(row))
            for column, text in enumerate(row):
                item.setToolTip(column, text)
            group.addChild(item)
        if count > SHOWN:
            group.addChild(QTreeWidgetItem([self.tr("… and {0} more").format(count - SHOWN)]))
        group.setFirstColumnSpanned(True)
        group.setExpanded(opened)


def _setting(setting: Setting | None) -> str:
    """Bit-width, form and range in one line; a dash for none."""
    if setting is None or not setting.enabled:
        return "—"
    spec, grid = setting.spec, setting.grid
    words = QCoreApplication.translate("import", "{0} bits, {1}, {2}")
    form = words.format(spec.bits, scheme_text(spec), granularity_text(spec))
    if grid is None:
        return form
    return f"[{number(float(grid.min.min()))}, {number(float(grid.max.max()))}] {form}"
