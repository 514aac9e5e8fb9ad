"""What is photographed: models and data of ../shared/data, the sample, and a network of 10,000 nodes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from qviz.data.options import DataOptions, Preprocess
from qviz.document import Document

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CIFAR = Preprocess(scale=1 / 255, mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616))

Subject = Callable[[Path], Document | None]  # given a folder for what has to be made; None is the sample


def _real(model: str, data: DataOptions) -> Subject:
    return lambda _folder: Document(str(DATA / model), data=data)


def _large(folder: Path) -> Document:
    """10,000 nodes in residual blocks of three."""
    path = folder / "ten_thousand_nodes.onnx"
    nodes, name = [], "x"
    for i in range(3333):
        nodes += [
            helper.make_node("MatMul", [name, "w"], [f"b{i}.matmul"], name=f"b{i}/matmul"),
            helper.make_node("Relu", [f"b{i}.matmul"], [f"b{i}.relu"], name=f"b{i}/relu"),
            helper.make_node("Add", [f"b{i}.relu", name], [f"b{i}.add"], name=f"b{i}/add"),
        ]
        name = f"b{i}.add"
    nodes.append(helper.make_node("Identity", [name], ["y"], name="end"))
    weight = numpy_helper.from_array(np.full((4, 4), 0.01, np.float32), "w")
    ends = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 4])] for n in ("x", "y")]
    graph = helper.make_graph(nodes, "large", *ends, [weight])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return Document(str(path))


SUBJECTS: dict[str, Subject] = {
    "sample": lambda _folder: None,
    "resnet20": _real(
        "cifar10/resnet20.onnx", DataOptions(source=str(DATA / "cifar10/test_500.npz"), preprocess=CIFAR)
    ),
    "resnet20_raw": _real(
        "cifar10/resnet20.onnx", DataOptions(source=str(DATA / "cifar10/test_500.npz"), preprocess=Preprocess())
    ),  # not as the model wants its inputs
    "yolox_nano": _real("other/detector_yolox_nano.onnx", DataOptions(random=8)),
    "denoise_gru": _real("other/denoise_gru.onnx", DataOptions(random=8)),
    "large": _large,
}
