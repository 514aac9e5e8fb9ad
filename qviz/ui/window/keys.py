"""The page of keys and mouse gestures behind F1."""

from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QWidget

from qviz.ui.window.actions import SHORTCUTS, Actions


class KeysPage(QDialog):
    """Lists every shortcut, taken from the actions themselves, and what the mouse does in the plots."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys and mouse"))
        texts = [(actions[n].shortcut().toString(), _plain(actions[n].text()), False) for n in SHORTCUTS]
        texts += [(gesture, meaning, True) for gesture, meaning in self._gestures()]
        half = (len(texts) + 1) // 2
        columns = QHBoxLayout(self)
        columns.setContentsMargins(24, 20, 24, 20)
        columns.setSpacing(40)
        for part in (texts[:half], texts[half:]):
            rows = QFormLayout()
            rows.setHorizontalSpacing(24)
            rows.setVerticalSpacing(6)
            for key, meaning, translated in part:
                rows.addRow(_key(key, translated), QLabel(meaning))
            columns.addLayout(rows)

    def _gestures(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Drag a handle"), self.tr("Move that edge of the clip range")),
            (self.tr("Shift while dragging"), self.tr("Ten times finer")),
            (self.tr("Esc while dragging"), self.tr("Back to where it was")),
            (self.tr("Arrow keys on a handle"), self.tr("Move it by a pixel's worth")),
            (self.tr("Wheel"), self.tr("Zoom at the cursor")),
            (self.tr("Middle button"), self.tr("Move the view")),
        ]


def _plain(text: str) -> str:
    return text.replace("&", "").rstrip("…")


def _key(text: str, translated: bool = False) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    label.setProperty("verbatim", not translated)
    return label
