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
TIES_ALLOWED = 1e-4  # of all outputs
SAME = 2e-7  # relative difference of two ratios that float32 arithmetic cannot tell apart


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


def ties_too_often(ratio: NDArray[np.float64]) -> bool:
    """Whether whole numbers times `ratio`, one of each channel, are halves more often than tests of rounding allow.

    A half is rounded by float noise on one side and to even on the other, so half of them differ. n * ratio is a half
    for one n in q where ratio = p / q with q even; p / q is found by continued fractions.
    """
    rate = np.zeros(len(ratio))
    found = np.zeros(len(ratio), bool)
    x = ratio.astype(np.float64)
    p0, q0, p1, q1 = np.zeros_like(x), np.ones_like(x), np.ones_like(x), np.zeros_like(x)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(10):
            whole = np.floor(x)
            p0, q0, p1, q1 = p1, q1, whole * p1 + p0, whole * q1 + q0
            near = ~found & (np.abs(p1 / q1 - ratio) <= SAME * ratio)
            rate[near & (q1 % 2 == 0)] = 1 / q1[near & (q1 % 2 == 0)]
            found |= near
            x = 1 / (x - whole)
    return bool(rate.mean() / 2 > TIES_ALLOWED)


def is_exact_in_float(fan_in: int, input_top: int, weight_top: int, *scales: NDArray[Any]) -> bool:
    """Whether fake-quant computes without any rounding: scales are powers of two and sums stay below 2^24."""
    return fan_in * input_top * weight_top < EXACT_FLOAT and all((np.frexp(s)[0] == 0.5).all() for s in scales)
