"""Controls in one row, or in two where they do not fit beside each other."""

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

HEIGHT = 26


class FoldingRow(QWidget):
    """Two groups: the first on the left, the second on the right or below."""

    def __init__(self, first: Sequence[QWidget], second: Sequence[QWidget]) -> None:
        super().__init__()
        self._groups = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._groups.setContentsMargins(0, 0, 0, 0)
        self._groups.setSpacing(4)
        for group in (first, second):
            row = QHBoxLayout()
            row.setSpacing(2)
            for control in group:
                control.setMinimumHeight(HEIGHT)
                row.addWidget(control)
            row.addStretch()
            self._groups.addLayout(row)
        self._groups.setStretch(0, 1)
        self._controls = [*first, *second]

    def resizeEvent(self, event: QResizeEvent) -> None:
        needed = sum(control.sizeHint().width() + 4 for control in self._controls if not control.isHidden())
        direction = QBoxLayout.Direction
        self._groups.setDirection(direction.LeftToRight if needed <= self.width() else direction.TopToBottom)
        super().resizeEvent(event)
