"""The page of keys and mouse gestures behind F1."""

from PySide6.QtWidgets import QDialog, QFormLayout, QLabel, QVBoxLayout, QWidget

from qviz.ui.window.actions import SHORTCUTS, Actions


class KeysPage(QDialog):
    """Lists every shortcut, taken from the actions themselves, and what the mouse does in the plots."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and mouse"))
        rows = QFormLayout()
        rows.setHorizontalSpacing(24)
        rows.setVerticalSpacing(6)
        for name in SHORTCUTS:
            action = actions[name]
            rows.addRow(_key(action.shortcut().toString()), QLabel(action.text().replace("&", "").rstrip("…")))
        for gesture, meaning in self._gestures():
            rows.addRow(_key(gesture, translated=True), QLabel(meaning))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.addLayout(rows)

    def _gestures(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Drag a handle"), self.tr("Move that edge of the clip range")),
            (self.tr("Shift while dragging"), self.tr("Ten times finer")),
            (self.tr("Esc while dragging"), self.tr("Back to where it was")),
            (self.tr("Arrow keys on a handle"), self.tr("Move it by a pixel's worth")),
            (self.tr("Wheel"), self.tr("Zoom at the cursor")),
            (self.tr("Middle button"), self.tr("Move the view")),
        ]


def _key(text: str, translated: bool = False) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    label.setProperty("verbatim", not translated)
    return label
