"""Small controls that every panel uses."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from qviz.ui.controls.number_label import NumberLabel


class Requests(QObject):
    """Counts how often a widget is asked to lay its parts out anew."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return super().eventFilter(watched, event)


def test_a_number_that_changes_lays_nothing_out_until_it_needs_more_room(qtbot: QtBot) -> None:
    box, number = QWidget(), NumberLabel("100.0 dB")
    row = QHBoxLayout(box)
    row.addWidget(number)
    row.addWidget(QLabel("beside"))
    qtbot.addWidget(box)
    with qtbot.waitExposed(box):
        box.show()
    QApplication.processEvents()
    requests, width = Requests(box), number.width()
    for text in ("9.1 dB", "12.3 dB", "", "100.0 dB"):
        number.setText(text)
        QApplication.processEvents()
    assert (requests.count, number.width()) == (0, width)
    number.setText("12,345,678.9 dB")
    QApplication.processEvents()
    assert requests.count > 0
    assert number.width() >= number.sizeHint().width() > width
