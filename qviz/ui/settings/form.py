"""The controls of the inspector in their rows; what they mean is the inspector's."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from qviz.quant.spec import CODEBOOK, MAX_BITS, MAX_CENTROIDS, MIN_BITS, MIN_CENTROIDS, UNIFORM, Granularity
from qviz.ui.controls.boxes import ChoiceBox, IntegerBox
from qviz.ui.controls.elided import ElidedLabel
from qviz.ui.controls.value_box import ValueBox
from qviz.ui.settings.names import calibrators, forms, granularities, schemes
from qviz.ui.settings.refusals import Greyed
from qviz.ui.settings.selection import Common

LARGEST_BLOCK = 65_536
SMALLEST_FIELD = 96  # a longer choice is read in its list


class Form(QWidget):
    """Rows of label and field, 8 px apart; `retranslate` writes every text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = ElidedLabel()
        self.name.setFont(_bold(self.name.font()))
        self.about = _caption()
        self.enabled, self.locked = QCheckBox(), QCheckBox()
        self.kind = ChoiceBox()
        self.bits, self.scheme, self.granularity = IntegerBox(MIN_BITS, MAX_BITS), ChoiceBox(), ChoiceBox()
        self.centroids, self.block = IntegerBox(MIN_CENTROIDS, MAX_CENTROIDS), IntegerBox(1, LARGEST_BLOCK)
        self.saved = _caption()
        self.low, self.high = ValueBox(), ValueBox()
        self.effective, self.scale, self.zero_point = Figure(), Figure(), Figure()
        self.calibrator = ChoiceBox()
        self.recalibrate = QPushButton()
        self.shared = _caption()
        self.runs = _caption()
        self.violations = _caption("warning")
        self.other_form, self.other_range = _caption(), _caption()
        self._labels: dict[QWidget, QLabel] = {
            box: QLabel()
            for box in (
                *(self.kind, self.centroids, self.bits, self.scheme, self.granularity, self.block),
                *(self.low, self.high, self.effective, self.scale, self.zero_point, self.calibrator),
            )
        }
        for field in (self.kind, self.scheme, self.granularity, self.low, self.high, self.calibrator):
            field.setMinimumWidth(SMALLEST_FIELD)
        self._heading = QLabel()
        self._heading.setFont(_bold(self._heading.font()))
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 8)
        column.setSpacing(8)
        column.addWidget(self.name)
        column.addWidget(self.about)
        column.addWidget(self.runs)
        checks = QHBoxLayout()
        checks.addWidget(self.enabled)
        checks.addWidget(self.locked)
        checks.addStretch()
        column.addLayout(checks)
        column.addWidget(self.violations)
        self._forms = self._rows(self.kind, self.centroids, self.bits, self.scheme, self.granularity, self.block)
        column.addLayout(self._forms)
        column.addWidget(self.saved)
        column.addWidget(self.other_form)
        column.addWidget(separator())
        column.addWidget(self._heading)
        column.addLayout(self._rows(self.low, self.high))
        column.addWidget(self.other_range)
        self._derived = self._rows(self.effective, self.scale, self.zero_point, self.calibrator)
        column.addLayout(self._derived)
        column.addWidget(self.recalibrate)
        column.addWidget(self.shared)

    def _rows(self, *fields: QWidget) -> QFormLayout:
        rows = form_rows()
        for field in fields:
            label = self._labels[field]
            label.setBuddy(field)
            rows.addRow(label, field)
        return rows

    def labels(self) -> list[QLabel]:
        """The labels of all rows."""
        return list(self._labels.values())

    def retranslate(self) -> None:
        """Write every fixed text in the language in force."""
        texts: dict[QWidget, str] = {
            self.kind: self.tr("Form"),
            self.centroids: self.tr("Centroids"),
            self.block: self.tr("Block size"),
            self.bits: self.tr("Bit-width"),
            self.scheme: self.tr("Scheme"),
            self.granularity: self.tr("Granularity"),
            self.low: self.tr("Minimum"),
            self.high: self.tr("Maximum"),
            self.effective: self.tr("Effective"),
            self.scale: self.tr("Scale"),
            self.zero_point: self.tr("Zero point"),
            self.calibrator: self.tr("Calibrator"),
        }
        for field, text in texts.items():
            self._labels[field].setText(text)
            field.setAccessibleName(text)
        self._heading.setText(self.tr("Clip range"))
        self.enabled.setText(self.tr("Enabled"))
        self.enabled.setToolTip(self.tr("Off: this tensor stays in float."))
        self.locked.setText(self.tr("Locked"))
        self.locked.setToolTip(self.tr("Calibration and whole-model changes leave it as it is."))
        self.recalibrate.setText(self.tr("Recalibrate"))
        self.recalibrate.setToolTip(self.tr("Find the range again by the calibrator that found it, else by min-max."))
        self.calibrator.setToolTip(self.tr("What the range is from; a choice finds it again."))
        self.calibrator.set_choices(calibrators())
        self.scheme.setToolTip(self.tr("How the integer grid lies around zero."))
        self.scheme.set_choices(schemes())
        self.granularity.set_choices(granularities())
        self.kind.set_choices(forms())
        self.kind.setToolTip(self.tr("Integers, floats of few bits, or a few values of the tensor's own."))
        self.centroids.setToolTip(self.tr("Values that weights are rounded to, found by k-means."))
        self.block.setToolTip(self.tr("So many values along the input channels share one scale."))

    def show_form(self, shared: Common, mixed: str, saved: str) -> None:
        """Form and what belongs to it; rows of other forms are hidden."""
        self.kind.set_value(shared.form, mixed)
        self.bits.set_value(shared.bits, mixed)
        self.scheme.set_value(shared.scheme, mixed)
        self.granularity.set_value(shared.granularity, mixed)
        self.centroids.set_value(shared.size, mixed)
        self.block.set_value(shared.block or None, mixed)
        integers = shared.form in (UNIFORM, None)
        for field, belongs in (
            (self.bits, integers),
            (self.scheme, integers),
            (self.centroids, shared.form == CODEBOOK),
            (self.block, integers and shared.granularity == Granularity.PER_BLOCK),
        ):
            self._forms.setRowVisible(field, belongs)
        self.saved.setVisible(bool(saved))
        self.saved.setText(saved)

    def show_greyed(self, greyed: Greyed) -> None:
        """Grey what none of those selected can take."""
        self.kind.set_refused(greyed.form)
        self.bits.set_refused(greyed.bits)
        self.scheme.set_refused(greyed.scheme)
        self.granularity.set_refused(greyed.granularity)

    def show_violations(self, reasons: Sequence[str]) -> None:
        """Why the target cannot run what is selected, as set."""
        self.violations.setVisible(bool(reasons))
        self.violations.setText("\n".join(reasons))

    def show_other(self, name: str, form: str, range_: str) -> None:
        """How the state compared with, called `name`, is set where it differs; "" where not."""
        for label, text in ((self.other_form, form), (self.other_range, range_)):
            label.setVisible(bool(text))
            label.setText(f"{name}: {text}" if text else "")

    def show_scale(self, on: bool) -> None:
        """Rows that integers have alone."""
        for field in (self.scale, self.zero_point):
            self._derived.setRowVisible(field, on)

    def show_derived(self, effective: str, scale: str, zero_point: str) -> None:
        """What follows from the range."""
        self.effective.show_text(effective, self.tr("The range the integer grid really covers: zero is exact."))
        self.scale.show_text(scale, "")
        self.zero_point.show_text(zero_point, self.tr("The code that stands for zero, counted from 0."))


def form_rows() -> QFormLayout:
    """A form of the window's rhythm."""
    rows = QFormLayout()
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setHorizontalSpacing(12)
    rows.setVerticalSpacing(6)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    rows.setFormAlignment(Qt.AlignmentFlag.AlignTop)
    rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return rows


def separator() -> QFrame:
    """A line of one pixel."""
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedHeight(1)
    return line


def mark(field: QWidget, violates: bool) -> None:
    """Give a field the border of what a target cannot run."""
    if bool(field.property("violates")) != violates:
        field.setProperty("violates", violates)
        field.style().unpolish(field)
        field.style().polish(field)


def _caption(role: str = "caption") -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label


class Figure(QLineEdit):
    """A number to be read and copied. Unlike a label it keeps its place: a new text lays nothing out anew."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def show_text(self, text: str, hint: str) -> None:
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
        self.setToolTip(f"{text}\n{hint}" if hint else text)


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold
