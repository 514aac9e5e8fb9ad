"""Clip range <-> scale and offset, and quantize-dequantize.

Codes are unsigned here, 0..steps, and `offset = -zero_point`, as in AIMET's files: x^ = (code + offset) * scale.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qviz.quant.grid import Keyed, along
from qviz.quant.spec import IntegerSpec, Scheme, Spec

MIN_SCALE = 2.0**-23  # AIMET's smallest scale
LARGEST = 0.99 * float(np.finfo(np.float32).max)  # what AIMET takes an infinite edge for
CHUNK = 1 << 15  # elements that stay in the L2 cache while they are divided, rounded, clipped and multiplied


@dataclass(frozen=True, eq=False)
class Encoding(Keyed):
    """The integer grid of one tensor: arrays of shape (channels,), with one channel for per-tensor."""

    scale: NDArray[np.float64]
    offset: NDArray[np.int64]
    steps: int

    @property
    def min(self) -> NDArray[np.float64]:
        """Effective minimum, shape (channels,)."""
        return self.offset * self.scale

    @property
    def max(self) -> NDArray[np.float64]:
        """Effective maximum, shape (channels,)."""
        return (self.offset + self.steps) * self.scale

    @property
    def channels(self) -> int:
        return len(self.scale)

    @cached_property
    def key(self) -> tuple[bytes, bytes, int]:
        """What decides the quantized values: equal keys give equal results for equal inputs."""
        return self.scale.astype(np.float32).tobytes(), self.offset.tobytes(), self.steps

    def quantize_dequantize(self, x: NDArray[np.floating], axis: int | None = None) -> NDArray[np.float32]:
        return quantize_dequantize(x, self, axis)

    def levels(self, channel: int = 0) -> NDArray[np.float64]:
        row = self.rows(slice(channel, channel + 1))
        return dequantize(np.arange(self.steps + 1), row).astype(np.float64)

    def rows(self, part: slice) -> "Encoding":
        return self if self.channels == 1 else Encoding(self.scale[part], self.offset[part], self.steps)


def encoding_from_range(low: ArrayLike, high: ArrayLike, spec: IntegerSpec) -> Encoding:
    """Encoding of the clip range [low, high], each a number or an array of shape (channels,), in double.

    AIMET 2.42's min-max rule: the range is widened to zero, the scale is at least 2**-23, zero is exactly a code.
    A NaN counts as 0, an infinity as 0.99 FLT_MAX. Symmetric: the scale is the larger of the two edges, each divided
    by its own number of steps. Power of two: that scale, and at least as large, so that nothing more is clipped.
    """
    lo, hi = np.minimum(_finite(low), 0.0), np.maximum(_finite(high), 0.0)
    n = spec.steps
    if not spec.symmetric or (spec.scheme is Scheme.SYMMETRIC_UNSIGNED and not (lo < 0).any()):
        scale = np.maximum((hi - lo) / n, MIN_SCALE)
        offset = -np.floor(-lo / scale + 0.5)
    else:
        positive, negative = n // 2, n - n // 2
        positive = negative if n == 3 else positive  # 2 bits: its one positive step would double the scale
        scale = np.maximum(np.maximum(hi / positive, -lo / negative), MIN_SCALE)
        scale = _power_of_two(scale) if spec.scheme is Scheme.POWER_OF_TWO else scale
        offset = np.full_like(scale, -negative)
    return Encoding(scale, offset.astype(np.int64), n)


def _power_of_two(scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smallest power of two that is not below `scale`; one that is above by rounding alone counts as equal."""
    return np.exp2(np.ceil(np.log2(scale) - 1e-12))


def _finite(edge: ArrayLike) -> NDArray[np.float64]:
    return np.nan_to_num(np.atleast_1d(np.asarray(edge, np.float64)), nan=0.0, posinf=LARGEST, neginf=-LARGEST)


def move_edge(low: float, high: float, spec: Spec, edge: str, value: float) -> tuple[float, float]:
    """Requested range after dragging `edge` ("min" or "max") to `value`, which is the authority.

    Asymmetric: the other edge stays. Symmetric: the other edge follows the grid of the scale that `value` gives; of
    floats and signs it is the opposite. The dragged edge stops at zero.
    """
    value = min(value, 0.0) if edge == "min" else max(value, 0.0)
    unsigned = spec.scheme is Scheme.SYMMETRIC_UNSIGNED and min(low, value) >= 0
    if not spec.symmetric or unsigned:
        return (value, high) if edge == "min" else (low, value)
    if not isinstance(spec, IntegerSpec):
        return -abs(value), abs(value)
    positive, negative = spec.steps // 2, spec.steps - spec.steps // 2
    if spec.steps == 3:  # 2 bits: both edges share the larger side, see encoding_from_range
        positive = negative
    if edge == "max":
        return -value / positive * negative, value
    return value, -value / negative * positive


