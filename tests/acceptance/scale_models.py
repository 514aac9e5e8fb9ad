"""Models as large as users have: transformers of any number of layers with random weights, written by onnx.helper."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HEADS, CLASSES = 4, 10


class Transformer:
    """Pre-norm encoder layers, each of 49 nodes: layer norms and Gelu in parts, as exporters write them."""

    def __init__(self, layers: int, sequence: int = 16, width: int = 32, hidden: int = 64) -> None:
        self.sequence, self.width, self.hidden = sequence, width, hidden
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self._rng = np.random.default_rng(0)
        x = "x"
        for i in range(layers):
            x = self._layer(x, f"/layers.{i}")
        pooled = self._node("ReduceMean", "/pool", x, axes=[1], keepdims=0)
        self._node("MatMul", "/head", pooled, self._weight("head.weight", width, CLASSES))
        self.nodes[-1].output[0] = "logits"

    def save(self, path: Path, external: str | None = None) -> str:
        """Write the model, its weights into a file beside it where `external` names one."""
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", self.sequence, self.width])
        logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", CLASSES])
        weights = [numpy_helper.from_array(a, n) for n, a in self.constants.items()]
        graph = helper.make_graph(self.nodes, "transformer", [x], [logits], weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, str(path), save_as_external_data=external is not None, location=external)
        return str(path)

    def _layer(self, x: str, at: str) -> str:
        width, shape = self.width, [0, self.sequence, HEADS, self.width // HEADS]
        normed = self._norm(x, f"{at}/norm1")
        parts = {}
        for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
            split = self._shaped(self._linear(normed, f"{at}/{part}", width, width), f"{at}/{part}/split", shape)
            parts[part] = self._node("Transpose", f"{at}/{part}/turn", split, perm=order)
        scores = self._node("MatMul", f"{at}/scores", parts["q"], parts["k"])
        scaled = self._node("Mul", f"{at}/scale", scores, self._number(f"{at}.scale", (width // HEADS) ** -0.5))
        share = self._node("Softmax", f"{at}/softmax", scaled, axis=-1)
        mixed = self._node("MatMul", f"{at}/mix", share, parts["v"])
        turned = self._node("Transpose", f"{at}/back", mixed, perm=[0, 2, 1, 3])
        joined = self._shaped(turned, f"{at}/join", [0, self.sequence, width])
        x = self._node("Add", f"{at}/add1", x, self._linear(joined, f"{at}/out", width, width))
        inner = self._gelu(self._linear(self._norm(x, f"{at}/norm2"), f"{at}/fc1", width, self.hidden), f"{at}/gelu")
        return self._node("Add", f"{at}/add2", x, self._linear(inner, f"{at}/fc2", self.hidden, width))

    def _norm(self, x: str, at: str) -> str:
        centred = self._node("Sub", f"{at}/centre", x, self._node("ReduceMean", f"{at}/mean", x, axes=[-1]))
        square = self._node("Pow", f"{at}/square", centred, self._number(f"{at}.two", 2))
        variance = self._node("ReduceMean", f"{at}/variance", square, axes=[-1])
        safe = self._node("Add", f"{at}/safe", variance, self._number(f"{at}.epsilon", 1e-5))
        unit = self._node("Div", f"{at}/unit", centred, self._node("Sqrt", f"{at}/deviation", safe))
        scaled = self._node("Mul", f"{at}/gain", unit, self._constant(f"{at}.gain", np.ones(self.width, np.float32)))
        return self._node("Add", f"{at}/shift", scaled, self._constant(f"{at}.shift", np.zeros(self.width, np.float32)))

    def _gelu(self, x: str, at: str) -> str:
        erf = self._node("Erf", f"{at}/erf", self._node("Div", f"{at}/div", x, self._number(f"{at}.root", 2**0.5)))
        gate = self._node("Add", f"{at}/gate", erf, self._number(f"{at}.one", 1))
        return self._node("Mul", f"{at}/half", self._node("Mul", f"{at}/mul", x, gate), self._number(f"{at}.half", 0.5))

    def _linear(self, x: str, at: str, rows: int, columns: int) -> str:
        bias = self._constant(f"{at}.bias", self._rng.standard_normal(columns).astype(np.float32) / 10)
        product = self._node("MatMul", f"{at}/matmul", x, self._weight(f"{at}.weight", rows, columns))
        return self._node("Add", f"{at}/bias", product, bias)

    def _shaped(self, x: str, at: str, shape: list[int]) -> str:
        return self._node("Reshape", at, x, self._constant(f"{at}.shape", np.array(shape, np.int64)))

    def _node(self, op: str, name: str, *inputs: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(op, inputs, [f"{name}:0"], name=name, **attributes))
        return f"{name}:0"

    def _weight(self, name: str, rows: int, columns: int) -> str:
        weight = self._rng.standard_normal((rows, columns), np.float32)
        return self._constant(name, weight / np.float32(rows**0.5))

    def _number(self, name: str, value: float) -> str:
        return self._constant(name, np.array(value, np.float32))

    def _constant(self, name: str, value: np.ndarray) -> str:
        self.constants[name] = value
        return name
