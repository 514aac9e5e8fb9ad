"""The page of keys and mouse gestures behind F1."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from qviz.ui.theme import scaled_font
from qviz.ui.window.actions import MENUS, SHORTCUTS, Actions

Row = tuple[str, str, bool]  # keys, what they do, whether the keys are words to be translated


class KeysPage(QDialog):
    """Every shortcut by its menu, taken from the actions themselves, and what keys and mouse do in each panel."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and mouse"))
        columns = QHBoxLayout()
        columns.setContentsMargins(24, 16, 24, 20)
        columns.setSpacing(40)
        for sections in (_menus(actions), self._panels()):
            columns.addWidget(_column(sections), 0, Qt.AlignmentFlag.AlignTop)
        page, area = QWidget(), QScrollArea()
        page.setLayout(columns)
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        wanted = page.sizeHint()
        room = self.screen().availableSize() if parent is None else parent.size()
        self.resize(min(wanted.width() + 16, room.width()), min(wanted.height(), room.height()))

    def _panels(self) -> list[tuple[str, list[Row]]]:
        return [
            (self.tr("Clip range"), [
                (self.tr("Drag a handle"), self.tr("Move that edge"), True),
                (self.tr("Shift while dragging"), self.tr("Ten times finer"), True),
                (self.tr("Alt while dragging"), self.tr("Do not snap to calibrators' marks"), True),
                (self.tr("Esc while dragging"), self.tr("Back to where it was"), True),
                (self.tr("Double-click a handle"), self.tr("Back to the calibrated range"), True),
                (self.tr("Tab"), self.tr("To the next handle"), True),
                (self.tr("Left, Right"), self.tr("Move the handle by a pixel's worth"), True),
                (self.tr("Wheel"), self.tr("Zoom at the cursor"), True),
                (self.tr("Middle button, Space"), self.tr("Move the view"), True),
            ]),
            (self.tr("Channels"), [
                (self.tr("Left, Right, Home, End"), self.tr("Pick a channel"), True),
                (self.tr("Tab"), self.tr("To its edges"), True),
                (self.tr("Up, Down"), self.tr("Move the edge by a pixel's worth"), True),
            ]),
            (self.tr("Graph"), [
                (self.tr("Arrows"), self.tr("Walk along the edges"), True),
                (self.tr("Click an edge"), self.tr("Jump to its other end"), True),
                (self.tr("Shift+drag"), self.tr("Select what is in the box"), True),
                (self.tr("Ctrl+click"), self.tr("Add to what is selected"), True),
                (self.tr("Enter, double-click"), self.tr("Expand a block"), True),
                (self.tr("Backspace"), self.tr("Collapse the block around"), True),
                ("+  −", self.tr("Zoom in, out"), False),
                ("F", self.tr("Show the whole graph"), False),
                ("0", self.tr("Actual size"), False),
            ]),
            (self.tr("Table"), [
                (self.tr("F2, double-click"), self.tr("Edit in place, for all that is selected"), True),
                (self.tr("Space"), self.tr("Quantize, or leave in float"), True),
                ("Ctrl+C", self.tr("Copy the selected rows"), False),
            ]),
            (self.tr("Image of weights"), [
                (self.tr("Wheel"), self.tr("Zoom at the cursor"), True),
                (self.tr("Arrows"), self.tr("Move the view"), True),
                (self.tr("Home"), self.tr("Show all"), True),
            ]),
        ]  # fmt: skip


def _menus(actions: Actions) -> list[tuple[str, list[Row]]]:
    """The actions that have a shortcut, menu by menu."""
    found = []
    for menu, title in actions.titles().items():
        rows = [
            (actions[n].shortcut().toString(), _plain(actions[n].text()), False) for n in MENUS[menu] if n in SHORTCUTS
        ]
        found.append((_plain(title), rows))
    return [(title, rows) for title, rows in found if rows]


def _column(sections: list[tuple[str, list[Row]]]) -> QWidget:
    column = QWidget()
    rows = QFormLayout(column)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setHorizontalSpacing(24)
    rows.setVerticalSpacing(3)
    for i, (title, entries) in enumerate(sections):
        head = QLabel(title)
        head.setFont(scaled_font(1.0, QFont.Weight.DemiBold))
        head.setContentsMargins(0, 10 if i else 0, 0, 2)
        rows.addRow(head)
        for keys, meaning, translated in entries:
            rows.addRow(_keys(keys, translated), QLabel(meaning))
    return column


def _plain(text: str) -> str:
    return text.replace("&", "").rstrip("…")


def _keys(text: str, translated: bool) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    label.setProperty("verbatim", not translated)
    return label
