"""What Help > About says."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from qviz import __version__


def about(window: QWidget) -> None:
    """Say what this is."""
    title = QCoreApplication.translate("about", "About qviz")
    text = QCoreApplication.translate(
        "about", "qviz {0}: see and tune the quantization of a neural network while it runs."
    )
    QMessageBox.about(window, title, text.format(__version__))
