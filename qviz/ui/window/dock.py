"""A panel at the side of the window with a slim title bar."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QToolButton, QWidget

from qviz.ui.icons import icon
from qviz.ui.theme import Theme

TITLE_HEIGHT = 32


class PanelDock(QDockWidget):
    """Collapses by its button or its key; `extras` stand in the title bar, `head` in the place of its title.

    Without a panel it waits for one.
    """

    def __init__(
        self, name: str, panel: QWidget | None = None, extras: Sequence[QWidget] = (), head: QWidget | None = None
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        if panel is not None:
            self.setWidget(panel)
        features = QDockWidget.DockWidgetFeature
        self.setFeatures(features.DockWidgetClosable | features.DockWidgetMovable)
        self._label, self._collapse = QLabel(), QToolButton()
        self._collapse.setIconSize(QSize(14, 14))
        self._collapse.setFixedSize(24, 24)
        self._collapse.clicked.connect(self.close)
        font = QFont(self._label.font())
        font.setWeight(QFont.Weight.DemiBold)
        self._label.setFont(font)
        bar = QWidget()
        bar.setObjectName("dock_title")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(bar)
        row.addStrut(TITLE_HEIGHT)  # a dock asks for the size hint, which a fixed height is no part of
        row.setContentsMargins(12, 0, 4, 0)
        row.setSpacing(8)
        row.addWidget(head or self._label)
        row.addStretch(1)
        for part in (*extras, self._collapse):
            row.addWidget(part)
        self.setTitleBarWidget(bar)

    def set_title(self, title: str, collapse: str) -> None:
        self.setWindowTitle(title)
        self._label.setText(title)
        self._collapse.setToolTip(collapse)
        self._collapse.setAccessibleName(f"{collapse}: {title}")

    def set_theme(self, theme: Theme) -> None:
        self._collapse.setIcon(icon("close", theme, theme.muted))
