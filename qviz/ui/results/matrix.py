"""Confusion matrices as numbers and as pixels: plain functions."""

import numpy as np
from numpy.typing import NDArray

from qviz.ui.theme import Theme

Counts = NDArray[np.int32]  # (classes, classes): rows are what is true, columns what was predicted
Shares = NDArray[np.floating]
Part = tuple[float, float, float, float]  # first row, first column, rows, columns: what is seen, in cells


def confusion(truth: NDArray[np.int32], predicted: NDArray[np.int32], classes: int) -> Counts:
    """How many samples of each true class were taken for each class; those without a class (-1) are left out."""
    known = (truth >= 0) & (predicted >= 0) & (truth < classes) & (predicted < classes)
    cells = truth[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(cells, minlength=classes * classes).astype(np.int32).reshape(classes, classes)


def shares(counts: Counts, rows: Counts) -> Shares:
    """Counts as shares of the samples of their true class; `rows` (classes,) are those. Differences keep their sign."""
    return np.divide(counts, np.maximum(rows, 1)[:, None], dtype=np.float32)


def most_changed(before: Counts, after: Counts, most: int) -> list[tuple[int, int, int]]:
    """The cells that changed most, as (true class, predicted class, change), the largest first."""
    change = (after - before).ravel()
    cells = np.flatnonzero(change)
    found = cells[np.argsort(-np.abs(change[cells]), kind="stable")[:most]]
    return [(*divmod(int(i), len(after)), int(change[i])) for i in found]


def pixels(values: Shares, part: Part, width: int, height: int) -> Shares:
    """(height, width): each pixel the value of largest magnitude among the cells that it covers."""
    top, left, rows, columns = part
    down, right = _edges(top, rows, height, len(values)), _edges(left, columns, width, values.shape[1])
    return _extreme(_extreme(values, down).T, right).T


def _edges(first: float, count: float, pixels: int, cells: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each pixel the first cell it covers and the cell after the last, at least one."""
    places = first + np.arange(pixels + 1) * (count / pixels)
    starts = np.clip(np.floor(places[:-1] + 1e-9).astype(np.intp), 0, cells - 1)
    ends = np.clip(np.ceil(places[1:] - 1e-9).astype(np.intp), starts + 1, cells)
    return starts, ends


def _extreme(values: Shares, edges: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Shares:
    """Along the first axis, the value of largest magnitude in each run of cells."""
    starts, ends = edges
    result = values[starts]
    for step in range(1, int((ends - starts).max(initial=1))):
        more = values[np.minimum(starts + step, ends - 1)]
        np.copyto(result, more, where=np.abs(more) > np.abs(result))
    return result


def painted(values: Shares, theme: Theme) -> NDArray[np.uint8]:
    """(height, width, 4) as BGRA. Square roots, so that few of many are seen; more is blue, fewer is orange."""
    strength = np.sqrt(np.clip(np.abs(values), 0.0, 1.0))[..., None]
    ground, more, fewer = _bgr(theme.plot), _bgr(theme.accent), _bgr(theme.handle_max)
    ink = np.where((values >= 0)[..., None], more, fewer)
    mixed = ground + (ink - ground) * strength
    return np.concatenate([np.rint(mixed), np.full((*values.shape, 1), 255.0)], axis=-1).astype(np.uint8)


def _bgr(color: str) -> NDArray[np.float64]:
    return np.array([int(color[i : i + 2], 16) for i in (5, 3, 1)], np.float64)
