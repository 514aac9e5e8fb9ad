"""How many values lie below a place, and where a share of them lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from qviz.quant.bins import Doubles, Ints


@dataclass(frozen=True, eq=False)
class Layer:
    """Disjoint ascending intervals low..high with `count` values each, spread evenly; low = high is one value."""

    low: Doubles
    high: Doubles
    count: Ints

    def below(self, at: Doubles, side: Literal["left", "right"]) -> Doubles:
        """How many values lie below each of `at` (side "left"), or not above it ("right")."""
        if not len(self.low):
            return np.zeros(len(at))
        i = np.searchsorted(self.high, at, side=side)
        last = np.minimum(i, len(self.low) - 1)
        width = (self.high - self.low)[last]
        inside = (i < len(self.low)) & (width > 0)
        part = np.divide(at - self.low[last], width, out=np.zeros(len(at)), where=inside)
        return self._before[i] + np.clip(part, 0.0, 1.0) * self.count[last]

    @cached_property
    def _before(self) -> Doubles:
        return np.concatenate(([0], np.cumsum(self.count))).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Mass:
    """Layers on top of each other."""

    layers: Sequence[Layer]

    def below(self, at: Doubles, side: Literal["left", "right"]) -> Doubles:
        return np.sum([layer.below(at, side) for layer in self.layers], axis=0)

    def quantile(self, share: Doubles) -> Doubles:
        """Values below which the shares (0..1) lie; 0 where there are no values."""
        places, counts = self._steps
        if not len(places):
            return np.zeros(share.shape)
        return np.interp(np.clip(share, 0.0, 1.0) * counts[-1], counts, places)

    @cached_property
    def _steps(self) -> tuple[Doubles, Doubles]:
        """Places, and how many values lie below and not above each."""
        places = np.unique(np.concatenate([edge for layer in self.layers for edge in (layer.low, layer.high)]))
        counts = np.stack((self.below(places, "left"), self.below(places, "right")), axis=1)
        return np.repeat(places, 2), counts.reshape(-1)
