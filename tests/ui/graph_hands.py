"""A graph panel in its window, and what a user's hands do to it."""

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.graphview.panel import GraphPanel
from qviz.ui.theme import ThemeSource
from qviz.ui.view_state import View

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Hands:
    """The panel is 300 x 760 pixels, as it is docked."""

    def __init__(self, qtbot, session: Session) -> None:
        self.session, self.view, self.themes = session, View(), ThemeSource()
        self.bridge = Bridge()
        self.bridge.attach(session)
        self.panel = GraphPanel(session, self.bridge, self.view, self.themes)
        self.graph, self.scene = self.panel.graph, self.panel.scene
        qtbot.addWidget(self.panel)
        self.panel.resize(300, 760)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.panel.activateWindow()
        qtbot.waitUntil(lambda: self.scene.full)

    def refresh(self) -> None:
        self.panel.refresh_encodings()
        self.scene.finish()

    def node_of(self, quantizer: str) -> str:
        return self.session.quantizers[quantizer].node

    def place(self, node: str) -> QPoint:
        return self.graph.mapFromScene(self.scene.nodes[node].pos())

    def click(self, node: str, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        self.graph.reveal(node)
        QTest.mouseClick(self.graph.viewport(), LEFT, keys, self.place(node))

    def press(self, key: Qt.Key) -> None:
        self.graph.setFocus()
        QTest.keyClick(self.graph, key)

    def in_view(self, node: str) -> bool:
        area = self.graph.mapFromScene(self.scene.nodes[node].sceneBoundingRect()).boundingRect()
        return self.graph.viewport().rect().contains(area)

    def drag(self, start: QPoint, end: QPoint, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        port = self.graph.viewport()
        QTest.mousePress(port, LEFT, keys, start)
        for share in (0.3, 0.6, 1.0):
            QTest.mouseMove(port, start + (end - start) * share)
        QTest.mouseRelease(port, LEFT, keys, end)

    def wheel(self, at: QPoint, delta: int) -> None:
        port = self.graph.viewport()
        turned = QWheelEvent(
            QPointF(at), QPointF(port.mapToGlobal(at)), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, NO_KEY,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(port, turned)
