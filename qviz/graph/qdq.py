"""QDQ models: pairs of QuantizeLinear and DequantizeLinear come out of the graph and become encodings.

A Clip of the codes in between, with a Cast around it where the codes are wide, says that there are fewer of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import onnx
from numpy.typing import NDArray

from qviz.encodings import IMPORTED, Setting, Stored
from qviz.graph.constants import lift_constants
from qviz.graph.draft import Array, Draft, attribute
from qviz.graph.operators import MOVES_DATA
from qviz.graph.weights import Weighted
from qviz.quant.spec import MAX_BITS, MIN_BITS, Granularity, Scheme, UniformSpec

QUANTIZE, DEQUANTIZE = "QuantizeLinear", "DequantizeLinear"
NARROWS = frozenset(("Clip", "Cast"))
Limits = tuple[int, int]  # lowest and highest code


@dataclass(frozen=True)
class Grid:
    """What one Q or DQ says. `axis` None: one scale for the tensor. `setting` None: a form that no Setting holds."""

    setting: Setting | None
    axis: int | None


@dataclass
class Pairs:
    """What was found in a QDQ model: the grid of each float tensor, and biases that were stored as int32."""

    grids: dict[str, Grid] = field(default_factory=dict)
    int32_biases: list[str] = field(default_factory=list)


def is_qdq(proto: onnx.ModelProto) -> bool:
    """Whether the model has QuantizeLinear or DequantizeLinear at its top level."""
    return any(n.op_type in (QUANTIZE, DEQUANTIZE) for n in proto.graph.node)


def take_out_pairs(model: Weighted) -> tuple[Draft, Pairs]:
    """The float model behind a QDQ model, and the grids that its pairs give.

    A weight stored as integers becomes the float constant that it stands for, under the name it had in float. What is
    no pair (an integer input or output of the model) stays in the graph.
    """
    draft, pairs = model.draft(), Pairs()
    lift_constants(draft)
    _Remover(draft, pairs).run()
    return draft, pairs


@dataclass(frozen=True)
class _Codes:
    """An integer tensor: the float tensor that it came from, and its grid; it quantizes unless data only moved."""

    source: str
    grid: Grid
    quantizes: bool
    node: onnx.NodeProto  # the QuantizeLinear


class _Remover:
    def __init__(self, draft: Draft, pairs: Pairs) -> None:
        self._draft = draft
        self._pairs = pairs
        self._codes: dict[str, _Codes] = {}
        self._limits: dict[str, Limits] = {}  # of constants that a Clip has narrowed
        self._readers = draft.readers()
        self._producers = draft.producers()

    def run(self) -> None:
        left = [n for n in self._draft.nodes if not self._take(n)]
        for node in left:
            self._draft.follow(node)
        self._draft.nodes = left

    def _take(self, node: onnx.NodeProto) -> bool:
        """Whether `node` is part of a pair and leaves the graph."""
        draft = self._draft
        if node.op_type == QUANTIZE:
            return self._take_quantize(node)
        if node.op_type == DEQUANTIZE and node.input[0] in self._codes:
            return self._dequantized(node, self._codes[node.input[0]])
        if node.op_type == DEQUANTIZE and node.input[0] in draft.constants:
            self._constant(node)
            return True
        if node.op_type in MOVES_DATA and node.input and node.input[0] in self._codes:
            moved = self._codes[node.input[0]]
            node.input[0] = moved.source
            self._codes[node.output[0]] = _Codes(node.output[0], moved.grid, False, moved.node)
        return node.op_type in NARROWS and self._narrow(node)

    def _narrow(self, node: onnx.NodeProto) -> bool:
        """Whether a Clip or Cast of codes leaves the graph, its limits noted."""
        source, constants, limits = node.input[0], self._draft.constants, self._limits_of(node)
        if source in self._codes:
            codes = self._codes[source]
            grid = codes.grid if limits is None else _grid(codes.node, constants, limits)
            self._codes[node.output[0]] = replace(codes, grid=grid)
            return True
        if source not in constants or constants[source].dtype.kind not in "iu" or not self._understood(node, NARROWS):
            return False
        constants[node.output[0]] = constants[source] if limits is None else constants[source].clip(*limits)
        if limits is not None or source in self._limits:
            self._limits[node.output[0]] = limits or self._limits[source]
        return True

    def _limits_of(self, node: onnx.NodeProto) -> Limits | None:
        """The constant limits of a Clip."""
        if node.op_type != "Clip" or len(node.input) != 3:
            return None
        low, high = (self._draft.constants.get(i) for i in node.input[1:])
        return None if low is None or high is None else (int(low), int(high))

    def _take_quantize(self, node: onnx.NodeProto) -> bool:
        readers = self._readers.get(node.output[0], [])
        if node.output[0] in self._draft.output_names or not readers or not all(map(self._understood, readers)):
            return False
        grid = _grid(node, self._draft.constants)
        self._codes[node.output[0]] = _Codes(node.input[0], grid, True, node)
        return True

    def _understood(self, reader: onnx.NodeProto, between: frozenset[str] = MOVES_DATA | NARROWS) -> bool:
        """Whether codes read by `reader` end in DequantizeLinear, through nothing but operators in `between`."""
        if reader.op_type == DEQUANTIZE:
            return True
        if reader.op_type not in between or (reader.op_type == "Clip" and self._limits_of(reader) is None):
            return False
        after = self._readers.get(reader.output[0], [])
        return bool(after) and all(self._understood(r, between) for r in after)

    def _dequantized(self, node: onnx.NodeProto, codes: _Codes) -> bool:
        """Whether the DequantizeLinear leaves the graph: an output of the model must still be made by some node."""
        draft, output = self._draft, node.output[0]
        source = draft.resolve(codes.source)
        is_output = output in draft.output_names
        made = self._producers.get(source)
        if is_output and made is not None and source not in draft.output_names:
            made.output[:] = [output if o == source else o for o in made.output]
            draft.aliases[source] = source = output
        elif not is_output:
            draft.aliases[output] = source
        if codes.quantizes:
            self._pairs.grids[source] = codes.grid
        if is_output and source != output:
            node.CopyFrom(onnx.helper.make_node("Identity", [source], [output], name=node.name))
        return not is_output or source == output

    def _constant(self, node: onnx.NodeProto) -> None:
        stored, output = node.input[0], node.output[0]
        value = self._draft.constants[stored]
        self._draft.constants[output] = _dequantize(node, value, self._draft.constants)
        if value.dtype == np.int32:
            self._pairs.int32_biases.append(output)
        else:
            limits = self._limits.get(stored) or _strict_limits(node, value, self._draft.constants)
            self._pairs.grids[output] = _grid(node, self._draft.constants, limits)
        self._draft.aliases.setdefault(stored, output)


def _zero_point(node: onnx.NodeProto, constants: Mapping[str, Array]) -> Array | None:
    return constants.get(node.input[2]) if len(node.input) > 2 and node.input[2] else None


def _axis(node: onnx.NodeProto) -> int:
    return int(attribute(node, "axis", 1))


def _grid(node: onnx.NodeProto, constants: Mapping[str, Array], limits: Limits | None = None) -> Grid:
    """What a Q or DQ says of codes within `limits`, by default all that their type has."""
    scale, zero = constants.get(node.input[1]), _zero_point(node, constants)
    kind = zero.dtype if zero is not None else _stored_type(node, constants)
    bits, low, strict = _width(kind, limits)
    if scale is None or scale.ndim > 1 or not MIN_BITS <= bits <= MAX_BITS:
        return Grid(None, None)  # scales made at run time, per block, float codes, or limits of no bit-width
    per_channel = scale.ndim == 1 and scale.size > 1
    points = np.zeros(scale.size, np.int64) if zero is None else zero.reshape(-1).astype(np.int64)
    offset = low - points
    symmetric = Scheme.SYMMETRIC if (offset == -(2 ** (bits - 1))).all() else Scheme.ASYMMETRIC
    spec = UniformSpec(
        bits=bits,
        scheme=Scheme.SYMMETRIC_STRICT if strict else symmetric,
        granularity=Granularity.PER_CHANNEL if per_channel else Granularity.PER_TENSOR,
    )
    stored = Stored(tuple(map(float, scale.reshape(-1))), tuple(map(int, offset)))
    return Grid(Setting(spec=spec, stored=stored, source=IMPORTED), _axis(node) if per_channel else None)


def _stored_type(node: onnx.NodeProto, constants: Mapping[str, Array]) -> np.dtype:
    value = constants.get(node.input[0])
    return value.dtype if node.op_type == DEQUANTIZE and value is not None else np.dtype(np.uint8)


def _width(kind: np.dtype, limits: Limits | None) -> tuple[int, int, bool]:
    """Bits (0 where no bit-width has that many codes), lowest code, and whether one code is left out."""
    if limits is None:
        name = kind.name
        if not name.startswith(("int", "uint")):
            return 0, 0, False
        bits = int(name.removeprefix("u").removeprefix("int"))
        return bits, 0 if name.startswith("u") else -(2 ** (bits - 1)), False
    low, high = limits
    bits = (high - low).bit_length()
    missing = 2**bits - 1 - (high - low)
    return bits if missing in (0, 1) else 0, low, missing == 1


def _strict_limits(node: onnx.NodeProto, codes: Array, constants: Mapping[str, Array]) -> Limits | None:
    """The codes of a strict symmetric grid in a type with one code more, told by the codes that a constant uses.

    Unsigned codes around their middle that never use the last, or signed ones around 0 that never use the lowest.
    """
    points = _zero_point(node, constants)
    if codes.dtype.name.startswith("int") and (points is None or not points.astype(np.int64).any()):
        half = 2 ** (int(codes.dtype.name.removeprefix("int")) - 1)
        return (1 - half, half - 1) if codes.astype(np.int64).min(initial=0) > -half and half > 2 else None
    if points is None or not points.dtype.name.startswith("uint"):
        return None
    last = 2 ** int(points.dtype.name.removeprefix("uint")) - 1
    strict = (points.astype(np.int64) == last // 2).all() and codes.astype(np.int64).max(initial=0) < last
    return (0, last - 1) if strict and last > 1 else None


def _dequantize(node: onnx.NodeProto, codes: Array, constants: Mapping[str, Array]) -> NDArray[np.float32]:
    scale, zero = constants[node.input[1]].astype(np.float32), _zero_point(node, constants)
    points = np.zeros_like(scale) if zero is None else zero.astype(np.float32).reshape(scale.shape)
    axis, block = _axis(node), int(attribute(node, "block_size", 0))
    if block:
        scale, points = (np.repeat(a, block, axis).take(range(codes.shape[axis]), axis) for a in (scale, points))
    elif scale.size > 1:
        form = [1] * codes.ndim
        form[axis] = -1
        scale, points = scale.reshape(form), points.reshape(form)
    else:
        scale, points = scale.reshape(()), points.reshape(())
    return ((codes.astype(np.float32) - points) * scale).astype(np.float32)
