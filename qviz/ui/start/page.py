"""The start page: open a model, try the sample, recent files, drop area."""

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from qviz.ui.icons import icon, pixmap
from qviz.ui.start.recent import recent_files
from qviz.ui.theme import Theme, ThemeSource

WIDTH = 520


class StartPage(QWidget):
    """Asks for what to open; the window does it."""

    open_model = Signal()
    open_sample = Signal()
    open_path = Signal(str)

    def __init__(self, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("start")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._themes = themes
        self._logo, self._title, self._about = QLabel(), QLabel("qviz"), QLabel()
        self.model_button, self.sample_button = QPushButton(), QPushButton()
        self.drop_area = QFrame()
        self._drop_text, self._recent_title = QLabel(), QLabel()
        self._recent = QVBoxLayout()
        self._buttons_of_files: list[QPushButton] = []
        self._build()
        themes.changed.connect(self._theme_changed)
        self._theme_changed(themes.current)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def show_recent(self) -> None:
        """Fill the list of recent files anew."""
        for button in self._buttons_of_files:
            self._recent.removeWidget(button)
            button.deleteLater()
        paths = recent_files()
        self._recent_title.setVisible(bool(paths))
        self._buttons_of_files = [self._recent_button(path) for path in paths]
        for button in self._buttons_of_files:
            self._recent.addWidget(button)

    def set_over(self, over: bool) -> None:
        """Something that can be opened hovers over the window."""
        self.drop_area.setProperty("over", over)
        self.drop_area.style().polish(self.drop_area)

    def _build(self) -> None:
        self._title.setProperty("verbatim", True)
        self._title.setFont(_title_font(self.font()))
        self._about.setWordWrap(True)
        for label in (self._about, self._recent_title, self._drop_text):
            label.setProperty("role", "caption")
        self.model_button.setProperty("primary", True)
        self.model_button.clicked.connect(self.open_model)
        self.sample_button.clicked.connect(self.open_sample)
        column = QVBoxLayout()
        column.setSpacing(16)
        for part in (self._head(), self._buttons(), self._drop(), self._recent_title):
            column.addWidget(part)
        self._recent.setSpacing(0)
        column.addLayout(self._recent)
        self._center(column)

    def _head(self) -> QWidget:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 8)
        row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._about)
        row.addWidget(self._logo)
        row.addLayout(words, 1)
        return head

    def _buttons(self) -> QWidget:
        buttons = QWidget()
        row = QHBoxLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for button in (self.model_button, self.sample_button):
            button.setObjectName("large")
            button.setIconSize(QSize(18, 18))
            row.addWidget(button, 1)
        return buttons

    def _drop(self) -> QFrame:
        self.drop_area.setObjectName("drop_area")
        self.drop_area.setMinimumHeight(112)
        self._drop_text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop_text.setWordWrap(True)
        QVBoxLayout(self.drop_area).addWidget(self._drop_text)
        return self.drop_area

    def _center(self, column: QVBoxLayout) -> None:
        body = QWidget()
        body.setLayout(column)
        body.setMaximumWidth(WIDTH)
        row = QHBoxLayout(self)
        row.addStretch(1)
        outer = QVBoxLayout()
        outer.addStretch(2)
        outer.addWidget(body)
        outer.addStretch(3)
        row.addLayout(outer, 8)
        row.addStretch(1)

    def _recent_button(self, path: str) -> QPushButton:
        button = QPushButton(f"{Path(path).name}   —   {Path(path).parent}")
        button.setObjectName("recent")
        button.setProperty("verbatim", True)
        button.setToolTip(path)
        button.setAccessibleName(path)
        button.setMinimumHeight(28)
        button.setIcon(icon("file", self._themes.current, self._themes.current.muted))
        metrics = button.fontMetrics()
        button.setText(metrics.elidedText(button.text(), Qt.TextElideMode.ElideMiddle, WIDTH - 64))
        button.clicked.connect(lambda: self.open_path.emit(path))
        return button

    def _theme_changed(self, theme: Theme) -> None:
        self._logo.setPixmap(pixmap("qviz", theme.text, 56, self.devicePixelRatioF()))
        self.model_button.setIcon(icon("model", theme, theme.accent_text))
        self.sample_button.setIcon(icon("sample", theme))
        self.show_recent()

    def _retranslate(self) -> None:
        self._about.setText(self.tr("See what quantization does to a network, and put it right."))
        self.model_button.setText(self.tr("Open model…"))
        self.sample_button.setText(self.tr("Try the sample"))
        self._drop_text.setText(self.tr("Drop an ONNX model, data, encodings or a session here"))
        self._recent_title.setText(self.tr("Recent"))


def _title_font(font: QFont) -> QFont:
    title = QFont(font)
    title.setPointSizeF(font.pointSizeF() * 2.2)
    title.setWeight(QFont.Weight.DemiBold)
    return title
