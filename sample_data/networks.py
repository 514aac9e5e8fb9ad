"""The two sample networks, for 16x16 grey digits with pixels 0..255, and how they are written as ONNX."""

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

SIZE, CLASSES, OPSET = 16, 10, 17


class ConvUnit(nn.Module):
    """3x3 or 1x1 convolution, batch norm where `norm`, Relu where `relu`."""

    def __init__(
        self,
        inp: int,
        out: int,
        kernel: int = 3,
        stride: int = 1,
        groups: int = 1,
        norm: bool = True,
        relu: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inp, out, kernel, stride, kernel // 2, groups=groups, bias=not norm)
        self.bn = nn.BatchNorm2d(out) if norm else None
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x = x if self.bn is None else self.bn(x)
        return x.relu() if self.relu else x


class Block(nn.Module):
    """Inverted residual: expand 1x1, depthwise 3x3, project 1x1 without Relu; with `skip` the input is added."""

    def __init__(self, inp: int, inner: int, out: int, stride: int = 1, skip: bool = False) -> None:
        super().__init__()
        self.expand = ConvUnit(inp, inner, kernel=1)
        self.depthwise = ConvUnit(inner, inner, stride=stride, groups=inner)
        self.project = ConvUnit(inner, out, kernel=1, relu=False)
        self.skip = skip

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.skip else y


class Cnn(nn.Module):
    """Plain: four 3x3 convolutions, two max pools, one fully connected layer; no batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.units = nn.ModuleDict(
            {
                "conv1": ConvUnit(1, 16, norm=False),
                "conv2": ConvUnit(16, 16, norm=False),
                "pool1": nn.MaxPool2d(2),
                "conv3": ConvUnit(16, 32, norm=False),
                "conv4": ConvUnit(32, 32, norm=False),
                "pool2": nn.MaxPool2d(2),
                "flatten": nn.Flatten(),
                "classifier": nn.Linear(32 * (SIZE // 4) ** 2, CLASSES),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        for unit in self.units.values():
            x = unit(x)
        return x


class Mobile(nn.Module):
    """Depthwise-separable, with batch norm and one skip connection, as MobileNets are."""

    def __init__(self) -> None:
        super().__init__()
        self.units = nn.ModuleDict(
            {
                "stem": ConvUnit(1, 8),
                "block1": Block(8, 24, 12, stride=2),
                "block2": Block(12, 32, 12, skip=True),
                "block3": Block(12, 32, 16, stride=2),
                "head": ConvUnit(16, 32, kernel=1),
                "pool": nn.AdaptiveAvgPool2d(1),
                "flatten": nn.Flatten(),
                "classifier": nn.Linear(32, CLASSES),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        for unit in self.units.values():
            x = unit(x)
        return x


class Writer:
    """Collects ONNX nodes; each method adds one module and returns the name of the tensor it makes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def add(self, op: str, name: str, inputs: list[str], **attributes: object) -> str:
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: Tensor) -> str:
        self.initializers.append(numpy_helper.from_array(value.detach().numpy().astype(np.float32), name))
        return name

    def constants(self, prefix: str, module: nn.Module, *names: str) -> list[str]:
        values = ((n, getattr(module, n)) for n in names)
        return [self.constant(f"{prefix}.{n}", v) for n, v in values if v is not None]

    def conv_unit(self, name: str, unit: ConvUnit, x: str) -> str:
        conv = unit.conv
        pad = conv.kernel_size[0] // 2
        weights = self.constants(f"{name}/conv", conv, "weight", "bias")
        window = {"kernel_shape": conv.kernel_size, "strides": conv.stride, "pads": [pad] * 4, "group": conv.groups}
        x = self.add("Conv", f"{name}/conv", [x, *weights], **window)
        if unit.bn is not None:
            norm = self.constants(f"{name}/bn", unit.bn, "weight", "bias", "running_mean", "running_var")
            x = self.add("BatchNormalization", f"{name}/bn", [x, *norm], epsilon=unit.bn.eps)
        return self.add("Relu", f"{name}/relu", [x]) if unit.relu else x

    def block(self, name: str, block: Block, x: str) -> str:
        y = self.conv_unit(f"{name}/expand", block.expand, x)
        y = self.conv_unit(f"{name}/depthwise", block.depthwise, y)
        y = self.conv_unit(f"{name}/project", block.project, y)
        return self.add("Add", f"{name}/add", [x, y]) if block.skip else y

    def max_pool(self, name: str, pool: nn.MaxPool2d, x: str) -> str:
        return self.add("MaxPool", name, [x], kernel_shape=[pool.kernel_size] * 2, strides=[pool.stride] * 2)

    def average(self, name: str, _: nn.Module, x: str) -> str:
        return self.add("GlobalAveragePool", name, [x])

    def flatten(self, name: str, _: nn.Module, x: str) -> str:
        return self.add("Flatten", name, [x], axis=1)

    def linear(self, name: str, linear: nn.Linear, x: str) -> str:
        return self.add("Gemm", "logits", [x, *self.constants(name, linear, "weight", "bias")], transB=1)


def onnx_model(name: str, network: Cnn | Mobile) -> onnx.ModelProto:
    """The network in evaluation mode: input "image" (batch, 1, 16, 16), output "logits" (batch, 10)."""
    writer = Writer()
    how: dict[type[nn.Module], Callable[[str, nn.Module, str], str]] = {
        ConvUnit: writer.conv_unit,
        Block: writer.block,
        nn.MaxPool2d: writer.max_pool,
        nn.AdaptiveAvgPool2d: writer.average,
        nn.Flatten: writer.flatten,
        nn.Linear: writer.linear,
    }
    x = "image"
    for unit_name, unit in network.units.items():
        x = how[type(unit)](unit_name, unit, x)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, SIZE, SIZE])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])
    graph = helper.make_graph(writer.nodes, name, [image], [logits], writer.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="qviz", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model
