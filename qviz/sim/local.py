"""Local error: what a quantizer does to its own tensor, all else in float."""

import numpy as np
from numpy.typing import NDArray

from qviz.graph.model import Model
from qviz.quant.encoding import Encoding, quantize_dequantize
from qviz.sim.applied import Applied


def sqnr_db(reference: NDArray[np.generic], value: NDArray[np.generic]) -> float:
    """10 log10(sum x^2 / sum (x - y)^2) with x the reference: inf where equal, nan where shapes differ."""
    if reference.shape != value.shape:
        return float("nan")
    x = np.asarray(reference, np.float64).ravel()
    noise = x - np.asarray(value, np.float64).ravel()
    signal, error = float(x @ x), float(noise @ noise)
    if error == 0:
        return float("inf")
    return 10 * float(np.log10(signal / error)) if signal else float("-inf")


def local_error(value: NDArray[np.generic], encoding: Encoding, axis: int | None = None) -> float:
    """SQNR in dB of `value` (any shape; `axis`: its channels, where per-channel) quantized with `encoding`."""
    x = np.asarray(value, np.float32)
    return sqnr_db(x, quantize_dequantize(x, encoding, axis if encoding.channels > 1 else None))


def param_errors(model: Model, applied: Applied) -> dict[str, float]:
    """SQNR in dB of every quantized constant."""
    axes = {t: q.axis for q in model.graph.quantizers.values() if q.constant for t in q.tensors}
    return {n: local_error(model.constants[n], e, axes.get(n)) for n, e in applied.constants.items()}
