"""A small model to bring encodings into: plain values, no ONNX."""

from dataclasses import replace

from qviz.encodings import Encodings, Setting
from qviz.graph.graph import Bias, Graph, Quantizer, Tensor

CHANNELS = 4


def quantizer(name, kind="activation", tensors=None, axis=None):
    shape = (CHANNELS, 3) if axis is not None else (2, 8)
    constant = kind == "param"
    return Quantizer(name, kind, tensors or (name,), None, "Conv", shape, axis, CHANNELS if axis == 0 else 1, constant)


def graph():
    """Input x, weight w with channels on axis 0, bias b, a shared activation joined = (left, right), plain y."""
    kinds = {"x": "input", "w": "constant", "b": "constant"}
    tensors = {
        n: Tensor(n, kinds.get(n, "activation"), "float32", (CHANNELS, 3) if n == "w" else (2, 8), None, ())
        for n in ("x", "w", "b", "left", "right", "joined", "y", "moved", "free")
    }
    tensors["index"] = Tensor("index", "activation", "int64", (2,), None, ())
    quantizers = {
        "x": quantizer("x"),
        "w": quantizer("w", "param", axis=0),
        "joined": quantizer("joined", tensors=("left", "right", "joined")),
        "y": replace(quantizer("y"), followers=("moved",)),
    }
    bias = Bias("b", "Conv_0", "x", "w")
    return Graph("g", (), tensors, (), (), quantizers, (bias,), aliases={"x_before": "x"})


def start(g):
    return Encodings({n: Setting() for n in g.quantizers}, {n: q.tensors for n, q in g.quantizers.items()})
