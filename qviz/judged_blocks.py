"""What weights quantized by block lose, as far as an engine has told it; what is not known yet is asked for."""

import time
from collections import OrderedDict
from collections.abc import Callable

from qviz.graph.graph import Quantizer
from qviz.quant.blocks import BlockGrid
from qviz.sim.judge_blocks import BlocksJudged, JudgeBlocks

KEPT = 4096  # answers
PATIENCE = 2.0  # seconds until a question is asked again, since engines die


class JudgedBlocks:
    """Answers by quantizer and grid. One question about a quantizer is under way at a time."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], float] = OrderedDict()
        self._asked: dict[str, float] = {}  # when, by quantizer

    def sqnr_db(self, quantizer: Quantizer, grid: BlockGrid, ask: Callable[[JudgeBlocks], None]) -> float | None:
        """SQNR in dB of the weight on `grid`; None where that is not known yet: then it is told later, if asked."""
        name, key, now = quantizer.name, hash(grid), time.monotonic()
        found = self._known.get((name, key))
        if found is None and now - self._asked.get(name, -PATIENCE) >= PATIENCE:
            self._asked[name] = now
            ask(JudgeBlocks(name, key, tuple(quantizer.tensors), quantizer.axis, grid))
            found = self._known.get((name, key))  # an engine in this process answers at once
        return found

    def take(self, answer: BlocksJudged) -> None:
        """Remember an answer."""
        self._asked.pop(answer.name, None)
        self._known[answer.name, answer.key] = answer.sqnr_db
        if len(self._known) > KEPT:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Another model."""
        self._known.clear()
        self._asked.clear()
