"""The search field: which nodes a text means, and stepping through them."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from qviz.graph.graph import Graph


def matches(graph: Graph, text: str) -> list[str]:
    """Names of the nodes whose name, operator or tensors contain `text`, whatever the case, in graph order."""
    wanted = text.strip().casefold()
    if not wanted:
        return []
    return [
        node.name
        for node in graph.nodes
        if any(wanted in part.casefold() for part in (node.name, node.op, *node.inputs, *node.outputs))
    ]


class SearchField(QLineEdit):
    """Enter goes to the next match, Shift+Enter to the one before, Esc clears."""

    stepped = Signal(int)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Found:
    """The matches of one text and where among them we are."""

    def __init__(self) -> None:
        self.names: Sequence[str] = ()
        self.at = -1

    def look_for(self, graph: Graph | None, text: str) -> None:
        self.names, self.at = ([] if graph is None else matches(graph, text)), -1

    def step(self, by: int) -> str | None:
        """The next (1) or previous (-1) match, round and round."""
        if not self.names:
            return None
        self.at = (self.at + by) % len(self.names) if self.at >= 0 else (0 if by > 0 else len(self.names) - 1)
        return self.names[self.at]
