"""The tensor editor on the sample model with a real engine behind it, and a user's hands on it."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from qviz.paths import sample
from qviz.session import Session
from qviz.ui.editor.panel import EditorPanel
from qviz.ui.theme import ThemeSource
from qviz.ui.view_state import View

TWO_SIDED, ONE_SIDED, WEIGHT = "block2/add", "block3/expand/relu", "block2/expand/conv.weight"
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def opened():
    with Session.open(str(sample("digits_mobile.onnx")), str(sample("digits_eval.npz"))) as session:
        yield session


@pytest.fixture
def session(opened):
    """The calibrated session; what a test edits is put back."""
    before = opened.committed
    yield opened
    opened.commit(before, "Back")


class Hands:
    """A panel in its window, and what a user's hands do to it."""

    def __init__(self, qtbot, session: Session) -> None:
        self.session, self.view, self.themes = session, View(), ThemeSource()
        self.panel = EditorPanel(session, self.view, self.themes)
        self.plot, self.handles = self.panel.plot, self.panel.plot.pair.handles
        self.stop = session.observe(self._told)
        qtbot.addWidget(self.panel)
        self.panel.resize(840, 520)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.panel.activateWindow()

    def _told(self, change) -> None:
        if change.kind in ("encodings", "histograms", "ranges"):
            getattr(self.panel, f"refresh_{change.kind}")()

    def select(self, name: str) -> None:
        self.view.update(selected=(name,))
        self.plot.grab()

    def range(self, name: str | None = None) -> tuple[float, float]:
        setting = self.session.encodings[name or self.view.state.current]
        return min(setting.range.low), max(setting.range.high)

    def at(self, x: float, y: float = 220):
        return self.plot.mapFromScene(QPointF(x, y))

    def press(self, x: float, y: float = 220, button=LEFT) -> None:
        QTest.mousePress(self.plot.viewport(), button, NO_KEY, self.at(x, y))

    def move(self, x: float, y: float = 220, keys=NO_KEY) -> None:
        at = QPointF(self.at(x, y))
        port = self.plot.viewport()
        held = QMouseEvent(QMouseEvent.Type.MouseMove, at, port.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, keys)
        QApplication.sendEvent(port, held)

    def release(self, x: float, y: float = 220, button=LEFT) -> None:
        QTest.mouseRelease(self.plot.viewport(), button, NO_KEY, self.at(x, y))

    def wheel(self, x: float, delta: int) -> None:
        port, at = self.plot.viewport(), QPointF(self.at(x))
        turned = QWheelEvent(
            at, port.mapToGlobal(at), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, NO_KEY,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(port, turned)

    def drag(self, edge: str, by: float) -> None:
        start = self.handles[edge].x_at
        self.press(start)
        self.move(start + by / 2)
        self.move(start + by)
        self.release(start + by)

    def pixel(self) -> float:
        low, high = self.plot.span
        return (self.plot.value_map.value(high) - self.plot.value_map.value(low)) / self.plot.pixels()

    def number(self, name: str) -> str:
        return self.panel.readout._values[name].text()


@pytest.fixture
def hands(qtbot, session):
    hands = Hands(qtbot, session)
    yield hands
    hands.stop()


def entries(session: Session) -> int:
    return session.history.index
