"""A weight of any shape as a matrix: output channels by the rest."""

import math

import numpy as np

Shape = tuple[int | str | None, ...] | None


def matrix(shape: Shape, axis: int | None) -> tuple[int, int]:
    """(output channels, the rest) of a weight."""
    sizes = _sizes(shape)
    channels = sizes[axis or 0]
    return channels, math.prod(sizes) // max(channels, 1)


def index_text(shape: Shape, axis: int | None, index: int) -> str:
    """A place within a channel as indices of the other axes."""
    rest = [size for at, size in enumerate(_sizes(shape)) if at != (axis or 0)]
    return str(tuple(int(i) for i in np.unravel_index(index, rest)))


def _sizes(shape: Shape) -> list[int]:
    return [d if isinstance(d, int) else 1 for d in shape or (1,)]
