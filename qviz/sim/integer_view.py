"""What an operator's integer kernel is chosen from, and what choosing one yields."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx

from qviz.errors import Text
from qviz.graph.graph import Graph
from qviz.quant.blocks import BlockGrid
from qviz.quant.encoding import Encoding, quantize
from qviz.quant.floats import FloatGrid
from qviz.quant.grid import Grid
from qviz.quant.levels import BinaryGrid, CodebookGrid
from qviz.sim.fake_quant import code_type
from qviz.sim.form import Array, Local, codes, scale, zero

TIES = Text("Its scales make too many results fall half-way between two codes.")


@dataclass(frozen=True, eq=False)
class View:
    """The settings in force, and the tensors that are on codes: `roots` names whose scale and zero point they share."""

    graph: Graph
    constants: Mapping[str, Array]
    local: Local
    roots: Mapping[str, str]
    axes: Mapping[str, int | None]  # channel axes of quantized constants

    def grid(self, name: str) -> Encoding | None:
        """The encoding on whose codes `name` exists, a constant's own included; None where it has no codes."""
        if name in self.roots:
            return self.local.inputs[self.roots[name]]
        grid = self.local.constants.get(name)
        return grid if isinstance(grid, Encoding) else None

    def output_grid(self, name: str) -> Encoding:
        """The encoding of a segment's output, which has codes wherever a kernel is looked for."""
        grid = self.local.outputs[name]
        assert isinstance(grid, Encoding), f"{name} has no codes"
        return grid

    def grid_names(self, name: str) -> tuple[str, str, str]:
        """Session names of its codes, scale and zero point."""
        root = self.roots.get(name, name)
        return codes(name), scale(root), zero(root)


@dataclass(frozen=True, eq=False)
class Kernel:
    """Nodes on codes, what they read besides: feeds that follow every edit, and constants that need a new session.

    `fixed` follow every edit too, but as constants: a small session is soon made anew, and faster for knowing them.
    """

    nodes: tuple[onnx.NodeProto, ...]
    feeds: Mapping[str, Array] = field(default_factory=dict)
    fixed: Mapping[str, Array] = field(default_factory=dict)
    initializers: Callable[[], Mapping[str, Array]] = dict
    variant: str = ""  # what of the settings, besides the constants' encodings, decides the session


Lower = Callable[[Sequence[onnx.NodeProto], View, str], Kernel | Text]  # nodes, view, output


def on_bytes(view: View, *names: str) -> Text | None:
    """Why these tensors cannot enter an integer kernel; None where all have codes of at most 8 bits."""
    for name in names:
        grid = view.grid(name)
        if grid is None:
            return without_integers(name, view.local.constants.get(name))
        if grid.steps > 255:
            return Text("{tensor} has more than 8 bits.", {"tensor": name})
    return None


def without_integers(name: str, grid: Grid | None) -> Text:
    """Why a tensor that has no codes keeps its operator in float."""
    told: dict[type, str] = {
        BlockGrid: "{tensor} has a scale for each block: there is no integer kernel for it.",
        CodebookGrid: "{tensor} has a codebook: there is no integer kernel for it.",
        FloatGrid: "{tensor} has a float format: there is no integer kernel for it.",
        BinaryGrid: "{tensor} is binary: there is no integer kernel for it.",
    }
    return Text(told.get(type(grid), "{tensor} is not quantized to integers."), {"tensor": name})


def constant_codes(view: View, name: str, signed: bool) -> Array:
    """Codes of a constant under its encoding: as stored, or `signed` around a zero point of 0."""
    encoding = view.grid(name)
    assert encoding is not None, f"{name} has no codes"
    axis = view.axes.get(name) if encoding.channels > 1 else None
    stored = quantize(view.constants[name], encoding, axis)
    if signed:
        return (stored.astype(np.int32) + int(encoding.offset[0])).astype(np.int8)
    return stored.astype(code_type(encoding))
