"""The part of the encodings that decides numbers: which tensor lies on which grid, and how biases are treated."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.encodings import Encodings
from qviz.graph.graph import Bias, Graph
from qviz.quant.encoding import Encoding
from qviz.quant.grid import Grid

BIAS_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class BiasCodes:
    """An int32 bias: codes times s_x * s_w, with s_w of one or of all output channels."""

    input_scale: float
    weight_scale: bytes  # float32

    def apply(self, bias: NDArray[np.float32]) -> NDArray[np.float32]:
        """`bias` (channels,) rounded to int32 codes of scale s_x * s_w, as float32 values."""
        codes, scale = self.quantized(bias)
        return (codes * scale.astype(np.float64)).astype(np.float32)

    def quantized(self, bias: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Codes of `bias`, in its shape, and their scale s_x * s_w, of one or of all channels."""
        scale = np.float32(self.input_scale) * np.frombuffer(self.weight_scale, np.float32)
        if 1 < len(scale) < bias.size:  # a grouped ConvTranspose: its weight counts channels within a group
            scale = np.tile(scale, bias.size // len(scale))
        codes = np.clip(np.rint(bias.astype(np.float64) / scale), -BIAS_LIMIT - 1, BIAS_LIMIT)
        return codes.astype(np.int32), scale


@dataclass(frozen=True, eq=False)
class Applied:
    """Encodings in force, by tensor: dynamic tensors, constants, and biases by name.

    `integer`: segments run on integer kernels where these are exact; else all is fake-quant.
    """

    activations: Mapping[str, Grid]
    constants: Mapping[str, Grid]
    biases: Mapping[str, BiasCodes]
    integer: bool = True


NOTHING = Applied({}, {}, {})  # the float model


def apply_encodings(graph: Graph, encodings: Encodings, integer: bool = True) -> Applied:
    """What a run with these encodings quantizes."""
    activations: dict[str, Grid] = {}
    constants: dict[str, Grid] = {}
    for name, setting in encodings.settings.items():
        grid = setting.active
        if grid is None:
            continue
        for tensor in encodings.groups.get(name, (name,)):
            target = constants if graph.tensors[tensor].kind == "constant" else activations
            target[tensor] = grid
    biases = _biases(graph, activations, constants) if encodings.bias == "int32" else {}
    return Applied(activations, constants, biases, integer)


def _biases(graph: Graph, activations: Mapping[str, Grid], weights: Mapping[str, Grid]) -> dict[str, BiasCodes]:
    return {b.name: codes for b in graph.biases if (codes := _codes(b, activations, weights)) is not None}


def _codes(bias: Bias, activations: Mapping[str, Grid], weights: Mapping[str, Grid]) -> BiasCodes | None:
    x, w = activations.get(bias.input), weights.get(bias.weight)
    if not (isinstance(x, Encoding) and isinstance(w, Encoding)) or bias.name in weights:
        return None  # where either side has no integers, the bias has none
    return BiasCodes(float(np.float32(x.scale[0])), w.scale.astype(np.float32).tobytes())
