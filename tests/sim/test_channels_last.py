"""Kernels with the channels last yield the bytes that the same kernels yield with the channels behind the samples."""

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from qviz.sim.channels_last import Arrangement
from qviz.sim.kernels import MICROSOFT, session_options
from qviz.sim.layout import in_memory, laid_out, lies_last, like, perm_first, perm_last

SAMPLES, SIZE = 2, 6
GRID = ("scale", "zero")


class Net:
    """Nodes on codes that grow one by one, all on one grid, and the constants that they read."""

    def __init__(self, seed: int, channels: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants = {"scale": np.array(0.05, np.float32), "zero": np.array(117, np.uint8)}
        self.channels = {"x": channels}
        self.newest = "x"

    def _put(self, op: str, inputs: Sequence[str], channels: int, domain: str = MICROSOFT, **settings: object) -> None:
        self.newest = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [self.newest], domain=domain, **settings))
        self.channels[self.newest] = channels

    def conv(self, channels: int, kernel: int, grouped: bool) -> None:
        x = self.newest
        group = self.channels[x] if grouped else 1
        channels = group if grouped else channels
        shape = (channels, self.channels[x] // group, kernel, kernel)
        names = [f"{part}{len(self.nodes)}" for part in ("w", "ws", "wz", "b")]
        values = (self.rng.integers(-127, 128, shape).astype(np.int8), np.full(channels, 0.01, np.float32),
                  np.zeros(channels, np.int8), self.rng.integers(-99, 99, channels).astype(np.int32))  # fmt: skip
        self.constants |= dict(zip(names, values, strict=True))
        inputs = [x, *GRID, *names[:3], *GRID, names[3]]
        self._put("QLinearConv", inputs, channels, domain="", group=group, pads=[kernel // 2] * 4)

    def add(self, other: str) -> None:
        self._put("QLinearAdd", [self.newest, *GRID, other, *GRID, *GRID], self.channels[self.newest])

    def concat(self, other: str, axis: int) -> None:
        channels = self.channels[self.newest] + self.channels[other]
        self._put("QLinearConcat", [*GRID, self.newest, *GRID, other, *GRID], channels, axis=axis)

    def relu(self) -> None:
        self._put("Max", [self.newest, "zero"], self.channels[self.newest], domain="")

    def swapped(self) -> None:
        """What has no layout of its own: rows and columns change places."""
        self._put("Transpose", [self.newest], self.channels[self.newest], domain="", perm=[0, 1, 3, 2])

    def mean(self) -> None:
        self._put("QLinearGlobalAveragePool", [self.newest, *GRID, *GRID], self.channels[self.newest])

    def run(self, nodes: Sequence[onnx.NodeProto], x: np.ndarray) -> np.ndarray:
        ports = [helper.make_tensor_value_info(n, TensorProto.UINT8, None) for n in ("x", self.newest)]
        constants = [numpy_helper.from_array(a, n) for n, a in self.constants.items()]
        graph = helper.make_graph(nodes, "net", ports[:1], ports[1:], constants)
        opsets = [helper.make_opsetid("", 13), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        session = ort.InferenceSession(model.SerializeToString(), session_options(), providers=["CPUExecutionProvider"])
        return session.run([self.newest], {"x": x})[0]


STEPS = ("conv", "depthwise", "add", "concat", "relu", "swapped")


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=6), channels=st.integers(1, 5), mean=st.booleans(),
    kernel=st.sampled_from((1, 3)), axis=st.sampled_from((1, -3)), given_last=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_an_arrangement_yields_the_same_bytes(
    steps: list[str], channels: int, mean: bool, kernel: int, axis: int, given_last: bool, seed: int
) -> None:
    net = Net(seed, channels)
    for step in steps:
        alike = [n for n, c in net.channels.items() if c == net.channels[net.newest]]
        if step in ("conv", "depthwise"):
            net.conv(channels + 1, kernel, grouped=step == "depthwise")
        elif step == "add":
            net.add(alike[seed % len(alike)])
        elif step == "concat":
            net.concat(alike[0], axis)
        else:
            getattr(net, step)()
    if mean:
        net.mean()
    x = net.rng.integers(0, 256, (SAMPLES, channels, SIZE, SIZE)).astype(np.uint8)
    ranks = {n: a.ndim for n, a in net.constants.items()} | {"x": 4}
    arranged = Arrangement(net.nodes, {"x"} if given_last else (), ranks)
    result = net.run(arranged.nodes, laid_out(x, given_last))
    if arranged.is_last(net.newest):
        result = result.transpose(perm_first(4))
    np.testing.assert_array_equal(result, net.run(net.nodes, x))


def test_codes_stay_channels_last_from_kernel_to_kernel() -> None:
    net = Net(0, 4)
    net.conv(4, 3, grouped=False)
    net.relu()
    net.add("t0")
    arranged = Arrangement(net.nodes, {"x"}, {n: a.ndim for n, a in net.constants.items()} | {"x": 4})
    assert [n.op_type for n in arranged.nodes] == ["QLinearConv", "Max", "QLinearAdd"]
    assert arranged.is_last(net.newest)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 3, 4), (2, 3, 1, 1), (2, 1, 4, 4), (5,), ()])
def test_a_layout_is_seen_and_kept(shape: tuple[int, ...]) -> None:
    a = np.arange(np.prod(shape, dtype=int), dtype=np.uint8).reshape(shape)
    last = a if len(shape) < 3 else np.ascontiguousarray(a.transpose(perm_last(a.ndim))).transpose(perm_first(a.ndim))
    np.testing.assert_array_equal(laid_out(last, False), a)
    np.testing.assert_array_equal(like(in_memory(last) + 1, last), a + 1)
    assert in_memory(last).flags.c_contiguous
    assert not lies_last(a)
