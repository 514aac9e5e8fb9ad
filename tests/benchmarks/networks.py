"""What is measured: models with their data. Those of ../shared/data are left out where it is absent."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from qviz.data.options import DataOptions
from qviz.paths import sample

DATA = Path(__file__).parents[3] / "shared" / "data" / "cifar10"
VGG11 = (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M")
SAMPLES = 512


@dataclass(frozen=True)
class Case:
    """A model, its data, and the targets of its figures by the figure's name."""

    name: str
    model: str
    data: DataOptions
    targets: dict[str, float]


def cases(folder: Path, with_dot_products: bool) -> list[Case]:
    """All that can be measured here; random networks are written to `folder`."""
    vgg = {"integer": 0.45 if with_dot_products else 1.1, "fake-quant": 1.15, "calibration": 1.8, "first estimate": 120}
    vgg |= {"drag": 5, "sensitivity": 0.7, "AIMET rerun / edit": 20}
    found = [Case("vgg11-size", *write_vgg11(folder), vgg | COMMON)]
    for name, targets in (
        ("resnet20", {"integer": 0.85, "fake-quant": 2.3, "calibration": 4, "AIMET rerun / edit": 8}),
        ("tinymobilenet", {}),
    ):
        model, data = DATA / f"{name}.onnx", DATA / f"{name}_input_500.npz"
        if model.exists():
            found.append(Case(name, str(model), DataOptions(source=str(data)), targets and {**targets, **COMMON}))
    eval_set = DataOptions(source=str(sample("digits_eval.npz")))
    return found + [Case(n, str(sample(f"{n}.onnx")), eval_set, {}) for n in ("digits_cnn", "digits_mobile")]


COMMON = {"edit": 0.55, "edit beyond share": 5.0, "undo": 10.0}


def write_vgg11(folder: Path) -> tuple[str, DataOptions]:
    """A network of VGG11's size at 32x32 with random weights, and random inputs."""
    rng = np.random.default_rng(0)
    nodes, weights, channels, name = [], [], 3, "x"
    for i, width in enumerate(VGG11):
        output = f"y{i}"
        if isinstance(width, str):
            nodes.append(helper.make_node("MaxPool", [name], [output], kernel_shape=[2, 2], strides=[2, 2]))
        else:
            spread = np.sqrt(2 / (channels * 9))
            weights.append(_weight(f"w{i}", rng.standard_normal((width, channels, 3, 3)) * spread))
            weights.append(_weight(f"b{i}", rng.standard_normal(width) * 0.05))
            nodes.append(helper.make_node("Conv", [name, f"w{i}", f"b{i}"], [f"c{i}"], pads=[1, 1, 1, 1]))
            nodes.append(helper.make_node("Relu", [f"c{i}"], [output]))
            channels = width
        name = output
    weights += [_weight("wf", rng.standard_normal((channels, 10)) * 0.06), _weight("bf", np.zeros(10))]
    nodes += [helper.make_node("Flatten", [name], ["flat"]), helper.make_node("Gemm", ["flat", "wf", "bf"], ["out"])]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 32, 32])
    result = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", 10])
    graph = helper.make_graph(nodes, "vgg11", [given], [result], weights)
    path = folder / "vgg11.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    np.savez(folder / "vgg11.npz", x=rng.standard_normal((SAMPLES, 3, 32, 32)).astype(np.float32))
    return str(path), DataOptions(source=str(folder / "vgg11.npz"))


def _weight(name: str, value: np.ndarray) -> TensorProto:
    return numpy_helper.from_array(value.astype(np.float32), name)
