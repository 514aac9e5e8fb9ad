"""The first samples as the model sees them, each with its class under it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from qviz.sim.trial import PICTURES, Trial

ACROSS, SIDE = 4, 72


class PictureGrid(QWidget):
    """Empty until `show_trial`; pixels are enlarged without smoothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        self.cells = [_Cell() for _ in range(PICTURES)]
        for i, cell in enumerate(self.cells):
            grid.addWidget(cell, i // ACROSS, i % ACROSS)

    def show_trial(self, trial: Trial | None) -> None:
        """The pictures of a trial, or none."""
        pictures = trial.pictures if trial is not None else ()
        for i, cell in enumerate(self.cells):
            cell.setVisible(i < len(pictures) and pictures[i] is not None)
            if trial is not None and i < len(pictures):
                cell.fill(trial, i)


class _Cell(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.picture, self.caption = QLabel(), QLabel()
        self.picture.setFixedSize(SIDE, SIDE)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.caption.setProperty("verbatim", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.picture)
        column.addWidget(self.caption)
        self.hide()

    def fill(self, trial: Trial, index: int) -> None:
        pixels = trial.pictures[index]
        if pixels is None:
            return
        height, width = pixels.shape[:2]
        image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        keep, fast = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.FastTransformation
        ratio = self.devicePixelRatioF()
        shown = QPixmap.fromImage(image).scaled(round(SIDE * ratio), round(SIDE * ratio), keep, fast)
        shown.setDevicePixelRatio(ratio)
        self.picture.setPixmap(shown)
        label, answer = trial.labels[index], trial.answers[index]
        wrong = label is not None and answer is not None and label != answer
        self.caption.setText(_caption(label, answer))
        self.caption.setProperty("role", "bad" if wrong else "caption")
        self.caption.style().polish(self.caption)
        self.picture.setAccessibleName(self.tr("Sample {0}").format(index + 1))
        tips = {
            True: self.tr("Class {0}, the float model says {1}").format(label, answer),
            False: self.tr("Class {0}").format(label if label is not None else answer),
        }
        self.setToolTip(tips[wrong] if label is not None or answer is not None else "")


def _caption(label: int | None, answer: int | None) -> str:
    """The true class, then the model's where it is another; the model's alone in brackets without labels."""
    if label is None:
        return "" if answer is None else f"({answer})"
    return f"{label}" if answer is None or answer == label else f"{label} → {answer}"
