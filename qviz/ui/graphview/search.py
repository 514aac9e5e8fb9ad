"""The search field: what a text means, a list of it under the field, and stepping through it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QWidget

from qviz.graph.graph import Graph, Node

LISTED, ROWS = 200, 8  # entries in the list, of which so many are seen at once


@dataclass(frozen=True)
class Match:
    """A node, found by its name or operator, or by the tensor named."""

    node: str
    text: str  # as listed


def matches(texts: Sequence[tuple[str, Node]], text: str) -> list[Match]:
    """Nodes whose name, operator or a tensor contains `text`, whatever the case, in the order of `searched`."""
    wanted = text.strip().casefold()
    return [m for words, node in texts if wanted in words for m in _match(node, wanted)] if wanted else []


def searched(graph: Graph) -> list[tuple[str, Node]]:
    """All that each node is found by, in the order of the graph."""
    return [("\n".join((n.name, n.op, *n.outputs, *n.inputs)).casefold(), n) for n in graph.nodes]


def _match(node: Node, wanted: str) -> Iterator[Match]:
    if any(wanted in part.casefold() for part in (node.name, node.op)):
        yield Match(node.name, f"{node.op}  {node.name}")
        return
    tensor = next((t for t in (*node.outputs, *node.inputs) if wanted in t.casefold()), None)
    if tensor is not None:
        yield Match(node.name, f"{node.op}  {tensor}")


class SearchField(QLineEdit):
    """Enter and Down go to the next match, Shift+Enter and Up to the one before, Esc clears."""

    stepped = Signal(int)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.stepped.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)


class ResultList(QListWidget):
    """The matches over the top of the graph; the keys stay with the field."""

    picked = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("verbatim", True)
        self.itemClicked.connect(lambda _item: self.picked.emit(self.currentRow()))
        self.hide()

    def show_matches(self, found: Sequence[Match], at: QPoint, width: int) -> None:
        """List these below a point of the parent; nothing, nothing shown."""
        self.clear()
        self.addItems([m.text for m in found[:LISTED]])
        for row, match in enumerate(found[:LISTED]):
            self.item(row).setToolTip(match.text)
        self.setVisible(bool(found))
        if found:
            height = self.sizeHintForRow(0) * min(len(found), ROWS) + 2 * self.frameWidth()
            self.setGeometry(at.x(), at.y(), width, height)
            self.raise_()


class Found:
    """The matches of one text and where among them we are."""

    def __init__(self) -> None:
        self.all: Sequence[Match] = ()
        self.at = -1
        self._graph: Graph | None = None
        self._texts: Sequence[tuple[str, Node]] = ()  # of that graph

    def look_for(self, graph: Graph | None, text: str) -> None:
        if graph is not self._graph:
            self._graph, self._texts = graph, () if graph is None else searched(graph)
        self.all, self.at = matches(self._texts, text), -1

    def step(self, by: int) -> str | None:
        """The node of the next (1) or previous (-1) match, round and round."""
        if not self.all:
            return None
        return self.go((self.at + by) % len(self.all) if self.at >= 0 else (0 if by > 0 else len(self.all) - 1))

    def go(self, at: int) -> str:
        """The node of one match."""
        self.at = at
        return self.all[at].node
