"""Putting QuantizeLinear and DequantizeLinear at every quantized tensor of a draft."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from qviz.formats.qdq_codes import NO_CLIP, Container, container_of, typed, zero_points
from qviz.graph.draft import Array, Draft, rename, unique
from qviz.quant.encoding import Encoding, quantize
from qviz.sim.applied import BiasCodes


class Inserter:
    """Adds pairs to `draft`. Constants first, then `activations` once. Initializers of codes gather in `initializers`.

    A tensor keeps its name where it is float: what is read in its place is `<tensor>_dequantized`. An output of the
    model is the other way round, `<output>_float` before its pair.
    """

    def __init__(self, draft: Draft, signed: bool = False) -> None:
        """`signed`: symmetric codes are stored around zero point 0."""
        self._draft, self._signed = draft, signed
        self._taken = draft.names()
        self._head: list[onnx.NodeProto] = []  # nodes that read constants only
        self._moved: dict[str, str] = {}  # tensor -> what is read in its place
        self.initializers: list[TensorProto] = []

    def constant(self, name: str, encoding: Encoding, axis: int | None) -> None:
        """Store a constant as integers; a DequantizeLinear makes it under its own name."""
        value = self._draft.constants.pop(name)
        axis = axis if encoding.channels > 1 else None
        container = container_of(encoding, constant=True, signed=self._signed)
        codes = quantize(value, encoding, axis).astype(np.int32) - container.zero
        stored = self._codes(f"{name}_quantized", codes, container.type)
        clipped = self._clip(name, stored, encoding, container, self._head)
        self._dequantize(clipped, self._grid(name, encoding, container), name, axis, self._head)

    def bias(self, name: str, rule: BiasCodes) -> None:
        """Store a bias as int32 with scale s_x * s_w."""
        value = self._draft.constants.pop(name)
        codes, scale = rule.quantized(value)
        stored = self._codes(f"{name}_quantized", codes, TensorProto.INT32)
        form = scale.reshape(()) if scale.size == 1 else scale
        grid = [self._initializer(f"{name}_scale", form)]
        self._dequantize(stored, grid, name, value.ndim - 1 if scale.size > 1 else None, self._head)

    def activations(self, encodings: dict[str, Encoding]) -> None:
        """A pair behind every tensor named; its readers, those inside bodies too, read what the pair makes."""
        made: list[onnx.NodeProto] = []
        outputs = self._draft.output_names
        for info in self._draft.inputs:
            if info.name in encodings and info.name not in outputs:
                self._moved[info.name] = self._pair(info.name, encodings[info.name], made)
        for node in self._draft.nodes:
            rename(node, self._moved)
            made.append(node)
            for i, name in enumerate(node.output):
                if name in encodings and name in outputs:
                    node.output[i] = self._name(f"{name}_float")
                    self._pair(node.output[i], encodings[name], made, name)
                elif name in encodings:
                    self._moved[name] = self._pair(name, encodings[name], made)
        self._draft.nodes = self._head + made

    def _pair(self, source: str, encoding: Encoding, nodes: list[onnx.NodeProto], result: str = "") -> str:
        """QuantizeLinear, Clip where needed, DequantizeLinear. Returns the name of what they make."""
        container = container_of(encoding, signed=self._signed)
        grid = self._grid(source, encoding, container)
        codes = self._name(f"{source}_quantized")
        nodes.append(self._node("QuantizeLinear", [source, *grid], codes))
        result = result or self._name(f"{source}_dequantized")
        self._dequantize(self._clip(source, codes, encoding, container, nodes), grid, result, None, nodes)
        return result

    def _clip(
        self, tensor: str, codes: str, encoding: Encoding, container: Container, nodes: list[onnx.NodeProto]
    ) -> str:
        """The codes kept in 0..steps, where their type has more."""
        if not container.clipped:
            return codes
        kind = TensorProto.INT32 if container.type == NO_CLIP else container.type
        limits = [self._codes(f"{tensor}_{w}", np.array(v), kind) for w, v in (("low", 0), ("high", encoding.steps))]
        if kind != container.type:
            codes = self._append("Cast", [codes], f"{tensor}_wide", nodes, to=kind)
        codes = self._append("Clip", [codes, *limits], f"{tensor}_clipped", nodes)
        if kind != container.type:
            codes = self._append("Cast", [codes], f"{tensor}_narrow", nodes, to=container.type)
        return codes

    def _grid(self, tensor: str, encoding: Encoding, container: Container) -> list[str]:
        """Names of scale and zero point: scalars where per tensor."""
        form = (-1,) if encoding.channels > 1 else ()
        scale = encoding.scale.astype(np.float32).reshape(form)
        zeros = zero_points(tensor, encoding) - container.zero
        return [
            self._initializer(f"{tensor}_scale", scale),
            self._codes(f"{tensor}_zero_point", zeros.reshape(form), container.type),
        ]

    def _dequantize(
        self, codes: str, grid: list[str], result: str, axis: int | None, nodes: list[onnx.NodeProto]
    ) -> None:
        attributes = {} if axis is None else {"axis": axis}
        nodes.append(self._node("DequantizeLinear", [codes, *grid], result, **attributes))

    def _append(self, op: str, inputs: list[str], output: str, nodes: list[onnx.NodeProto], **attributes: int) -> str:
        output = self._name(output)
        nodes.append(self._node(op, inputs, output, **attributes))
        return output

    def _node(self, op: str, inputs: list[str], output: str, **attributes: int) -> onnx.NodeProto:
        return helper.make_node(op, inputs, [output], name=f"{output}/{op}", **attributes)

    def _codes(self, wish: str, codes: NDArray[np.integer], kind: int) -> str:
        name = self._name(wish)
        self.initializers.append(typed(codes, kind, name))
        return name

    def _initializer(self, wish: str, value: Array) -> str:
        name = self._name(wish)
        self.initializers.append(onnx.numpy_helper.from_array(value, name))
        return name

    def _name(self, wish: str) -> str:
        return unique(wish, self._taken)
