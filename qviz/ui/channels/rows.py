"""What the channels tab draws: the values and the clip range of every channel, in order."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qviz.edits import requested_range
from qviz.quant.grid import Grid
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
    other: tuple[Doubles, Doubles] | None = None  # clip ranges of the state compared with, where they differ
    other_name: str = ""

    def __len__(self) -> int:
        return len(self.order)

    def position(self, channel: int) -> int:
        return int(np.flatnonzero(self.order == channel)[0])


def rows_of(subject: Subject, order: Order) -> Rows | None:
    """The channels of a quantizer; None where its values are not known channel by channel."""
    histogram, grid = subject.histogram, subject.setting.grid
    if histogram is None or not histogram.per_channel:
        return None
    low, high = np.minimum(histogram.channel_min, 0.0), np.maximum(histogram.channel_max, 0.0)
    clip_low, clip_high = _clips(grid, len(low))
    other = None if subject.other is None else _clips(subject.other.grid, len(low))
    if other is not None and np.array_equal(other, (clip_low, clip_high)):
        other = None
    return Rows(low, high, clip_low, clip_high, order_of(low, high, order), other, subject.other_name)


def _clips(grid: Grid | None, channels: int) -> tuple[Doubles, Doubles]:
    """The effective range of each channel: of blocks what they cover together, nothing where that is not known."""
    if grid is None or (grid.channels % channels and grid.channels > 1):
        return np.zeros(channels), np.zeros(channels)
    low, high = (np.resize(edge, (channels, max(grid.channels // channels, 1))) for edge in (grid.min, grid.max))
    return low.min(axis=1), high.max(axis=1)


def order_of(low: Doubles, high: Doubles, order: Order) -> Ints:
    """Channels by index, or by the width of their values, widest first: no edit of a range changes it."""
    if order == "width":
        return np.argsort(low - high, kind="stable").astype(np.int64)
    return np.arange(len(low), dtype=np.int64)


def edges_of(subject: Subject, channel: int) -> tuple[float, float]:
    """Where the handles of a channel stand: as requested; where the edges mirror each other, what the grid covers."""
    grid, requested = subject.setting.grid, requested_range(subject.setting)
    assert grid is not None
    if subject.by_block:
        clip_low, clip_high = _clips(grid, subject.quantizer.channels)
        return float(clip_low[channel]), float(clip_high[channel])
    if subject.mirrored or requested is None:
        at = channel if grid.channels > 1 else 0
        return float(grid.min[at]), float(grid.max[at])
    at = channel if len(requested.low) > 1 else 0
    return requested.low[at], requested.high[at]


def movable(subject: Subject, rows: Rows, channel: int) -> list[Edge]:
    """The edges of a channel that can be dragged: not the zero edge of one-sided values."""
    if not subject.editable or subject.by_block:
        return []
    if subject.mirrored:
        return list(EDGES)
    one = slice(channel, channel + 1) if subject.setting.spec.per_channel else slice(None)
    empty = {"min": (rows.low[one] >= 0).all(), "max": (rows.high[one] <= 0).all()}
    free = [e for e, v in zip(EDGES, edges_of(subject, channel), strict=True) if v != 0 or not empty[e]]
    return free or list(EDGES)
