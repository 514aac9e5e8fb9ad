"""What the channels tab draws: the values and the clip range of every channel, in order."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qviz.edits import requested_range
from qviz.ui.editor.subject import EDGES, Edge, Subject

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Order = Literal["channel", "width"]


@dataclass(frozen=True, eq=False)
class Rows:
    """All arrays have shape (channels,). Position p along the axis shows channel `order[p]`."""

    low: Doubles  # of the values
    high: Doubles
    clip_low: Doubles  # effective; the same everywhere where per-tensor
    clip_high: Doubles
    order: Ints

    def __len__(self) -> int:
        return len(self.order)

    def position(self, channel: int) -> int:
        return int(np.flatnonzero(self.order == channel)[0])


def rows_of(subject: Subject, order: Order) -> Rows | None:
    """The channels of a quantizer; None where its values are not known channel by channel."""
    histogram, encoding = subject.histogram, subject.setting.encoding
    if histogram is None or not histogram.per_channel:
        return None
    low, high = np.minimum(histogram.channel_min, 0.0), np.maximum(histogram.channel_max, 0.0)
    if encoding is None or encoding.channels not in (1, len(low)):
        clip_low, clip_high = np.zeros_like(low), np.zeros_like(high)
    else:
        clip_low, clip_high = (np.broadcast_to(edge, low.shape) for edge in (encoding.min, encoding.max))
    return Rows(low, high, clip_low, clip_high, order_of(low, high, order))


def order_of(low: Doubles, high: Doubles, order: Order) -> Ints:
    """Channels by index, or by the width of their values, widest first: no edit of a range changes it."""
    if order == "width":
        return np.argsort(low - high, kind="stable").astype(np.int64)
    return np.arange(len(low), dtype=np.int64)


def edges_of(subject: Subject, channel: int) -> tuple[float, float]:
    """Where the handles of a channel stand: as requested; where the edges mirror each other, what the grid covers."""
    encoding, requested = subject.setting.encoding, requested_range(subject.setting)
    assert encoding is not None
    if subject.mirrored or requested is None:
        at = channel if encoding.channels > 1 else 0
        return float(encoding.min[at]), float(encoding.max[at])
    at = channel if len(requested.low) > 1 else 0
    return requested.low[at], requested.high[at]


def movable(subject: Subject, rows: Rows, channel: int) -> list[Edge]:
    """The edges of a channel that can be dragged: not the zero edge of one-sided values."""
    if not subject.editable:
        return []
    if subject.mirrored:
        return list(EDGES)
    one = slice(channel, channel + 1) if subject.setting.spec.per_channel else slice(None)
    empty = {"min": (rows.low[one] >= 0).all(), "max": (rows.high[one] <= 0).all()}
    free = [e for e, v in zip(EDGES, edges_of(subject, channel), strict=True) if v != 0 or not empty[e]]
    return free or list(EDGES)
