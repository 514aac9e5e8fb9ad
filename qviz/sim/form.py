"""How a segment runs under given settings: one session, what it is fed, and what its outputs are."""

import hashlib
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from qviz.errors import Text
from qviz.quant.encoding import Encoding
from qviz.quant.floats import FloatGrid
from qviz.quant.grid import Grid
from qviz.sim.applied import Applied, BiasCodes
from qviz.sim.fake_quant import code_type, scale_and_zero
from qviz.sim.kernels import MICROSOFT
from qviz.sim.plan import Segment
from qviz.sim.result import Kind

Array = NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Local:
    """What of the encodings in force one segment's results depend on, besides the values that it reads."""

    inputs: Mapping[str, Encoding]  # the grids of inputs that come as codes
    outputs: Mapping[str, Grid]  # those with a quantizer that is on
    constants: Mapping[str, Grid]
    biases: Mapping[str, BiasCodes]
    integer: bool
    last: frozenset[str] = frozenset()  # inputs whose codes lie channels last: no result depends on it

    @cached_property
    def key(self) -> Hashable:
        parts = (self.inputs, self.outputs, self.constants)
        return (*(tuple((n, e.key) for n, e in p.items()) for p in parts), tuple(self.biases.items()), self.integer)

    @cached_property
    def digest(self) -> bytes:
        return _short(self.key)

    @cached_property
    def constants_key(self) -> tuple[Hashable, Hashable]:
        """What the segment's constants depend on."""
        return tuple((n, e.key) for n, e in self.constants.items()), tuple(self.biases.items())


def local_settings(segment: Segment, applied: Applied, grids: Mapping[str, Encoding], last: Collection[str]) -> Local:
    """The part of `applied` that concerns `segment`, whose inputs lie on `grids`, and some with the channels `last`."""
    return Local(
        inputs={n: grids[n] for n in segment.inputs if n in grids},
        outputs={n: applied.activations[n] for n in segment.outputs if n in applied.activations},
        constants={n: applied.constants[n] for n in segment.constants if n in applied.constants},
        biases={n: applied.biases[n] for n in segment.constants if n in applied.biases},
        integer=applied.integer,
        last=frozenset(n for n in segment.inputs if n in last),
    )


@dataclass(frozen=True, eq=False)
class Form:
    """One session and what goes with it. Equal `key`s of one segment mean the same session.

    `inputs`: the segment's, each with its type of codes, "" where it comes as it is. Outputs in `grids` come as codes,
    within their `limits`; those in `after` come as floats and are quantized later.
    """

    kind: Kind
    key: Hashable
    nodes: tuple[onnx.NodeProto, ...]
    inputs: Mapping[str, str]
    feeds: Arrays  # session inputs besides the values: scales, zero points, biases
    initializers: Callable[[], Arrays]
    grids: Mapping[str, Encoding]
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    after: Mapping[str, Grid] = field(default_factory=dict)
    opset: int | None = None  # None: the model's
    reason: Text | None = None  # why it does not run on integer kernels
    last: frozenset[str] = frozenset()  # inputs and outputs whose codes lie channels last
    table: "Form | None" = None  # its output code by input code is what this form yields: no session of its own

    @cached_property
    def digest(self) -> bytes:
        """Names its session among those of its segment."""
        return _short((self.key, self.is_fine))

    @cached_property
    def is_fine(self) -> bool:
        """Whether an output lies on a grid so fine that the order of float32 sums shows."""
        coarse = all(code_type(e) is np.uint8 for e in self.grids.values())
        return not coarse or any(isinstance(g, FloatGrid) for g in self.after.values())


def _short(key: Hashable) -> bytes:
    """Equal for equal keys; a tuple would be hashed anew each time that it is looked up."""
    return hashlib.blake2b(repr(key).encode(), digest_size=16).digest()


def codes(name: str) -> str:
    """What the codes of a tensor are called inside a session."""
    return f"{name}:codes"


def scale(name: str) -> str:
    return f"{name}:scale"


def zero(name: str) -> str:
    return f"{name}:zero"


def grid_feeds(grids: Mapping[str, Encoding]) -> dict[str, Array]:
    """Scale and zero point of each tensor, as session inputs."""
    feeds: dict[str, Array] = {}
    for name, encoding in grids.items():
        feeds[scale(name)], feeds[zero(name)] = scale_and_zero(encoding)
    return feeds


def dequantize_node(name: str, grid: str) -> onnx.NodeProto:
    """`name` as floats from its codes, which lie on the grid of tensor `grid`."""
    return helper.make_node("DequantizeLinear", [codes(name), scale(grid), zero(grid)], [name], domain=MICROSOFT)


def quantize_node(name: str) -> onnx.NodeProto:
    return helper.make_node("QuantizeLinear", [name, scale(name), zero(name)], [codes(name)], domain=MICROSOFT)


def largest_code(encoding: Encoding) -> int:
    """The largest distance of a code from the zero point."""
    zeros = -encoding.offset
    return int(np.max(np.maximum(zeros, encoding.steps - zeros)))
