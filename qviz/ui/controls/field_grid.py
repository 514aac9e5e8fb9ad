"""Captions over fields in one row, or in two where they do not fit beside each other."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from qviz.ui.controls.number_label import NumberLabel


class FieldGrid(QGridLayout):
    """`fields` are (caption, field) by name, in their order."""

    def __init__(self, parent: QWidget, fields: Mapping[str, tuple[QLabel, QWidget]], spacing: int) -> None:
        super().__init__(parent)
        self._fields, self._across = fields, 0
        self.setContentsMargins(0, 0, 0, 0)
        self.setHorizontalSpacing(spacing)
        self.setVerticalSpacing(1)
        for caption, _ in fields.values():
            caption.setProperty("role", "caption")
        self._place(len(fields))

    def one_row(self) -> int:
        """Width of all fields beside each other."""
        widths = [
            max(c.sizeHint().width(), f.minimumSizeHint().width(), f.minimumWidth()) for c, f in self._fields.values()
        ]
        return sum(widths) + self.horizontalSpacing() * (len(widths) - 1)

    def fold(self, width: int) -> None:
        """Lay the fields out for so much room."""
        count = len(self._fields)
        self._place(count if self.one_row() <= width else -(-count // 2))

    def _place(self, across: int) -> None:
        if across == self._across:
            return
        for column in range(len(self._fields) + 1):
            self.setColumnStretch(column, int(column == across))
        self._across = across
        for i, (caption, field) in enumerate(self._fields.values()):
            self.addWidget(caption, i // across * 2, i % across)
            self.addWidget(field, i // across * 2 + 1, i % across, _side(field))


def _side(field: QWidget) -> Qt.AlignmentFlag:
    """Numbers begin below their caption; boxes fill the column."""
    return Qt.AlignmentFlag.AlignLeft if isinstance(field, NumberLabel) else Qt.AlignmentFlag(0)
