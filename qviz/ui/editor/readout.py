"""The row of numbers: this tensor's own error, from its histogram, at every frame of a drag."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from qviz.quant.blocks import BlockGrid
from qviz.quant.code_use import CodeUse
from qviz.quant.encoding import Encoding
from qviz.quant.error import QuantError, quantization_error
from qviz.quant.grid import Grid, ScaledGrid
from qviz.ui.controls.field_grid import FieldGrid
from qviz.ui.controls.number_label import NumberLabel
from qviz.ui.editor.subject import Subject
from qviz.ui.text import NOTHING, decibel, fixed, number

FIELDS = ("sqnr", "rounding", "clipping", "clipped", "levels", "entropy", "step")
WIDEST = {"levels": "256 / 256", "entropy": "7.9 of 8 bit", "step": "0.00000"}


class Readout(QWidget):
    """Captions over numbers that keep their place."""

    def __init__(self) -> None:
        super().__init__()
        self._captions = {name: QLabel() for name in FIELDS}
        self._values = {name: NumberLabel(WIDEST.get(name, "100.0 %"), 1.25) for name in FIELDS}
        for value in self._values.values():
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.grid = FieldGrid(self, {name: (self._captions[name], self._values[name]) for name in FIELDS}, 10)
        self.retranslate()

    def retranslate(self) -> None:
        texts = {
            "sqnr": (self.tr("SQNR"), self.tr("Signal over quantization noise of this tensor alone, in decibels")),
            "rounding": (self.tr("Rounding"), self.tr("Share of the error that comes from the step size")),
            "clipping": (self.tr("Clipping"), self.tr("Share of the error that comes from values out of range")),
            "clipped": (self.tr("Clipped"), self.tr("Share of the values that lie out of range")),
            "levels": (self.tr("Levels"), self.tr("Levels that values fall on, of all there are")),
            "entropy": (self.tr("Entropy"), self.tr("Bits that a code needs on average, of the bits it has")),
            "step": (self.tr("Step"), self.tr("Distance between two neighbouring levels, the scale")),
        }
        for name, (caption, tip) in texts.items():
            self._captions[name].setText(caption)
            for label in (self._captions[name], self._values[name]):
                label.setToolTip(tip)
            self._values[name].setAccessibleName(caption)

    def show_subject(self, subject: Subject | None, of_blocks: float | None = None) -> None:
        """Numbers of the subject as it is now; dashes for what cannot be known yet. `of_blocks`: their SQNR in dB."""
        grid = None if subject is None else subject.setting.grid
        texts = dict.fromkeys(FIELDS, NOTHING)
        if subject is not None and grid is not None:
            texts["step"] = step_text(grid)
            if subject.judged:
                assert subject.histogram is not None
                texts |= error_texts(quantization_error(subject.histogram, grid))
            elif of_blocks is not None:
                texts["sqnr"] = f"{decibel(of_blocks)} dB"
        if subject is not None and (use := subject.code_use) is not None:
            texts |= use_texts(use, self.tr("{0} of {1} bit").format("{0}", subject.setting.spec.bits))
        for name, text in texts.items():
            self._values[name].setText(text)


def error_texts(error: QuantError) -> dict[str, str]:
    """SQNR in dB, the two shares of the error and the share of clipped values in percent."""
    total = error.rounding + error.clipping
    return {
        "sqnr": f"{decibel(error.sqnr_db)} dB",
        "rounding": percent(error.rounding / total if total else None),
        "clipping": percent(error.clipping / total if total else None),
        "clipped": percent(error.clipped_share),
    }


def use_texts(use: CodeUse, bits: str) -> dict[str, str]:
    """Levels used, of all, and the entropy of the codes; `bits` is its template."""
    return {"levels": f"{use.used} / {use.levels}", "entropy": bits.format(fixed(use.entropy, 1))}


def percent(share: float | None) -> str:
    """A share in percent; what is not quite nothing is not shown as nothing."""
    if share is None:
        return NOTHING
    if 0 < share < 0.0005:
        return "<0.1 %" if share >= 5e-5 else "<0.01 %"
    return f"{fixed(100 * share, 1)} %"


def step_text(grid: Grid) -> str:
    """Distance between neighbouring levels; the smallest and the largest where they differ."""
    if isinstance(grid, Encoding | BlockGrid):
        gaps = (grid if isinstance(grid, Encoding) else grid.encoding).scale
    elif isinstance(grid, ScaledGrid):
        gaps = np.outer([grid.scale.min(), grid.scale.max()], np.diff(grid.cells.levels))
    else:
        gaps = np.diff(grid.levels())
    if not gaps.size:
        return NOTHING
    low, high = float(gaps.min()), float(gaps.max())
    return number(low, 3) if low == high else f"{number(low, 2)}…{number(high, 2)}"
