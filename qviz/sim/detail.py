"""A close look at one weight: what is asked for and what is answered. Plain values that travel between processes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qviz.encodings import Setting

Kind = Literal["weights", "difference"]
Part = tuple[int, int, int, int]  # first row, row after the last, first column, column after the last


@dataclass(frozen=True)
class WeightImage:
    """An image of at most `rows` x `columns` pixels of `part` of a weight, seen as (output channels, the rest).

    `kind` says which weight stands for a block of many: that of largest magnitude, or of largest error when quantized
    with `setting`.
    """

    name: str  # of the quantizer
    setting: Setting
    kind: Kind
    part: Part
    rows: int
    columns: int
    tensor: int = 0  # which of a shared quantizer's weights


@dataclass(frozen=True, eq=False)
class WeightPixels:
    """The image that `request` asked for. Arrays have shape (pixel rows, pixel columns); None where there is none.

    A pixel stands for a block of `block` = (rows, columns) weights and shows one of them: its value, its quantized
    value, and its place within the block, counted row by row.
    """

    request: WeightImage
    block: tuple[int, int] = (1, 1)
    weight: NDArray[np.float32] | None = None
    quantized: NDArray[np.float32] | None = None
    place: NDArray[np.int32] | None = None

    @property
    def nbytes(self) -> int:
        return sum(a.nbytes for a in (self.weight, self.quantized, self.place) if a is not None)
