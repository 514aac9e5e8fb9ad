"""What all panels share apart from the session: selection, hover, the unfinished drag. One frozen value."""

from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class ViewState:
    """`selected` are names of quantizers (the last is shown in the editor); `node` is the node picked in the graph."""

    selected: tuple[str, ...] = ()
    node: str | None = None
    hovered: str | None = None  # a node
    dragging: str | None = None  # the quantizer whose handle is held
    channel: int | None = None  # picked in the current quantizer; None: the widest

    @property
    def current(self) -> str | None:
        return self.selected[-1] if self.selected else None


class View(QObject):
    """Holds the ViewState and tells panels when it changes (new state, old state)."""

    changed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = ViewState()

    def update(self, **fields: Any) -> None:
        """Replace some fields; panels are told only where something differs."""
        before, after = self.state, replace(self.state, **fields)
        if after.current != before.current and "channel" not in fields:
            after = replace(after, channel=None)  # a channel is picked in one quantizer
        self.state = after
        if self.state != before:
            self.changed.emit(self.state, before)
