"""Which integer type of ONNX holds the codes of a quantizer, and whether they need a Clip there.

Codes are stored unsigned, 0..steps, with zero point -offset, weights too: ONNX Runtime's kernels for uint8 weights are
exact on every processor, those for int8 weights saturate where one has no int8 dot products. For a target whose
integers are signed, such as TensorRT, symmetric codes are stored around zero point 0, which is all that it reads.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from qviz.errors import QvizError
from qviz.quant.encoding import Encoding

TYPES = {4: TensorProto.UINT4, 8: TensorProto.UINT8, 16: TensorProto.UINT16}
SIGNED_TYPES = {4: TensorProto.INT4, 8: TensorProto.INT8, 16: TensorProto.INT16}
PLAIN_OPSET, WIDE_OPSET = 13, 21  # the first with an axis; the first with 4 and 16 bits
NO_CLIP = TensorProto.UINT16  # ONNX Runtime has no Clip for this type: it takes a detour over int32


@dataclass(frozen=True)
class Container:
    """An ONNX integer type that stores codes less `zero`.

    `clipped`: it has more codes than the quantizer, so a Clip keeps those in 0..steps.
    """

    type: int
    clipped: bool
    zero: int = 0

    @property
    def opset(self) -> int:
        """The first opset whose QuantizeLinear and DequantizeLinear know the type."""
        return PLAIN_OPSET if self.type in (TensorProto.UINT8, TensorProto.INT8) else WIDE_OPSET


def container_of(encoding: Encoding, constant: bool = False, signed: bool = False) -> Container:
    """The narrowest type that has just the codes of `encoding`, else the next wider one of 8 or 16 bits.

    A constant's codes may leave out the last code of a type without a Clip (symmetric strict): they do not change.
    `signed`: symmetric codes lie around zero point 0, and the lowest is left out of every tensor without a Clip: the
    targets that want this have none.
    """
    for bits, kind in SIGNED_TYPES.items() if signed else ():
        half = 2 ** (bits - 1)
        if (encoding.offset == -half).all() and encoding.steps == 2 * half - 1:
            return Container(kind, False, half)
        if (encoding.offset == 1 - half).all() and encoding.steps == 2 * half - 2:
            return Container(kind, False, half - 1)
    for bits, kind in TYPES.items():
        if encoding.steps == 2**bits - 1 or (constant and encoding.steps == 2**bits - 2):
            return Container(kind, False)
    return Container(TYPES[8] if encoding.steps < 2**8 else TYPES[16], True)


def typed(codes: NDArray[np.generic], kind: int, name: str) -> TensorProto:
    """Codes as a tensor of an ONNX type."""
    return numpy_helper.from_array(codes.astype(helper.tensor_dtype_to_np_dtype(kind)), name)


def zero_points(tensor: str, encoding: Encoding) -> NDArray[np.int64]:
    """Zero points, shape (channels,). Raises QvizError where a range excludes zero: no ONNX file can say that."""
    points = -encoding.offset
    if (points < 0).any() or (points > encoding.steps).any():
        raise QvizError(
            "The range of {tensor} excludes zero, which an ONNX model cannot express: widen it to zero.", tensor=tensor
        )
    return points
