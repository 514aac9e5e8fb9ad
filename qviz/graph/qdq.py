"""QDQ models: pairs of QuantizeLinear and DequantizeLinear come out of the graph and become encodings.

A Clip of the codes in between, with a Cast around it where the codes are wide, says that there are fewer of them.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import onnx

from qviz.errors import QvizError
from qviz.graph.constants import lift_constants
from qviz.graph.draft import Draft
from qviz.graph.operators import MOVES_DATA
from qviz.graph.qdq_grid import DEQUANTIZE, Grid, Limits, binary_grid, dequantized, grid_of, strict_limits
from qviz.graph.qdq_others import codebook_constant, half_constant, half_pair, has_half_pairs, is_widening
from qviz.graph.weights import Weighted

QUANTIZE = "QuantizeLinear"
NARROWS = frozenset(("Clip", "Cast"))


@dataclass
class Pairs:
    """What was found in a QDQ model: the grid of each float tensor, and biases that were stored as int32."""

    grids: dict[str, Grid] = field(default_factory=dict)
    int32_biases: list[str] = field(default_factory=list)


def is_qdq(proto: onnx.ModelProto) -> bool:
    """Whether the model has QuantizeLinear or DequantizeLinear, or what stands for them, at its top level."""
    return any(n.op_type in (QUANTIZE, DEQUANTIZE) for n in proto.graph.node) or has_half_pairs(proto)


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
        left = [n for n in self._draft.nodes if not self._is_taken(n)]
        for node in left:
            self._draft.follow(node)
        self._draft.nodes = left

    def _is_taken(self, node: onnx.NodeProto) -> bool:
        """Whether `node` leaves the graph. Raises QvizError where its scales do not fit what it reads."""
        try:
            return self._take(node)
        except (ValueError, LookupError, TypeError, ArithmeticError) as error:
            raise QvizError(
                "The scales or codes of {node} ({operator}) do not fit each other: the model is damaged.",
                node=node.name or ", ".join(node.output), operator=node.op_type,
            ) from error  # fmt: skip

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
        if self._take_other(node):
            return True
        if is_widening(node) and node.input[0] in self._codes:
            return self._dequantized(node, self._codes[node.input[0]])
        if node.op_type in MOVES_DATA and node.input and node.input[0] in self._codes:
            moved = self._codes[node.input[0]]
            node.input[0] = moved.source
            self._codes[node.output[0]] = _Codes(node.output[0], moved.grid, False, moved.node)
        return node.op_type in NARROWS and self._narrow(node)

    def _take_other(self, node: onnx.NodeProto) -> bool:
        """Whether `node` is part of a form without QuantizeLinear, and leaves the graph."""
        constants, producers = self._draft.constants, self._producers
        found = half_constant(node, constants) or codebook_constant(node, constants, producers)
        if found is not None:
            constants[node.output[0]], self._pairs.grids[node.output[0]] = found
            return True
        pair = half_pair(node, constants, producers)
        if pair is None or not all(map(is_widening, self._readers.get(node.output[0], []))):
            return False
        self._codes[node.output[0]] = _Codes(pair[0], pair[1], True, node)
        return True

    def _narrow(self, node: onnx.NodeProto) -> bool:
        """Whether a Clip or Cast of codes leaves the graph, its limits noted."""
        source, constants, limits = node.input[0], self._draft.constants, self._limits_of(node)
        if source in self._codes:
            codes = self._codes[source]
            grid = codes.grid if limits is None else grid_of(codes.node, constants, limits)
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
        codes = node.output[0]
        readers = self._readers.get(codes, [])
        if codes in self._draft.output_names or not readers or not all(map(self._understood, readers)):
            return False
        if any(codes in list(r.input)[1:] for r in readers):
            return False  # read as a scale, or the like
        grid = grid_of(node, self._draft.constants)
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
        self._draft.constants[output] = dequantized(node, value, self._draft.constants)
        if value.dtype == np.int32:
            self._pairs.int32_biases.append(output)
        else:
            limits = self._limits.get(stored) or strict_limits(node, value, self._draft.constants)
            grid = grid_of(node, self._draft.constants, limits)
            self._pairs.grids[output] = binary_grid(value, grid)
        self._draft.aliases.setdefault(stored, output)
