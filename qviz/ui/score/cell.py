"""One place of the score strip: a caption over a number that keeps its place and width."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QWidget

from qviz.ui.controls.number_label import NumberLabel

LARGE, SMALL = 1.3, 0.85  # of the interface font


class Cell(QWidget):
    """`widest` is the longest number and interval that will ever stand here; it decides the width."""

    def __init__(self, widest: tuple[str, str], large: bool = True) -> None:
        super().__init__()
        self._caption = NumberLabel("", SMALL)
        self._number = NumberLabel(widest[0], LARGE if large else 1.0, QFont.Weight.DemiBold)
        self._interval = NumberLabel(widest[1], SMALL)
        self._interval.setHidden(not widest[1])
        self._caption.setProperty("verbatim", False)
        self._caption.setProperty("role", "caption")
        self._interval.setProperty("role", "caption")
        layout = QGridLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setHorizontalSpacing(4)
        layout.setVerticalSpacing(1)
        layout.setRowStretch(1, 1)
        layout.addWidget(self._caption, 0, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._number, 1, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._interval, 1, 1, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def set_caption(self, text: str, hint: str) -> None:
        self._caption.setText(text)
        self.setToolTip(hint)
        self.setAccessibleName(text)

    def show_number(self, number: str, interval: str = "", role: str = "") -> None:
        """`role` is a colour of the stylesheet: "", "dim", "good" or "bad"."""
        self._number.setText(number)
        self._interval.setText(interval)
        self.setAccessibleDescription(f"{number} {interval}".strip())
        if self._number.property("role") != role:
            self._number.setProperty("role", role)
            self._number.style().polish(self._number)

    def texts(self) -> tuple[str, str]:
        """Number and interval as shown."""
        return self._number.text(), self._interval.text()

    def role(self) -> str:
        return str(self._number.property("role") or "")
