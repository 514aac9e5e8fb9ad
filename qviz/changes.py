"""What observers of a session are told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qviz.sim.arrange import Arranged
from qviz.sim.detail import WeightPixels
from qviz.sim.events import Memory, Modes
from qviz.sim.find import RangesFound
from qviz.sim.inspect import Pictures
from qviz.sim.judge_blocks import BlocksJudged
from qviz.sim.trial import Tried

ChangeKind = Literal[
    "model", "data", "encodings", "what_if", "baseline", "histograms", "result", "checked", "sensitivity", "weights",
    "pictures", "tried", "layout", "ranges", "blocks", "progress", "failed", "saved", "exported", "engine",
    "modes", "memory", "integer",
]  # fmt: skip
TOLD_AS: Mapping[type, ChangeKind] = {  # answers to what was looked at, and how it runs
    WeightPixels: "weights", Pictures: "pictures", Tried: "tried", Arranged: "layout", RangesFound: "ranges",
    BlocksJudged: "blocks", Modes: "modes", Memory: "memory",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """`kind` names what changed; `detail` is the event or value behind it, if any."""

    kind: ChangeKind
    detail: Any = None


Observer = Callable[[Change], None]
