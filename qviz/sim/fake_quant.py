"""Fake-quant of activations between segments: in place, with the codes kept for the memo."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.quant.encoding import CHUNK, Encoding, dequantize


@dataclass(frozen=True, eq=False)
class Codes:
    """A quantized activation as it is kept: codes of 8 or 16 bits."""

    codes: NDArray[np.unsignedinteger]
    encoding: Encoding

    @property
    def nbytes(self) -> int:
        return int(self.codes.nbytes)

    def values(self) -> NDArray[np.float32]:
        """The float values, equal to the last bit to those that were kept."""
        return np.asarray(dequantize(self.codes, self.encoding))


def fake_quantize(x: NDArray[np.float32], encoding: Encoding, want_codes: bool) -> Codes | None:
    """Quantize-dequantize C-contiguous `x` in place, per tensor; the codes too where wanted.

    q = clip(rint(x / scale) + zero_point, 0, steps), x^ = (q - zero_point) * scale: ONNX's rule, ties to even.
    """
    scale, zero = np.float32(encoding.scale[0]), np.float32(-encoding.offset[0])
    top = np.float32(encoding.steps)
    codes = np.empty(x.shape, np.uint8 if encoding.steps <= 255 else np.uint16) if want_codes else None
    flat = x.reshape(-1)
    flat_codes = codes.reshape(-1) if codes is not None else None
    with np.errstate(over="ignore", invalid="ignore"):
        for i in range(0, flat.size, CHUNK):
            part = flat[i : i + CHUNK]
            np.divide(part, scale, out=part)
            np.rint(part, out=part)
            np.add(part, zero, out=part)
            np.fmin(np.fmax(part, np.float32(0), out=part), top, out=part)  # a NaN becomes the minimum, as in AIMET
            if flat_codes is not None:
                flat_codes[i : i + CHUNK] = part
            np.subtract(part, zero, out=part)
            np.multiply(part, scale, out=part)
    return Codes(codes, encoding) if codes is not None else None
