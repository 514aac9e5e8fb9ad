"""Floats of 8 and 16 bits as grids: rounding to the nearest, ties to even, saturating at the largest finite value."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import ml_dtypes
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from qviz.quant.bins import Doubles
from qviz.quant.cells import LevelCells
from qviz.quant.encoding import CHUNK, MIN_SCALE
from qviz.quant.grid import along
from qviz.quant.mirrored import MirroredGrid, reach
from qviz.quant.spec import FloatFormat

DTYPES: dict[FloatFormat, DTypeLike] = {
    FloatFormat.FLOAT16: np.float16,
    FloatFormat.BFLOAT16: ml_dtypes.bfloat16,
    FloatFormat.FLOAT8_E4M3FN: ml_dtypes.float8_e4m3fn,
    FloatFormat.FLOAT8_E5M2: ml_dtypes.float8_e5m2,
}
_INFO = {format: ml_dtypes.finfo(dtype) for format, dtype in DTYPES.items()}
_LARGEST = {format: float(info.max) for format, info in _INFO.items()}
_EXPONENT = np.uint32(0x7F800000)


@dataclass(frozen=True, eq=False)
class FloatGrid(MirroredGrid):
    """x^ = round(x / scale) * scale in float32, with `scale` of shape (channels,); 1 for floats of 16 bits.

    ONNX's QuantizeLinear and DequantizeLinear to float8 with saturate = 1. A NaN stays one.
    """

    format: FloatFormat
    scale: Doubles

    @cached_property
    def key(self) -> Hashable:
        return self.format.value, self.scale.astype(np.float32).tobytes()

    @property
    def cells(self) -> LevelCells:
        return cells_of(self.format)

    def quantize_dequantize(self, x: NDArray[np.floating], axis: int | None = None) -> NDArray[np.float32]:
        out: NDArray[np.float32] = np.array(x, np.float32, order="C")
        if self.channels > 1:
            scale = along(self.scale, out.ndim, axis)
            np.divide(out, scale, out=out)
            _round_in_place(out, self.format)
            np.multiply(out, scale, out=out)
            return out
        one = np.float32(self.scale[0])
        flat = out.reshape(-1)
        for i in range(0, flat.size, CHUNK):
            part = flat[i : i + CHUNK]
            np.divide(part, one, out=part)
            _round_in_place(part, self.format)
            np.multiply(part, one, out=part)
        return out


def float_grid(format: FloatFormat, low: ArrayLike, high: ArrayLike) -> FloatGrid:
    """float8 of the clip range [low, high], each a number or of shape (channels,): its larger edge is the top.

    As for integers, an infinite edge counts as 0.99 FLT_MAX and the scale is at least 2**-23.
    """
    return FloatGrid(format, np.maximum(reach(low, high) / largest(format), MIN_SCALE))


def largest(format: FloatFormat) -> float:
    """The largest finite value."""
    return _LARGEST[format]


@lru_cache(len(FloatFormat))
def cells_of(format: FloatFormat) -> LevelCells:
    """All finite values, rising; -0 and 0 are one."""
    dtype = np.dtype(DTYPES[format])
    codes = np.arange(2 ** (8 * dtype.itemsize), dtype=np.uint8 if dtype.itemsize == 1 else np.uint16)
    with np.errstate(invalid="ignore"):  # some codes are NaN
        found = codes.view(dtype).astype(np.float64)
    return LevelCells(np.unique(found[np.isfinite(found)] + 0.0))


def _round_in_place(x: NDArray[np.float32], format: FloatFormat) -> None:
    top = np.float32(largest(format))
    np.clip(x, -top, top, out=x)
    if format is FloatFormat.BFLOAT16:  # as wide as float32 itself, whose sums below would overflow
        x[...] = x.astype(ml_dtypes.bfloat16)
        return
    _round_mantissa(x, _INFO[format].nmant, _INFO[format].minexp)


def _round_mantissa(x: NDArray[np.float32], mantissa: int, lowest: int) -> None:
    """`x` in place to `mantissa` bits, ties to even; below 2**lowest in steps as there.

    What is added to a value and taken away again is so large that float32 has just these bits left for the sum: six
    passes of 0.2 ns, where a cast to float8 and back takes 13.
    """
    bits = x.view(np.uint32) & _EXPONENT
    np.maximum(bits, np.uint32((lowest + 127) << 23), out=bits)
    np.add(bits, np.uint32(((23 - mantissa) << 23) | (1 << 22)), out=bits)  # 1.5 * 2**(23 - mantissa) times as much
    large = bits.view(np.float32)
    rounded = x + large
    np.subtract(rounded, large, out=rounded)
    np.copysign(rounded, x, out=x)
