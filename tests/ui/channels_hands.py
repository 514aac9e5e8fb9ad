"""The channels tab under the mouse and the keyboard, on the sample's weights with a real engine behind it."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from qviz.paths import sample
from qviz.session import Session
from qviz.ui.channels.panel import ChannelsPanel
from qviz.ui.theme import ThemeSource
from qviz.ui.view_state import View

WEIGHT, OTHER = "block3/depthwise/conv.weight", "block1/depthwise/conv.weight"
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def opened():
    with Session.open(str(sample("digits_mobile.onnx"))) as session:
        yield session


@pytest.fixture
def session(opened):
    """The calibrated session; what a test edits is put back."""
    before = opened.committed
    yield opened
    opened.cancel_preview()
    opened.commit(before, "Back")


class Hands:
    """A panel in its window, and what a user's hands do to it."""

    def __init__(self, qtbot, session: Session) -> None:
        self.session, self.view, self.themes = session, View(), ThemeSource()
        self.panel = ChannelsPanel(session, self.view, self.themes)
        self.plot, self.numbers = self.panel.plot, self.panel.numbers
        self.stop = session.observe(lambda change: self.panel.refresh() if change.kind == "encodings" else None)
        qtbot.addWidget(self.panel)
        self.panel.resize(840, 590)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.panel.activateWindow()
        self.select(WEIGHT)

    def select(self, name: str) -> None:
        self.view.update(selected=(name,))
        self.panel.refresh()

    def ranges(self) -> tuple[np.ndarray, np.ndarray]:
        requested = self.session.encodings[self.view.state.current].range
        return np.array(requested.low), np.array(requested.high)

    def effective(self) -> np.ndarray:
        return self.session.encodings[self.view.state.current].encoding.max

    def center(self, channel: int) -> float:
        return self.plot.geometry_().x(self.plot.rows.position(channel) + 0.5)

    def handle(self, edge: str):
        return next(h for h in self.plot.handles() if h.edge == edge)

    def press(self, x: float, y: float) -> None:
        QTest.mousePress(self.plot, LEFT, NO_KEY, QPoint(round(x), round(y)))

    def move(self, x: float, y: float, keys=NO_KEY) -> None:
        at = QPointF(x, y)
        moved = QMouseEvent(
            QMouseEvent.Type.MouseMove, at, self.plot.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, keys
        )
        QApplication.sendEvent(self.plot, moved)

    def release(self, x: float, y: float) -> None:
        QTest.mouseRelease(self.plot, LEFT, NO_KEY, QPoint(round(x), round(y)))

    def drag(self, edge: str, by: float) -> None:
        x, y = self.handle(edge).line.center().x(), round(self.handle(edge).line.y1())
        self.press(x, y)
        self.move(x, y + by / 2)
        self.move(x, y + by)
        self.release(x, y + by)

    def wheel(self, x: float, delta: int, keys=NO_KEY) -> None:
        at = QPointF(x, 200)
        turned = QWheelEvent(
            at, self.plot.mapToGlobal(at), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, keys,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.plot, turned)

    def key(self, key: Qt.Key, keys=NO_KEY) -> None:
        QTest.keyClick(self.plot, key, keys)

    def text(self, name: str) -> str:
        return self.numbers.labels[name].text()


@pytest.fixture
def hands(qtbot, session):
    hands = Hands(qtbot, session)
    yield hands
    hands.stop()


def entries(session: Session) -> int:
    return session.history.index


def asymmetric(session: Session) -> None:
    session.set_spec(WEIGHT, scheme="asymmetric")
