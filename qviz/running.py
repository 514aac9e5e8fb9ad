"""How simulations run: what the session asked for, and what its engine told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qviz.document import Document
from qviz.judged_blocks import JudgedBlocks
from qviz.model_file import opened
from qviz.sim.events import Event, Memory, Modes
from qviz.sim.judge_blocks import BlocksJudged
from qviz.sim.result import Mode


@dataclass
class Running:
    """`integer`: on integer kernels where these are exact, else all as fake-quant. `cache`: bytes, None: a quarter.

    `modes` are by node, those of the newest simulation; `memory` is how full the engine's cache is; `blocks` is
    what weights quantized by block lose.
    """

    integer: bool = True
    cache: int | None = None
    modes: Mapping[str, Mode] = field(default_factory=dict)
    memory: Memory | None = None
    blocks: JudgedBlocks = field(default_factory=JudgedBlocks)

    def follow(self, document: Document) -> None:
        """Run as `document` says, another model."""
        opened(document.model)
        self.modes = {}
        self.blocks.forget()
        if document.integer is not None:
            self.integer = document.integer

    def take(self, event: Event) -> None:
        """Take in what the engine told of this."""
        if isinstance(event, Modes):
            self.modes = event.modes
        elif isinstance(event, Memory):
            self.memory = event
        elif isinstance(event, BlocksJudged):
            self.blocks.take(event)
