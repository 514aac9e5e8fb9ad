"""The toolbar row: files, undo, whole-model settings, and the score strip."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.score.strip import ScoreStrip
from qviz.ui.settings.kind_bar import KindBar
from qviz.ui.window.actions import Actions

SPACING, ROOM = 4, 24  # pixels between parts, and at the ends and between groups
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
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(SPACING)
        for button in (*self._in_menu, self.export_button):
            row.addWidget(button)
        self._lines = [_line(), _line()]
        row.addWidget(self._lines[0])
        row.addWidget(self.weights)
        row.addSpacing(8)
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
        """Only Export keeps its button where the others would cut what stands beside them; the menus have them."""
        parts = (self.weights, self.activations, self.strip, *self._lines, self.export_button, *self._in_menu)
        needed = sum(part.minimumSizeHint().expandedTo(part.minimumSize()).width() + SPACING for part in parts)
        for button in self._in_menu:
            button.setVisible(needed + ROOM <= self.width() or self._session.graph is None)

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
