"""A path with buttons to choose a file or a folder."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget


class PathField(QWidget):
    """`path` holds what was typed or chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path, self._file, self._folder = QLineEdit(), QPushButton(), QPushButton()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for part in (self.path, self._file, self._folder):
            row.addWidget(part)
        self.path.setMinimumWidth(160)
        self._file.clicked.connect(self._choose_file)
        self._folder.clicked.connect(self._choose_folder)
        self._retranslate()

    def text(self) -> str:
        """The path without blanks around it; empty where there is none."""
        return self.path.text().strip()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _retranslate(self) -> None:
        self._file.setText(self.tr("File…"))
        self._folder.setText(self.tr("Folder…"))

    def _choose_file(self) -> None:
        pattern = self.tr("Data ({0});;All files (*)").format("*.npz *.csv")
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Data"), self.text(), pattern)
        if chosen:
            self.path.setText(chosen)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"), self.text())
        if chosen:
            self.path.setText(chosen)
