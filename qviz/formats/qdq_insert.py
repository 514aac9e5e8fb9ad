"""Putting QuantizeLinear and DequantizeLinear, or what says the same of other forms, at every quantized tensor."""

import numpy as np
from onnx import TensorProto

from qviz.formats import qdq_forms
from qviz.formats.qdq_nodes import Nodes
from qviz.graph.draft import Draft, rename
from qviz.quant.grid import Grid
from qviz.sim.applied import BiasCodes


class Inserter:
    """Adds pairs to `draft`. Constants first, then `activations` once. Initializers of codes gather in `initializers`.

    A tensor keeps its name where it is float: what is read in its place is `<tensor>_dequantized`. An output of the
    model is the other way round, `<output>_float` before its pair.
    """

    def __init__(self, draft: Draft, signed: bool = False) -> None:
        """`signed`: symmetric codes are stored around zero point 0."""
        self._draft, self._signed = draft, signed
        self.initializers: list[TensorProto] = []
        taken = draft.names()
        self._head = Nodes(taken, self.initializers)  # nodes that read constants only
        self._made = Nodes(taken, self.initializers)
        self._moved: dict[str, str] = {}  # tensor -> what is read in its place

    def constant(self, name: str, grid: Grid, axis: int | None) -> None:
        """Store a constant on its grid; a node makes its values under its own name."""
        value = self._draft.constants.pop(name).astype(np.float32)
        qdq_forms.constant(self._head, name, value, grid, axis, self._signed)

    def bias(self, name: str, rule: BiasCodes) -> None:
        """Store a bias as int32 with scale s_x * s_w."""
        value = self._draft.constants.pop(name)
        codes, scale = rule.quantized(value)
        stored = self._head.codes(f"{name}_quantized", codes, TensorProto.INT32)
        form = scale.reshape(()) if scale.size == 1 else scale
        attributes = {"axis": value.ndim - 1} if scale.size > 1 else {}
        self._head.make("DequantizeLinear", [stored, self._head.floats(f"{name}_scale", form)], name, **attributes)

    def activations(self, grids: dict[str, Grid]) -> None:
        """A pair behind every tensor named; its readers, those inside bodies too, read what the pair makes."""
        nodes, outputs = self._made, self._draft.output_names
        for info in self._draft.inputs:
            if info.name in grids and info.name not in outputs:
                self._moved[info.name] = self._pair(info.name, grids[info.name])
        for node in self._draft.nodes:
            rename(node, self._moved)
            nodes.list.append(node)
            for i, name in enumerate(node.output):
                if name in grids and name in outputs:
                    node.output[i] = nodes.name(f"{name}_float")
                    self._pair(node.output[i], grids[name], name)
                elif name in grids:
                    self._moved[name] = self._pair(name, grids[name])
        self._draft.nodes = [*self._head.list, *nodes.list]

    def _pair(self, source: str, grid: Grid, result: str = "") -> str:
        """The nodes that bring `source` to its grid. Returns the name of what they make."""
        result = result or self._made.name(f"{source}_dequantized")
        qdq_forms.pair(self._made, source, grid, result, self._signed)
        return result
