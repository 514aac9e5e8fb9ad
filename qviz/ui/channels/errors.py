"""The error of every channel, kept up to date a few channels at a time, so that no frame waits for all of them."""

import time

import numpy as np
from numpy.typing import NDArray

from qviz.quant.encoding import Encoding
from qviz.quant.error import channel_errors
from qviz.quant.grid import Grid, ScaledGrid
from qviz.quant.histogram import Histogram

BINS_AT_ONCE = 8192  # below a millisecond

Doubles = NDArray[np.float64]


class ChannelErrors:
    """Follows a histogram and a grid; where a grid changes, only the channels that differ are done again."""

    def __init__(self) -> None:
        self.histogram: Histogram | None = None
        self._grid: Grid | None = None
        self._next = 0

    def follow(self, histogram: Histogram, grid: Grid) -> None:
        """From now on about these. Which channels are out of date follows from their levels."""
        if histogram is not self.histogram:
            self.histogram, self._grid = histogram, None
            self.count, self.signal = histogram.channel_total, histogram.channel_energy
            self.rounding, self.clipping, self.clipped = np.zeros((3, histogram.channels))
            self.stale = np.ones(histogram.channels, bool)
        before, self._grid = self._grid, grid
        self.stale |= differing(before, grid)

    def find(self, channel: int) -> None:
        """Bring one channel up to date now."""
        if self.stale[channel]:
            self._find(channel, channel + 1)

    def work(self, milliseconds: float) -> bool:
        """Bring more channels up to date for so long, going round; whether some still wait."""
        end = time.perf_counter() + milliseconds / 1000
        while self.stale.any():
            waiting = np.flatnonzero(self.stale)
            first = int(waiting[np.searchsorted(waiting, self._next) % len(waiting)])
            block = self.stale[first : first + self._block()]
            last = first + (len(block) if block.all() else int(block.argmin()))
            self._find(first, last)
            self._next = last
            if time.perf_counter() > end:
                break
        return bool(self.stale.any())

    @property
    def decibel(self) -> Doubles:
        """Error of each channel in dB against its own signal, shape (channels,); −inf where nothing is lost."""
        return decibel(self.rounding + self.clipping, self.signal)

    @property
    def tensor_decibel(self) -> float:
        """Error of the whole tensor in dB against its signal."""
        return float(decibel((self.rounding + self.clipping).sum(), self.signal.sum()))

    def _block(self) -> int:
        assert self.histogram is not None
        return max(1, BINS_AT_ONCE * len(self.stale) // max(len(self.histogram.spread.count), 1))

    def _find(self, first: int, last: int) -> None:
        assert self.histogram is not None
        assert self._grid is not None
        part = slice(first, last)
        found = channel_errors(self.histogram, self._grid, first, last)
        self.rounding[part], self.clipping[part], self.clipped[part] = found
        self.stale[part] = False


def decibel(noise: Doubles, signal: Doubles) -> Doubles:
    """10 log10(noise / signal); −inf where there is no noise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        level = 10 * np.log10(np.divide(noise, signal))
    return np.where(noise > 0, level, -np.inf)


def differing(before: Grid | None, now: Grid) -> NDArray[np.bool_] | bool:
    """Which rows have other levels than before, shape (channels,); or whether all are to be taken for different."""
    if isinstance(before, Encoding) and isinstance(now, Encoding) and before.steps == now.steps:
        return np.asarray((before.scale != now.scale) | (before.offset != now.offset))
    if isinstance(before, ScaledGrid) and isinstance(now, ScaledGrid) and before.channels == now.channels:
        moved = before.scale != now.scale
        return np.asarray(moved) if np.array_equal(before.cells.levels, now.cells.levels) else True
    return True
