"""From a segment and its settings to the session that runs it: on codes where that is exact, else as fake-quant."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import onnx

from qviz.errors import Text
from qviz.graph.model import Model
from qviz.quant.encoding import Encoding
from qviz.sim.applied import Applied
from qviz.sim.channels_last import channels_last
from qviz.sim.fake_quant import code_type, has_codes
from qviz.sim.form import Array, Arrays, Form, Local, codes, dequantize_node, grid_feeds, quantize_node
from qviz.sim.integer import Choice, choose_kernel
from qviz.sim.integer_view import View
from qviz.sim.movement import MODERN, Movement, movable, split_movement
from qviz.sim.plan import Segment
from qviz.sim.tables import fits_table


class Lowering:
    """Finds the form of each segment of one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._opset = next((o.version for o in model.proto.opset_import if o.domain in ("", "ai.onnx")), MODERN)
        self._axes = {t: q.axis for q in model.graph.quantizers.values() if q.constant for t in q.tensors}

    def form(self, segment: Segment, local: Local) -> Form:
        """How `segment` runs under `local`."""
        return channels_last(self._form(segment, local), local.last, self._ranks(segment))

    def _form(self, segment: Segment, local: Local) -> Form:
        nodes = [self._model.nodes[n] for n in segment.nodes]
        movement = split_movement(nodes, local.inputs, movable(self._opset, raised=True))
        if not movement.rest:
            moved = self._moved(segment, local, movement)
            if moved is not None:
                return moved
        if local.integer and fits_table(nodes, segment, local, self._model.graph, self._model.constants):
            return self._table(segment, local, nodes)
        view = View(self._model.graph, self._model.constants, local, movement.roots, self._axes)
        choice = choose_kernel(movement.rest or nodes, segment.outputs, view)
        if isinstance(choice, Choice):
            return self._integer(segment, local, movement, choice)
        return self._float(segment, local, nodes, choice)

    def quantized(self, name: str, applied: Applied | Local) -> Array:
        """A constant's value in float under these encodings."""
        value: Array = self._model.constants[name]
        if name in applied.constants:
            return applied.constants[name].quantize_dequantize(value, self._axes.get(name))
        return applied.biases[name].apply(value) if name in applied.biases else value

    def _table(self, segment: Segment, local: Local, nodes: Sequence[onnx.NodeProto]) -> Form:
        made_by = self._float(segment, local, nodes, None)
        return replace(made_by, kind="integer", key=("table", made_by.key), table=made_by)

    def _float(self, segment: Segment, local: Local, nodes: Sequence[onnx.NodeProto], reason: Text | None) -> Form:
        """Fake-quant: codes are decoded on the way in, and made on the way out."""
        movement = split_movement(nodes, local.inputs, movable(self._opset))
        if any(o in movement.roots for o in segment.outputs):
            movement = Movement((), tuple(nodes), {n: n for n in local.inputs})
        read = {i for n in movement.rest for i in self._model.graph.node_by_name[n.name].inputs}
        decoded = [dequantize_node(t, root) for t, root in movement.roots.items() if t in read]
        grids = {n: e for n, e in local.outputs.items() if has_codes(e)}
        made = (*movement.nodes, *decoded, *movement.rest, *(quantize_node(n) for n in grids))
        types = tuple((n, code_type(e).__name__) for p in (local.inputs, grids) for n, e in p.items())
        return Form(
            kind="float",
            key=("float", types, local.constants_key),
            nodes=made,
            inputs=_input_types(segment, local),
            feeds=_read_by(made, grid_feeds({**local.inputs, **grids})),
            initializers=lambda: {n: self.quantized(n, local) for n in segment.constants},
            grids=grids,
            limits=_limits(grids),
            after={n: e for n, e in local.outputs.items() if n not in grids},
            reason=reason,
        )

    def _integer(self, segment: Segment, local: Local, movement: Movement, choice: Choice) -> Form:
        kernel, fixed = choice.kernel, dict(choice.kernel.fixed)
        made = (*movement.nodes, *kernel.nodes)
        grids = {n: e for n, e in local.outputs.items() if has_codes(e)}
        feeds = _read_by(made, grid_feeds({**local.inputs, **grids}) | dict(kernel.feeds))
        return Form(
            kind="integer",
            key=("integer", kernel.variant, tuple(a.tobytes() for a in fixed.values()), local.constants_key[0]),
            nodes=made,
            inputs=_input_types(segment, local),
            feeds={n: a for n, a in feeds.items() if n not in fixed},
            initializers=lambda: _read_by(made, self._plain(segment)) | dict(kernel.initializers()) | fixed,
            grids=grids,
            limits=dict.fromkeys(grids, choice.limits),
            opset=max(self._opset, MODERN),
        )

    def _moved(self, segment: Segment, local: Local, movement: Movement) -> Form | None:
        """Data movement alone; None where an output has a grid of its own."""
        grids = {o: local.inputs[movement.roots[o]] for o in segment.outputs}
        if any(o in local.outputs and local.outputs[o] != grid for o, grid in grids.items()):
            return None
        return Form(
            kind="codes",
            key=("codes", tuple(_input_types(segment, local).items())),
            nodes=movement.nodes,
            inputs=_input_types(segment, local),
            feeds=_read_by(movement.nodes, grid_feeds(local.inputs)),
            initializers=lambda: self._plain(segment),
            grids=grids,
            opset=max(self._opset, MODERN),
        )

    def _ranks(self, segment: Segment) -> dict[str, int]:
        """Of the codes of what it reads, as far as known."""
        shapes = {n: self._model.graph.tensors[n].shape for n in segment.inputs}
        shapes |= {n: self._model.constants[n].shape for n in segment.constants}
        return {codes(n): len(shape) for n, shape in shapes.items() if shape is not None}

    def _plain(self, segment: Segment) -> Arrays:
        return {n: self._model.constants[n] for n in segment.constants}


def _input_types(segment: Segment, local: Local) -> dict[str, str]:
    """The type of codes of each input that comes as codes, "" for the others."""
    return {n: code_type(local.inputs[n]).__name__ if n in local.inputs else "" for n in segment.inputs}


def _limits(grids: Mapping[str, Encoding]) -> dict[str, tuple[int, int]]:
    return {n: (0, e.steps) for n, e in grids.items()}


def _read_by(nodes: Sequence[onnx.NodeProto], values: Mapping[str, Array]) -> dict[str, Array]:
    read = {i for n in nodes for i in n.input}
    return {n: v for n, v in values.items() if n in read}
