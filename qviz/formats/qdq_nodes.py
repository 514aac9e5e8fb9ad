"""Nodes and initializers of a QDQ model while it is written, each under a name of its own."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from qviz.formats.qdq_codes import typed
from qviz.graph.draft import Array, unique


class Nodes:
    """A list of nodes that grows; what they read besides gathers in `initializers`."""

    def __init__(self, taken: set[str], initializers: list[TensorProto]) -> None:
        self._taken = taken
        self.initializers = initializers
        self.list: list[onnx.NodeProto] = []

    def name(self, wish: str) -> str:
        """`wish`, or with a number behind it where that is taken."""
        return unique(wish, self._taken)

    def append(self, op: str, inputs: list[str], wish: str, **attributes: int) -> str:
        """A node with one output; returns the name of that."""
        return self.make(op, inputs, self.name(wish), **attributes)

    def make(self, op: str, inputs: list[str], output: str, **attributes: int) -> str:
        """The same under a name that is known to be free."""
        self.list.append(helper.make_node(op, inputs, [output], name=f"{output}/{op}", **attributes))
        return output

    def codes(self, wish: str, codes: NDArray[np.generic], kind: int) -> str:
        """Codes stored as an ONNX type; returns their name."""
        name = self.name(wish)
        self.initializers.append(typed(codes, kind, name))
        return name

    def floats(self, wish: str, value: Array) -> str:
        """A float initializer; returns its name."""
        name = self.name(wish)
        self.initializers.append(onnx.numpy_helper.from_array(value, name))
        return name
