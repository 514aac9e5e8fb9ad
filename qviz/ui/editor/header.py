"""The editor's first line: which quantizer this is, read-only."""

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from qviz.graph.graph import Quantizer
from qviz.quant.spec import BinarySpec, CodebookSpec, Scheme, Spec, TernarySpec, UniformSpec
from qviz.ui.controls.elided import ElidedLabel
from qviz.ui.editor.subject import Subject
from qviz.ui.icons import pixmap
from qviz.ui.theme import Theme

NAME, DETAILS = 160, 170  # pixels of a name, and of what comes after it, that are worth a row of their own


class Header(QWidget):
    """Name (elided in the middle, whole on hover), operator, shape, bit-width and scheme, a lock where locked."""

    def __init__(self) -> None:
        super().__init__()
        self._name, self._details, self._lock = ElidedLabel(), ElidedLabel(Qt.TextElideMode.ElideRight), QLabel()
        font = self._name.font()
        font.setWeight(QFont.Weight.DemiBold)
        self._name.setFont(font)
        self._name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._details.setProperty("role", "caption")
        self._details.setProperty("verbatim", False)
        self._details.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._lock)
        row.addWidget(self._name)
        row.addWidget(self._details, 1)

    def needed(self) -> int:
        """Width from which on the name can be read."""
        return min(self._name.sizeHint().width(), NAME) + min(self._details.sizeHint().width(), DETAILS) + 8

    def show_subject(self, subject: Subject | None, theme: Theme) -> None:
        self.setVisible(subject is not None)
        if subject is None:
            return
        self._name.show_name(subject.name)
        self._details.setText("  ·  ".join(details(subject)))
        self._details.setToolTip(hint(subject) or self._details.text())
        self._lock.setVisible(subject.setting.locked)
        if subject.setting.locked:
            self._lock.setPixmap(pixmap("lock", theme.muted, 14, self.devicePixelRatio()))
            self._lock.setToolTip(self.tr("Locked: calibration and handles leave this range alone."))


def details(subject: Subject) -> list[str]:
    """What the header says after the name."""
    quantizer, setting = subject.quantizer, subject.setting
    parts = [quantizer.op, shape_text(quantizer), spec_text(setting.spec)]
    if setting.spec.per_channel:
        parts.append(QCoreApplication.translate("Header", "{0} channels").format(quantizer.channels))
    if isinstance(setting.spec, UniformSpec) and setting.spec.per_block:
        parts.append(QCoreApplication.translate("Header", "blocks of {0}").format(setting.spec.block))
    if len(quantizer.tensors) > 1:
        parts.append(QCoreApplication.translate("Header", "{0} tensors").format(len(quantizer.tensors)))
    if subject.histogram is not None and subject.histogram.left_out:
        parts.append(QCoreApplication.translate("Header", "sample"))
    if not setting.enabled:
        parts.append(QCoreApplication.translate("Header", "left in float"))
    return [p for p in parts if p]


def hint(subject: Subject) -> str:
    """What the details are short for: every tensor of a shared quantizer, and what a sample is of."""
    translate, tensors, histogram = QCoreApplication.translate, subject.quantizer.tensors, subject.histogram
    lines = [translate("Header", "One quantizer of {0} tensors:").format(len(tensors)), *tensors]
    lines = lines if len(tensors) > 1 else []
    if histogram is not None and histogram.left_out:
        text = translate("Header", "Counted from an even sample of {0} of {1} values; the extremes are exact.")
        lines.append(text.format(f"{histogram.looked_at:,}", f"{histogram.looked_at + histogram.left_out:,}"))
    return "\n".join(lines)


def shape_text(quantizer: Quantizer) -> str:
    """Such as N×16×32×32; a question mark where a dimension is unknown."""
    return "×".join("?" if d is None else str(d) for d in quantizer.shape or ())


def spec_text(spec: Spec) -> str:
    """The form in words: bit-width and scheme of integers, else its name."""
    if not isinstance(spec, UniformSpec):
        return form_text(spec)
    translate = QCoreApplication.translate
    schemes = {
        Scheme.ASYMMETRIC: translate("Header", "{0} bits asymmetric"),
        Scheme.SYMMETRIC: translate("Header", "{0} bits symmetric"),
        Scheme.SYMMETRIC_STRICT: translate("Header", "{0} bits symmetric strict"),
        Scheme.SYMMETRIC_UNSIGNED: translate("Header", "{0} bits symmetric unsigned"),
        Scheme.POWER_OF_TWO: translate("Header", "{0} bits, power of two"),
    }
    return schemes[spec.scheme].format(spec.bits)


def form_text(spec: Spec) -> str:
    """Any other form than integers in words."""
    translate = QCoreApplication.translate
    if isinstance(spec, CodebookSpec):
        return translate("Header", "codebook of {0}").format(spec.size)
    if isinstance(spec, BinarySpec):
        return translate("Header", "binary: −a, +a")
    if isinstance(spec, TernarySpec):
        return translate("Header", "ternary: −a, 0, +a")
    return spec.form.replace("_", " ")
