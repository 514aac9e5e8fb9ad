"""The toolbar row: files, undo, whole-model settings, and the score strip."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.score.strip import ScoreStrip
from qviz.ui.settings.kind_bar import KindBar
from qviz.ui.window.actions import Actions

SPACING, END, GROUP = 4, 4, 8  # pixels between parts, at the ends, and more between groups
BOXES = 3  # of a group of settings at most
IN_MENU = ("open_model", "open_data", "save", "undo", "redo")


class Header(QWidget):
    """One row that never overflows: the score strip always stays in view."""

    def __init__(self, session: Session, bridge: Bridge, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.weights = KindBar(session, bridge, "param")
        self.activations = KindBar(session, bridge, "activation")
        self.strip = ScoreStrip(session, bridge)
        self._in_menu = [_button(actions, name) for name in IN_MENU]
        self.export_button = _button(actions, "export")
        row = QHBoxLayout(self)
        row.setContentsMargins(END, 2, END, 2)
        row.setSpacing(SPACING)
        for button in (*self._in_menu, self.export_button):
            row.addWidget(button)
        self._lines = [_line(), _line()]
        row.addWidget(self._lines[0])
        row.addWidget(self.weights)
        row.addSpacing(GROUP)
        row.addWidget(self.activations)
        row.addStretch(1)
        row.addWidget(self._lines[1])
        row.addWidget(self.strip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        bridge.model.connect(self._refresh)
        self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fold()
        super().resizeEvent(event)

    def _fold(self) -> None:
        """Where it is tight, buttons give way, which the menus have, and then boxes, which the settings have."""
        if self._session.graph is None:
            for button in self._in_menu:
                button.show()
            return
        boxes = next((n for n in range(BOXES, 1, -1) if self._needed(n, ()) <= self.width()), 1)
        for bar in (self.weights, self.activations):
            bar.show_boxes(boxes)
        for button in self._in_menu:
            button.setVisible(self._needed(boxes, self._in_menu) <= self.width())

    def _needed(self, boxes: int, buttons: Sequence[QWidget]) -> int:
        """Pixels with so many boxes a group, and with these buttons."""
        parts = (self.strip, *self._lines, self.export_button, *buttons)
        widths = [part.minimumSizeHint().expandedTo(part.minimumSize()).width() for part in parts]
        widths += [bar.width_with(boxes) for bar in (self.weights, self.activations)]
        return sum(widths) + SPACING * (len(widths) - 1) + GROUP + 2 * END

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.LanguageChange, QEvent.Type.FontChange):
            self.updateGeometry()
            self._fold()
        super().changeEvent(event)

    def _refresh(self) -> None:
        is_open = self._session.graph is not None
        for part in (self.weights, self.activations, self.strip, *self._lines):
            part.setVisible(is_open)
        self._fold()


def _button(actions: Actions, name: str) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(actions[name])
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setIconSize(QSize(18, 18))
    button.setFixedSize(30, 30)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _line() -> QFrame:
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedSize(1, 32)
    return line
