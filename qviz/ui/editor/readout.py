"""The row of numbers: this tensor's own error, from its histogram, at every frame of a drag."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from qviz.quant.encoding import Encoding
from qviz.quant.error import QuantError, quantization_error
from qviz.ui.editor.subject import Subject
from qviz.ui.text import NOTHING, decibel, fixed, number

FIELDS = ("sqnr", "rounding", "clipping", "clipped", "step")


class Readout(QWidget):
    """Captions over numbers that keep their place."""

    def __init__(self) -> None:
        super().__init__()
        self._captions = {name: QLabel() for name in FIELDS}
        self._values = {name: QLabel(NOTHING) for name in FIELDS}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(0)
        for column, name in enumerate(FIELDS):
            caption, value = self._captions[name], self._values[name]
            caption.setProperty("role", "caption")
            value.setProperty("verbatim", True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            font = value.font()
            font.setPointSizeF(font.pointSizeF() * 1.25)
            value.setFont(font)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("100.0 %"))
            grid.addWidget(caption, 0, column)
            grid.addWidget(value, 1, column)
        grid.setColumnStretch(len(FIELDS), 1)
        self.retranslate()

    def retranslate(self) -> None:
        texts = {
            "sqnr": (self.tr("SQNR"), self.tr("Signal over quantization noise of this tensor alone, in decibels")),
            "rounding": (self.tr("Rounding"), self.tr("Share of the error that comes from the step size")),
            "clipping": (self.tr("Clipping"), self.tr("Share of the error that comes from values out of range")),
            "clipped": (self.tr("Clipped"), self.tr("Share of the values that lie out of range")),
            "step": (self.tr("Step"), self.tr("Distance between two neighbouring levels, the scale")),
        }
        for name, (caption, tip) in texts.items():
            self._captions[name].setText(caption)
            for label in (self._captions[name], self._values[name]):
                label.setToolTip(tip)
            self._values[name].setAccessibleName(caption)

    def show_subject(self, subject: Subject | None) -> None:
        """Numbers of the subject as it is now; dashes for what cannot be known yet."""
        encoding = None if subject is None else subject.setting.encoding
        texts = dict.fromkeys(FIELDS, NOTHING)
        if subject is not None and encoding is not None:
            texts["step"] = step_text(encoding)
            if judged(subject, encoding):
                assert subject.histogram is not None
                texts |= error_texts(quantization_error(subject.histogram, encoding))
        for name, text in texts.items():
            self._values[name].setText(text)


def judged(subject: Subject, encoding: Encoding) -> bool:
    """Whether the histogram says what this encoding does."""
    histogram = subject.histogram
    return histogram is not None and histogram.total > 0 and encoding.channels in (1, histogram.channels)


def error_texts(error: QuantError) -> dict[str, str]:
    """SQNR in dB, the two shares of the error and the share of clipped values in percent."""
    total = error.rounding + error.clipping
    return {
        "sqnr": f"{decibel(error.sqnr_db)} dB",
        "rounding": percent(error.rounding / total if total else None),
        "clipping": percent(error.clipping / total if total else None),
        "clipped": percent(error.clipped_share),
    }


def percent(share: float | None) -> str:
    """A share in percent; what is not quite nothing is not shown as nothing."""
    if share is None:
        return NOTHING
    if 0 < share < 0.0005:
        return "<0.1 %" if share >= 5e-5 else "<0.01 %"
    return f"{fixed(100 * share, 1)} %"


def step_text(encoding: Encoding) -> str:
    """The scale; channel by channel the smallest and the largest."""
    low, high = float(encoding.scale.min()), float(encoding.scale.max())
    return number(low, 3) if low == high else f"{number(low, 2)} … {number(high, 2)}"
