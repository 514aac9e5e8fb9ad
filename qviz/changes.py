"""What observers of a session are told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

ChangeKind = Literal[
    "model", "data", "encodings", "what_if", "baseline", "histograms", "result", "checked", "sensitivity", "weights",
    "pictures", "tried", "layout", "progress", "failed", "saved", "exported", "engine",
]  # fmt: skip


@dataclass(frozen=True)
class Change:
    """`kind` names what changed; `detail` is the event or value behind it, if any."""

    kind: ChangeKind
    detail: Any = None


Observer = Callable[[Change], None]
