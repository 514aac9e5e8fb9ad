"""Kernels on codes with the channels last: what has such a kernel keeps its codes so, and hands them on so."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import onnx
from onnx import helper

from qviz.sim.form import Form, codes
from qviz.sim.kernels import MICROSOFT
from qviz.sim.layout import perm_first, perm_last

POOL = "NhwcMaxPool"  # knows no other layout
JOINED = {"Concat": slice(None), "QLinearConcat": slice(2, None, 3)}  # which inputs are the tensors
PAIRED = {"QLinearAdd": slice(0, 6, 3), "QLinearMul": slice(0, 6, 3), "Max": slice(None), "Identity": slice(None)}
PLANE = 4  # rank of what 2-D convolutions work on
SCALAR = 0


def channels_last(form: Form, last: Collection[str], ranks: Mapping[str, int]) -> Form:
    """`form` on inputs of which those in `last` lie channels last; it says which of its outputs do.

    `ranks`: of session tensors, as far as known. The values are the same bit for bit.
    """
    given = frozenset(n for n in last if form.inputs.get(n))
    if form.table is not None:  # value by value
        return replace(form, last=given | frozenset(form.grids if given else ()))
    arrangement = Arrangement(form.nodes, {codes(n) for n in given}, ranks)
    made = frozenset(n for n in form.grids if arrangement.is_last(codes(n)))
    return replace(form, key=(form.key, tuple(sorted(given))), nodes=tuple(arrangement.nodes), last=given | made)


class Arrangement:
    """Nodes in an order of axes that their kernels like, and a Transpose where a tensor is read in the other one."""

    def __init__(self, nodes: Sequence[onnx.NodeProto], last: Collection[str], ranks: Mapping[str, int]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self._ranks = dict(ranks)
        self._last = {name: name for name in last}  # tensor -> what it is called channels last
        self._first: dict[str, str] = {}
        for node in nodes:
            self._add(node)

    def is_last(self, name: str) -> bool:
        """Whether a tensor is made, or comes, channels last."""
        return self._last.get(name) == name

    def _add(self, node: onnx.NodeProto) -> None:
        settings = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        kind, data = node.op_type, slice(0, 1)
        if kind == "QLinearConv" and self._ranks.get(node.input[3]) == PLANE:
            self._put_last(node, data, PLANE, channels_last=1)
        elif kind == POOL:
            self._put_last(node, data, len(settings["kernel_shape"]) + 2)
        elif kind == "QLinearGlobalAveragePool" and self.is_last(node.input[0]):
            self._put_last(node, data, self._ranks[node.input[0]], channels_last=1)
        elif kind in JOINED and (rank := self._rank_of_all(node.input[JOINED[kind]])):
            axis = settings["axis"] % rank
            self._put_last(node, JOINED[kind], rank, axis=perm_last(rank).index(axis))
        elif kind in PAIRED and (rank := self._rank_of_all(node.input[PAIRED[kind]])):
            self._put_last(node, PAIRED[kind], rank)
        else:
            self.nodes.append(_reading(node, [self._as_first(n) for n in node.input]))

    def _rank_of_all(self, names: Sequence[str]) -> int:
        """The rank of tensors of which one is channels last, and that can all be; 0 where they cannot."""
        ranks = {self._ranks.get(n, -1) for n in names} - {SCALAR}
        return ranks.pop() if len(ranks) == 1 and any(self.is_last(n) for n in names) else 0

    def _put_last(self, node: onnx.NodeProto, data: slice, rank: int, **settings: int) -> None:
        """Add `node` with the inputs in `data`, its tensors, and its output channels last."""
        inputs = list(node.input)
        inputs[data] = [n if self._ranks.get(n) == SCALAR else self._as_last(n, rank) for n in inputs[data]]
        put = _reading(node, inputs)
        if "channels_last" in settings:
            put.domain = MICROSOFT
        kept = [a for a in put.attribute if a.name not in settings]
        del put.attribute[:]
        put.attribute.extend([*kept, *(helper.make_attribute(n, v) for n, v in settings.items())])
        self.nodes.append(put)
        self._last[node.output[0]], self._ranks[node.output[0]] = node.output[0], rank

    def _as_last(self, name: str, rank: int) -> str:
        if name not in self._last:
            self._last[name] = self._transposed(name, f"{name}:last", perm_last(rank))
        return self._last[name]

    def _as_first(self, name: str) -> str:
        if not self.is_last(name):
            return name
        if name not in self._first:
            self._first[name] = self._transposed(name, f"{name}:first", perm_first(self._ranks[name]))
        return self._first[name]

    def _transposed(self, name: str, result: str, perm: tuple[int, ...]) -> str:
        self.nodes.append(helper.make_node("Transpose", [name], [result], perm=perm))
        return result


def _reading(node: onnx.NodeProto, inputs: Sequence[str]) -> onnx.NodeProto:
    result = onnx.NodeProto()
    result.CopyFrom(node)
    del result.input[:]
    result.input.extend(inputs)
    return result
