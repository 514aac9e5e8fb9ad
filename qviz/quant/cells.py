"""The cells of a grid: which level is nearest, and what the distance to it amounts to. In units of the scale.

Between two levels a distance d apart, the squared distance to the nearest one integrates to d**3 / 12. So with B(k) the
sum of these from zero to level k, the squared error has the antiderivative B(k) + (t - level)**3 / 3.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from qviz.quant.bins import Doubles, Ints


class Cells(Protocol):
    """`first` and `last`, numbers or arrays, are the outermost levels."""

    @property
    def first(self) -> Doubles | float:
        """The lowest level."""

    @property
    def last(self) -> Doubles | float:
        """The highest level."""

    def nearest(self, t: Doubles) -> tuple[Doubles, Doubles]:
        """(level, B) of the level nearest to each of `t`, in its shape."""


@dataclass(frozen=True, eq=False)
class IntegerCells:
    """Codes offset..offset + steps, with an offset for each of `t`."""

    offset: Ints
    steps: int

    @cached_property
    def first(self) -> Doubles:
        return self.offset.astype(np.float64)

    @cached_property
    def last(self) -> Doubles:
        return (self.offset + self.steps).astype(np.float64)

    def nearest(self, t: Doubles) -> tuple[Doubles, Doubles]:
        code = np.clip(np.rint(t), self.first, self.last)
        return code, code / 12.0


@dataclass(frozen=True, eq=False)
class LevelCells:
    """Any rising levels, shape (levels,)."""

    levels: Doubles

    @property
    def first(self) -> float:
        return float(self.levels[0])

    @property
    def last(self) -> float:
        return float(self.levels[-1])

    @cached_property
    def borders(self) -> Doubles:
        return (self.levels[1:] + self.levels[:-1]) / 2.0

    @cached_property
    def _below(self) -> Doubles:
        """B, counted from the level next to zero, where it must be exact: it grows with the cube."""
        cubes = np.diff(self.levels) ** 3 / 12.0
        zero = int(np.argmin(np.abs(self.levels)))
        down, up = np.cumsum(cubes[:zero][::-1])[::-1], np.cumsum(cubes[zero:])
        return np.concatenate((-down, [0.0], up))

    def nearest(self, t: Doubles) -> tuple[Doubles, Doubles]:
        at = np.searchsorted(self.borders, t, side="right")
        return self.levels[at], self._below[at]
