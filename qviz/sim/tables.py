"""What works value by value on codes of 8 bits is a look-up in a table of 256 entries: exact by construction."""

from collections.abc import Callable, Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np
import onnx

from qviz.graph.graph import Graph
from qviz.sim.fake_quant import Codes, Value, has_codes
from qviz.sim.form import Array, Form, Local
from qviz.sim.layout import in_memory, like
from qviz.sim.plan import Segment

UNARY = frozenset((
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cast", "Ceil", "Celu", "Clip", "Cos", "Cosh", "Elu",
    "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Log", "Mish", "Neg", "PRelu",
    "QuickGelu", "Reciprocal", "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus",
    "Softsign", "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu",
))  # fmt: skip
BINARY = frozenset(("Add", "Div", "Max", "Min", "Mul", "Pow", "Sub"))  # of a tensor with itself, or with one number
DOMAINS = ("", "ai.onnx", "com.microsoft")
ENTRIES = 256


def fits_table(
    nodes: Sequence[onnx.NodeProto], segment: Segment, local: Local, graph: Graph, constants: Mapping[str, Array]
) -> bool:
    """Whether each output code of `segment` follows from one input code of 8 bits."""
    if len(segment.inputs) != 1 or len(segment.outputs) != 1:
        return False
    (root,), (output,) = segment.inputs, segment.outputs
    grids = local.inputs.get(root), local.outputs.get(output)
    if any(grid is None or not has_codes(grid) for grid in grids) or local.inputs[root].steps >= ENTRIES:
        return False
    rank = len(graph.tensors[root].shape or ())
    known = {root}
    for node in nodes:
        if node.op_type not in UNARY | BINARY or node.domain not in DOMAINS:
            return False
        if not all(i in known or _is_number(i, rank, constants) for i in node.input):
            return False
        known.update(node.output)
    return True


def _is_number(name: str, rank: int, constants: Mapping[str, Array]) -> bool:
    """Whether it is one value, which leaves the shape of a tensor of this rank as it is; or no input at all."""
    return not name or (name in constants and constants[name].size == 1 and constants[name].ndim <= rank)


class Tables:
    """Makes the table of a form once, by running what `form.table` says on every code. Safe to call from threads."""

    def __init__(self, run: Callable[[Segment, Form, dict[str, Value]], Mapping[str, Value]]) -> None:
        self._run = run
        self._made: WeakKeyDictionary[Form, Array] = WeakKeyDictionary()

    def look_up(self, segment: Segment, form: Form, values: Mapping[str, Value]) -> dict[str, Value]:
        """The output of `segment` for the codes that it reads, in their shape."""
        (output,), value = segment.outputs, values[segment.inputs[0]]
        assert isinstance(value, Codes)
        found = np.take(self._table(segment, form, value), in_memory(value.codes))
        return {output: Codes(like(found, value.codes), form.grids[output])}

    def _table(self, segment: Segment, form: Form, value: Codes) -> Array:
        made = self._made.get(form)
        if made is None:
            assert form.table is not None
            every = Codes(np.arange(ENTRIES, dtype=np.uint8), value.encoding)
            (result,) = self._run(segment, form.table, {segment.inputs[0]: every}).values()
            assert isinstance(result, Codes)
            made = self._made[form] = result.codes.reshape(-1)
        return made
