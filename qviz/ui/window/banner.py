"""A line inside the window that says one sentence and offers a few actions; nothing modal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from qviz.ui.icons import icon, pixmap
from qviz.ui.theme import Theme, ThemeSource

Words = Callable[[], str]  # asked again when the language changes


@dataclass(frozen=True)
class Notice:
    """What a banner says. `details` is what Copy details puts on the clipboard."""

    level: Literal["info", "warning", "error"]
    text: Words
    buttons: tuple[tuple[Words, Callable[[], None]], ...] = ()
    details: str = ""
    dismissable: bool = True


class Banner(QFrame):
    """Holds at most one notice. `changed`: another one, or none; Banners decides what is seen."""

    changed = Signal()

    def __init__(self, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._themes = themes
        self.notice: Notice | None = None
        self._sign, self.text = QLabel(), QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.copy, self.more, self.dismiss = QPushButton(), QPushButton(), QToolButton()
        self.dismiss.setIconSize(QSize(14, 14))
        self.copy.clicked.connect(self._copy)
        self.dismiss.clicked.connect(self.clear)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 8, 6)
        self._row.setSpacing(8)
        for part in (self._sign, self.text, self.copy, self.more, self.dismiss):
            self._row.addWidget(part)
        self._buttons: list[tuple[QPushButton, Words]] = []
        themes.changed.connect(self._theme_changed)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def tell(self, notice: Notice) -> None:
        """Show a notice in the place of the one before."""
        self._forget()
        self.notice = notice
        self.setProperty("level", notice.level)
        self.style().polish(self)
        self.copy.setVisible(bool(notice.details))
        self.dismiss.setVisible(notice.dismissable)
        for words, action in notice.buttons:
            button = QPushButton()
            button.clicked.connect(action)
            self._row.insertWidget(self._row.indexOf(self.copy), button)
            self._buttons.append((button, words))
        self._theme_changed(self._themes.current)
        self._retranslate()
        self.changed.emit()

    def clear(self) -> None:
        """Say nothing."""
        self._forget()
        self.changed.emit()

    def _forget(self) -> None:
        self.notice = None
        for button, _ in self._buttons:
            button.deleteLater()
        self._buttons = []

    def _copy(self) -> None:
        if self.notice:
            QGuiApplication.clipboard().setText(self.notice.details)

    def _theme_changed(self, theme: Theme) -> None:
        self.dismiss.setIcon(icon("close", theme, theme.muted))
        if self.notice:
            color = {"info": theme.accent, "warning": theme.warning, "error": theme.bad}[self.notice.level]
            name = "info" if self.notice.level == "info" else "warning"
            self._sign.setPixmap(pixmap(name, color, 16, self.devicePixelRatioF()))

    def _retranslate(self) -> None:
        self.copy.setText(self.tr("Copy details"))
        self.dismiss.setToolTip(self.tr("Dismiss"))
        self.dismiss.setAccessibleName(self.tr("Dismiss"))
        if self.notice:
            self.text.setText(self.notice.text())
        for button, words in self._buttons:
            button.setText(words())
