"""A small network with every case that formats which name layers must tell apart, and its encodings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from qviz.encodings import Encodings, Setting
from qviz.formats.entries import EncodingsFile
from qviz.formats.importing import ImportReport, merge
from qviz.formats.registry import export_warnings, read_encodings, write_encodings
from qviz.graph.graph import Graph, Quantizer
from qviz.graph.model import load_model
from qviz.quant.spec import Granularity, Scheme, UniformSpec

WEIGHTS = {"w_wino": (8, 3, 3, 3), "w_strided": (8, 8, 3, 3), "w_depth": (8, 1, 3, 3), "w_fc": (5, 8)}


@dataclass(frozen=True)
class Opened:
    """A model with encodings."""

    graph: Graph
    encodings: Encodings
    quantizers: Mapping[str, Quantizer]
    weights: Mapping[str, np.ndarray]

    def file(self, path: Path, format: str) -> str:
        """What this format's writer makes of the encodings."""
        write_encodings(path, self.encodings, self.quantizers, format, self.graph)
        return path.read_text()

    def reopened(self, path: Path) -> tuple[Encodings, ImportReport]:
        return self.merged(read_encodings(path))

    def merged(self, file: EncodingsFile, start_off: bool = True) -> tuple[Encodings, ImportReport]:
        fresh = load().encodings
        merged, report, _ = merge(fresh, file, self.graph, self.quantizers, start_off)
        return merged, report

    def set(self, name: str, setting: Setting) -> "Opened":
        return replace(self, encodings=self.encodings.with_settings({name: setting}))

    def said(self, format: str) -> str:
        """All that an export in this format warns of."""
        return "\n".join(map(str, export_warnings(self.encodings, self.quantizers, format, self.graph)))


@cache
def load() -> Opened:
    """input, wino (3x3) and its Relu, strided (3x3 in steps of 2), depth (grouped), pooled, fc; no ranges yet."""
    rng = np.random.default_rng(5)
    weights = {n: rng.normal(0, 0.2, shape).astype(np.float32) for n, shape in WEIGHTS.items()}
    biases = {f"b{w[1:]}": np.zeros(shape[0], np.float32) for w, shape in WEIGHTS.items()}
    node = helper.make_node
    nodes = [
        node("Conv", ["input", "w_wino", "b_wino"], ["wino_out"], "wino", kernel_shape=[3, 3], pads=[1] * 4),
        node("Relu", ["wino_out"], ["wino_relu"], "relu"),
        node("Conv", ["wino_relu", "w_strided", "b_strided"], ["strided_out"], "strided", strides=[2, 2], pads=[1] * 4),
        node("Conv", ["strided_out", "w_depth", "b_depth"], ["depth_out"], "depth", group=8, pads=[1] * 4),
        node("MaxPool", ["depth_out"], ["pooled"], "pool", kernel_shape=[4, 4]),
        node("Flatten", ["pooled"], ["flat"], "flatten"),
        node("Gemm", ["flat", "w_fc", "b_fc"], ["scores"], "fc", transB=1),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "layered",
        [value("input", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [value("scores", TensorProto.FLOAT, ["n", 5])],
        [numpy_helper.from_array(a, n) for n, a in (weights | biases).items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "layered.onnx"
        onnx.save(model, path)
        loaded = load_model(str(path))
    return Opened(loaded.graph, loaded.encodings, loaded.graph.quantizers, weights)


def set_up(scheme: Scheme = Scheme.SYMMETRIC_STRICT, activations: Scheme = Scheme.SYMMETRIC_STRICT) -> Opened:
    """All quantizers with ranges: weights their own extremes, activations from -2.54 (or 0) to 2.54 and more."""
    opened = load()
    settings = {}
    for i, (name, q) in enumerate(opened.quantizers.items()):
        if q.kind == "param":
            flat = opened.weights[name].reshape(len(opened.weights[name]), -1)
            spec = UniformSpec(8, scheme, Granularity.PER_CHANNEL)
            settings[name] = Setting(spec=spec).with_range(flat.min(1), flat.max(1), "minmax")
        else:
            high = 2.54 * (i + 1)
            settings[name] = Setting(spec=UniformSpec(8, activations)).with_range([-high / 3], [high], "minmax")
    return replace(opened, encodings=opened.encodings.with_settings(settings))
