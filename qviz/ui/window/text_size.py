"""The size of every text, remembered between runs."""

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from qviz.ui.theme import NORMAL_TEXT, interface_font

KEY = "text_size"
SMALLEST, LARGEST = 7.0, 18.0  # points


def text_size() -> float:
    """Points, as chosen last."""
    try:
        return float(str(QSettings().value(KEY, NORMAL_TEXT)))
    except ValueError:
        return NORMAL_TEXT


def change_text_size(points: float) -> None:
    """Larger or smaller by so many points, within limits; 0 is back to normal."""
    size = min(max(text_size() + points, SMALLEST), LARGEST) if points else NORMAL_TEXT
    QSettings().setValue(KEY, size)
    QApplication.setFont(interface_font(size))
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.setStyleSheet(app.styleSheet())  # widgets with a style sheet keep their font until it is set again