def quantize(x: NDArray[np.floating], encoding: Encoding, axis: int | None = None) -> NDArray[np.uint16]:
    """Codes 0..steps of `x` (any shape; `axis` is the channel axis where per-channel).

    ONNX QuantizeLinear's rule in float32, clip(rint(x / scale) + zero_point), ties to even; NaN becomes the minimum,
    as in AIMET.
    """
    levels = np.array(x, np.float32)
    _to_codes(levels, *_arrays(encoding, x.ndim, axis), np.float32(encoding.steps))
    return levels.astype(np.uint16)


def dequantize(codes: NDArray[np.integer], encoding: Encoding, axis: int | None = None) -> NDArray[np.float32]:
    """Values of codes 0..steps: (code - zero_point) * scale in float32."""
    scale, zero = _arrays(encoding, codes.ndim, axis)
    return (codes.astype(np.float32) - zero) * scale


def quantize_dequantize(x: NDArray[np.floating], encoding: Encoding, axis: int | None = None) -> NDArray[np.float32]:
    """`x` on the grid of `encoding`: a new float32 array of the same shape, bit for bit dequantize(quantize(x))."""
    out = np.array(x, np.float32, order="C")
    if encoding.channels == 1:
        fake_quantize_in_place(out, encoding)
        return out
    scale, zero = _arrays(encoding, x.ndim, axis)
    _to_codes(out, scale, zero, np.float32(encoding.steps))
    np.subtract(out, zero, out=out)
    return np.multiply(out, scale, out=out)


def fake_quantize_in_place(
    x: NDArray[np.float32], encoding: Encoding, codes: NDArray[np.unsignedinteger] | None = None
) -> None:
    """Per-tensor quantize-dequantize of a C-contiguous float32 array, in chunks that stay in the L2 cache.

    `codes`, C-contiguous and as large as `x`, takes the codes.
    """
    scale, zero = _arrays(encoding, 0, None)
    top = np.float32(encoding.steps)
    flat, flat_codes = x.reshape(-1), None if codes is None else codes.reshape(-1)
    for i in range(0, flat.size, CHUNK):
        part = flat[i : i + CHUNK]
        _to_codes(part, scale, zero, top)
        if flat_codes is not None:
            flat_codes[i : i + CHUNK] = part
        np.subtract(part, zero, out=part)
        np.multiply(part, scale, out=part)


def quantize_dequantize_half_away(
    x: NDArray[np.floating], encoding: Encoding, axis: int | None = None
) -> NDArray[np.float32]:
    """`x` on the grid in AIMET's rounding: scale * (R(clamp(x, min, max) / scale - offset) + offset) in float32.

    R takes a tie up, where ONNX's rule takes it to the even code: the results differ on ties alone, by one step.
    """
    scale, zero = _arrays(encoding, x.ndim, axis)
    shape = scale.shape
    low, high = (edge.astype(np.float32).reshape(shape) for edge in (encoding.min, encoding.max))
    clamped = np.fmin(np.fmax(np.asarray(x, np.float32), low), high)
    levels = clamped / scale + zero
    return (np.floor(levels + np.float32(0.5)) - zero) * scale


def _to_codes(x: NDArray[np.float32], scale: NDArray[np.float32], zero: NDArray[np.float32], top: np.float32) -> None:
    """`x` in place to codes, still as floats."""
    with np.errstate(over="ignore", invalid="ignore"):
        np.divide(x, scale, out=x)
        np.rint(x, out=x)
        np.add(x, zero, out=x)
        np.fmax(x, np.float32(0), out=x)  # fmax also takes a NaN to the minimum
        np.minimum(x, top, out=x)


def _arrays(encoding: Encoding, ndim: int, axis: int | None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scale and zero point, shaped to go with an array of `ndim` axes. Raises ValueError where `axis` is missing."""
    return along(encoding.scale, ndim, axis), along(-encoding.offset, ndim, axis)
