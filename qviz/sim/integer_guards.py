"""When an integer kernel gives what fake-quant gives: the conditions, checked at every edit."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from qviz.sim.kernels import BYTE, kernel_session

ACCUMULATOR = 2**31  # beyond, the kernels' sums wrap
EXACT_FLOAT = 2**24  # whole numbers up to here are exact in float32
PAIR_SATURATES = 2**15 - 1  # two products of u8 and s8 are added in 16 bits where a processor lacks dot products
TIES_ALLOWED = 5e-5  # of all outputs: half of what the two modes may differ in
CROWDED = 3.0  # how much more frequent than all on average one sum may be
COARSE = 0.05  # with this ratio or a larger one, a single sum is more than one output in 10,000
MOST_COARSE = 64
ROUNDING = 2e-7  # relative, of a float32 sum
NOISE = 2e-5  # of fake-quant's float32 sums, in steps of the output


def overflows(fan_in: int, input_top: int, weight_top: int, bias: NDArray[np.int32] | None) -> bool:
    """Whether a sum of `fan_in` products of codes this far from zero, and the bias, can leave 32 bits."""
    largest = 0 if bias is None or not bias.size else int(np.abs(bias.astype(np.int64)).max())
    return largest + fan_in * input_top * weight_top >= ACCUMULATOR


def signed_weights_fit(input_top: int, weight_top: int) -> bool:
    """Whether u8 times s8 is exact for codes up to these, on this processor."""
    return 2 * input_top * weight_top <= PAIR_SATURATES or signed_weights_are_exact()


@cache
def signed_weights_are_exact() -> bool:
    """The worst case, all 255 times all 127 and -128, computed by the kernels of this processor."""
    fan_in, outputs = 256, 32
    weights = np.full((fan_in, outputs), 127, np.int8)
    weights[:, ::2] = -128
    expected = np.full((8, fan_in), 255) @ weights.astype(np.int64)
    return bool((_products(np.full((8, fan_in), 255, np.uint8), weights) == expected).all())


def _products(x: NDArray[np.uint8], weights: NDArray[np.int8]) -> NDArray[np.int32]:
    node = helper.make_node("MatMulInteger", ["x", "w"], ["y"])
    session = kernel_session(node, {"x": (BYTE, None)}, TensorProto.INT32, [numpy_helper.from_array(weights, "w")])
    result: NDArray[np.int32] = session.run(None, {"x": x})[0]
    return result


def ties_too_often(ratio: NDArray[np.float64], steps: int) -> bool:
    """Whether whole numbers times `ratio`, one of each channel, are halves more often than tests of rounding allow.

    Float noise takes a half to either side, an integer kernel takes it to even, so every second one differs. n * ratio
    is a half for one n in q where ratio = p / q with q even; where it is only nearly p / q, as many as noise covers.
    The output has `steps` steps.
    """
    if _meets_halves(ratio, steps):
        return True
    rate = np.zeros(len(ratio))
    x = ratio.astype(np.float64)
    p0, q0, p1, q1 = np.zeros_like(x), np.ones_like(x), np.ones_like(x), np.zeros_like(x)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(10):  # convergents of the continued fraction: the best p / q of their size
            whole = np.floor(x)
            p0, q0, p1, q1 = p1, q1, whole * p1 + p0, whole * q1 + q0
            error = np.abs(p1 / q1 / ratio - 1) * steps
            covered = np.where(error > NOISE, NOISE / error, 1.0)
            within = (q1 % 2 == 0) & (q1 * ratio <= 2 * steps)  # the first half lies at n = q / 2
            crowded = np.where(covered == 1, CROWDED, 1.0)  # the halves are few sums, which may be frequent ones
            rate = np.fmax(rate, np.where(within, crowded * covered / q1 / 2, 0.0))
            x = 1 / (x - whole)
    return bool(rate.mean() > TIES_ALLOWED)


def _meets_halves(ratio: NDArray[np.float64], steps: int) -> bool:
    """Whether a coarse ratio, under which few sums share all outputs, takes one of them next to a half."""
    coarse = np.unique(ratio[ratio > COARSE])[:MOST_COARSE]
    results = np.arange(1, int(steps / COARSE) + 1) * coarse[:, None]
    near = np.abs(results % 1 - 0.5) < ROUNDING * np.maximum(results, 1)
    return bool((near & (results <= steps)).any(axis=1).mean() > 1 / 2) if len(coarse) else False


def is_exact_in_float(fan_in: int, input_top: int, weight_top: int, *scales: NDArray[Any]) -> bool:
    """Whether fake-quant computes without any rounding: scales are powers of two and sums stay below 2^24."""
    return fan_in * input_top * weight_top < EXACT_FLOAT and all((np.frexp(s)[0] == 0.5).all() for s in scales)
