"""Searching: what the field's text means is listed, outlined in the graph, and gone through."""

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QLabel, QWidget

from qviz.session import Session
from qviz.ui.graphview.scene import GraphScene
from qviz.ui.graphview.search import Found, ResultList, SearchField


class Finder(QObject):
    """Brings together the field, its list over the graph, and the scene."""

    reached = Signal(str)  # the node of the match that one has come to

    def __init__(
        self, session: Session, scene: GraphScene, field: SearchField, count: QLabel, over: QWidget, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._session, self._scene, self._field, self._count, self._over = session, scene, field, count, over
        self._found = Found()
        self.results = ResultList(parent)
        field.textChanged.connect(self._look_for)
        field.stepped.connect(self.step)
        self.results.picked.connect(self.pick)

    def step(self, by: int) -> None:
        """To the next match (1) or the one before (-1)."""
        name = self._found.step(by)
        if name is not None:
            self._reach(name)

    def pick(self, row: int) -> None:
        """To a row of the list."""
        self._reach(self._found.go(row))

    def mark(self) -> None:
        """Outline the cards of what was found."""
        found = (self._scene.drawn_as(m.node) for m in self._found.all)
        self._scene.find({n for n in found if n is not None})

    def _look_for(self, text: str) -> None:
        self._found.look_for(self._session.graph, text)
        self.mark()
        self._count.setText(self.tr("none") if text.strip() and not self._found.all else "")
        self._count.setVisible(bool(text.strip()))
        place = self._over.geometry()
        self.results.show_matches(self._found.all, place.topLeft() + QPoint(8, 0), place.width() - 16)
        self.step(1)

    def _reach(self, node: str) -> None:
        self._count.setText(f"{self._found.at + 1}/{len(self._found.all)}")
        self.results.setCurrentRow(self._found.at)
        self.reached.emit(node)
