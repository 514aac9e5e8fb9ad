"""Pooling on codes yields the bytes that ONNX's own MaxPool yields, for every window."""

import numpy as np
import onnx
import onnxruntime as ort
from hypothesis import assume, given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from qviz.quant.encoding import encoding_from_range
from qviz.quant.spec import UniformSpec
from qviz.sim.channels_last import Arrangement
from qviz.sim.form import codes
from qviz.sim.kernels import MICROSOFT, session_options
from qviz.sim.layout import perm_first
from qviz.sim.movement import STEADY, split_movement

SIZE = 9


def run(nodes: list[onnx.NodeProto], given_as: str, made: str, x: np.ndarray) -> np.ndarray:
    ports = [helper.make_tensor_value_info(n, TensorProto.UINT8, None) for n in (given_as, made)]
    graph = helper.make_graph(nodes, "pool", ports[:1], ports[1:])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    session = ort.InferenceSession(model.SerializeToString(), session_options(), providers=["CPUExecutionProvider"])
    return session.run([made], {given_as: x})[0]


@given(
    axes=st.integers(1, 3), window=st.integers(1, 4), step=st.integers(1, 3), pad=st.integers(0, 1),
    dilation=st.integers(1, 2), ceil=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_codes_are_pooled_as_onnx_pools_bytes(
    axes: int, window: int, step: int, pad: int, dilation: int, ceil: bool, seed: int
) -> None:
    assume(pad < window)
    x = np.random.default_rng(seed).integers(0, 256, (2, 3, *[SIZE] * axes), np.uint8)
    pool = helper.make_node(
        "MaxPool", ["x"], ["y"], name="pool", kernel_shape=[window] * axes, strides=[step] * axes,
        pads=[pad] * (2 * axes), dilations=[dilation] * axes, ceil_mode=int(ceil), storage_order=0,
    )  # fmt: skip
    on = encoding_from_range(-1.0, 1.0, UniformSpec(8))
    movement = split_movement([pool], {"x": on}, STEADY)
    assert not movement.rest
    nodes = Arrangement(movement.nodes, (), {}).nodes
    last = run(nodes, codes("x"), codes("y"), x)
    np.testing.assert_array_equal(last.transpose(perm_first(x.ndim)), run([pool], "x", "y", x))
