"""Local error: what a quantizer does to its own tensor, all else in float."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qviz.errors import Cancelled
from qviz.quant.encoding import CHUNK
from qviz.quant.grid import Grid
from qviz.sim.applied import Applied
from qviz.sim.memo import Memo

if TYPE_CHECKING:
    from qviz.graph.model import Model


def sqnr_db(reference: NDArray[np.generic], value: NDArray[np.generic]) -> float:
    """10 log10(sum x^2 / sum (x - y)^2) with x the reference: inf where equal, nan where shapes differ."""
    if reference.shape != value.shape:
        return float("nan")
    signal = error = 0.0
    x, y = np.ravel(reference), np.ravel(value)
    for i in range(0, x.size, CHUNK):
        part = x[i : i + CHUNK].astype(np.float64)
        signal += float(np.einsum("i,i->", part, part))  # not a BLAS product, whose own threads fight the workers
        part -= y[i : i + CHUNK]
        error += float(np.einsum("i,i->", part, part))
    if error == 0:
        return float("inf")
    return 10 * float(np.log10(signal / error)) if signal else float("-inf")


def local_error(memo: Memo, name: str, value: NDArray[np.generic], grid: Grid, axis: int | None = None) -> float:
    """SQNR in dB of the tensor `name` on `grid`; `axis`: its channels, where per-channel. Remembered.

    `value` (any shape) is always the same for the same name: a constant, or float values of fixed samples.
    """
    key = ("local", name, grid.key)
    found = memo.get(key)
    if found is None:
        started = time.perf_counter()
        x = np.asarray(value, np.float32)
        found = sqnr_db(x, grid.quantize_dequantize(x, axis))
        memo.put(key, found, 8, time.perf_counter() - started)
    return float(found)


def param_errors(model: "Model", applied: Applied, memo: Memo, stop: Callable[[], bool]) -> dict[str, float]:
    """SQNR in dB of every quantized constant. Raises Cancelled between two."""
    axes = {t: q.axis for q in model.graph.quantizers.values() if q.constant for t in q.tensors}
    found = {}
    for name, grid in applied.constants.items():
        if stop():
            raise Cancelled
        found[name] = local_error(memo, name, model.constants[name], grid, axes.get(name))
    return found
