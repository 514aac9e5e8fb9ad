"""Quantized activations: codes of 8 or 16 bits with their encoding, made and decoded by ONNX Runtime's own kernels."""

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeGuard

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper

from qviz.quant.encoding import Encoding
from qviz.quant.grid import Grid
from qviz.sim.kernels import BYTE, FLOAT, MICROSOFT, kernel_session
from qviz.sim.layout import laid_out

_KINDS = {"uint8": BYTE, "uint16": TensorProto.UINT16}


@dataclass(frozen=True, eq=False)
class Codes:
    """A quantized activation: codes of 8 or 16 bits, which may lie channels last in memory."""

    codes: NDArray[np.unsignedinteger]
    encoding: Encoding

    @property
    def nbytes(self) -> int:
        return int(self.codes.nbytes)

    def values(self) -> NDArray[np.float32]:
        """The float values: (code - zero_point) * scale in float32."""
        return _run(_decoder(self.codes.dtype.name), laid_out(self.codes, False), self.encoding)


Value = NDArray[np.generic] | Codes  # of a tensor, as it goes from segment to segment


def code_type(encoding: Encoding) -> type[np.uint8] | type[np.uint16]:
    """The type that holds its codes."""
    return np.uint8 if encoding.steps <= 255 else np.uint16


def has_codes(grid: Grid) -> TypeGuard[Encoding]:
    """Whether kernels can work on its codes: integers of one scale, and a zero point that is itself a code."""
    if not isinstance(grid, Encoding) or grid.channels > 1:
        return False
    return 0 <= -int(grid.offset[0]) <= np.iinfo(code_type(grid)).max


def scale_and_zero(encoding: Encoding) -> tuple[NDArray[np.float32], NDArray[np.unsignedinteger]]:
    """Scale and zero point as the scalars that kernels take."""
    return np.array(encoding.scale[0], np.float32), np.array(-int(encoding.offset[0]), code_type(encoding))


def encode(x: NDArray[np.floating], encoding: Encoding) -> Codes:
    """Codes clip(rint(x / scale) + zero_point, 0, steps), ties to even, of an encoding that `has_codes`.

    A NaN becomes the lowest code, as in AIMET.
    """
    codes = _run(_encoder(code_type(encoding).__name__), np.asarray(x, np.float32), encoding)
    return Codes(clamp(codes, 0, encoding.steps), encoding)


def clamp(codes: NDArray[Any], low: int, high: int) -> NDArray[Any]:
    """Codes in place, within low..high."""
    if low > 0 or high < np.iinfo(codes.dtype).max:
        np.clip(codes, codes.dtype.type(low), codes.dtype.type(high), out=codes)
    return codes


def _run(session: ort.InferenceSession, x: NDArray[Any], encoding: Encoding) -> NDArray[Any]:
    scale, zero = scale_and_zero(encoding)
    result: NDArray[Any] = session.run(None, {"x": x, "scale": scale, "zero": zero})[0]
    return result


@cache
def _encoder(codes: str) -> ort.InferenceSession:
    return _session("QuantizeLinear", FLOAT, _KINDS[codes], _KINDS[codes])


@cache
def _decoder(codes: str) -> ort.InferenceSession:
    return _session("DequantizeLinear", _KINDS[codes], FLOAT, _KINDS[codes])


def _session(op: str, source: int, target: int, zero: int) -> ort.InferenceSession:
    """Microsoft's QuantizeLinear and DequantizeLinear know uint16 at every opset."""
    node = helper.make_node(op, ["x", "scale", "zero"], ["y"], domain=MICROSOFT)
    return kernel_session(node, {"x": (source, None), "scale": (FLOAT, ()), "zero": (zero, ())}, target)
