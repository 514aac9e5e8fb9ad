"""Integer kernels give what fake-quant gives: one operator at a time, on random settings, powers of two included."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from qviz.encodings import ClipRange, Encodings, Setting
from qviz.graph.model import load_model
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from qviz.sim.applied import apply_encodings
from qviz.sim.executor import Executor
from qviz.sim.memo import Memo
from qviz.sim.plan import make_plan
from qviz.sim.result import Mode

Nodes = list[onnx.NodeProto]
RNG = np.random.default_rng(0)
LENGTH = 4096  # samples of a model: enough that one output in 10,000 shows


def weight(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


X = [LENGTH, 4, 6, 6]
Made = tuple[Nodes, dict[str, np.ndarray], list[int]]  # nodes, constants and shape of x
MODELS: dict[str, Made] = {
    "conv": (
        [helper.make_node("Conv", ["x", "w", "b"], ["y"], pads=[1, 1, 1, 1])],
        {"w": weight(3, 4, 3, 3), "b": weight(3)},
        X,
    ),
    "conv_relu": (
        [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Relu", ["c"], ["y"])],
        {"w": weight(3, 4, 3, 3)},
        X,
    ),
    "conv_clip": (
        [helper.make_node("Conv", ["x", "w", "b"], ["c"]), helper.make_node("Clip", ["c", "lo", "hi"], ["y"])],
        {"w": weight(3, 4, 3, 3), "b": weight(3), "lo": np.float32(-0.5), "hi": np.float32(2.1)},
        X,
    ),
    "conv_of_image": (
        [helper.make_node("Conv", ["x", "w", "b"], ["y"], pads=[1, 1, 1, 1], strides=[2, 2])],
        {"w": weight(8, 3, 3, 3), "b": weight(8)},
        [LENGTH, 3, 6, 6],
    ),
    "dropout_conv": (
        [helper.make_node("Dropout", ["x"], ["d", "mask"]), helper.make_node("Conv", ["d", "w"], ["y"])],
        {"w": weight(3, 4, 3, 3)},
        X,
    ),
    "depthwise": ([helper.make_node("Conv", ["x", "w"], ["y"], group=4)], {"w": weight(4, 1, 3, 3)}, X),
    "pool_conv": (
        [
            helper.make_node("MaxPool", ["x"], ["p"], kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1]),
            helper.make_node("Conv", ["p", "w"], ["y"]),
        ],
        {"w": weight(5, 4, 1, 1)},
        X,
    ),
    "gemm": (
        [helper.make_node("Gemm", ["x", "w", "b"], ["y"], transB=1)],
        {"w": weight(20, 30), "b": weight(20)},
        [LENGTH, 30],
    ),
    "matmul": ([helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": weight(30, 8)}, [LENGTH, 3, 30]),
    "matmul_bias": (
        [helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Add", ["m", "b"], ["y"])],
        {"w": weight(30, 20), "b": weight(20)},
        [LENGTH, 30],
    ),
    "mean": ([helper.make_node("GlobalAveragePool", ["x"], ["y"])], {}, X),
    "add_constant": ([helper.make_node("Add", ["x", "k"], ["y"])], {"k": weight(4, 1, 1)}, X),
    "mul_constant": ([helper.make_node("Mul", ["k", "x"], ["y"])], {"k": weight(4, 1, 1)}, X),
    "square": ([helper.make_node("Mul", ["x", "x"], ["y"])], {}, X),
    "move": (
        [
            helper.make_node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1]),
            helper.make_node("Relu", ["t"], ["r"]),
            helper.make_node("Flatten", ["r"], ["y"]),
        ],
        {},
        X,
    ),
}


class Machine:
    """One operator's model, ready to run in both modes."""

    def __init__(self, name: str, folder: Path, made: Made | None = None, opset: int = 17) -> None:
        nodes, constants, shape = made or MODELS[name]
        path = folder / f"{name}.onnx"
        initializers = [numpy_helper.from_array(np.asarray(a), n) for n, a in constants.items()]
        given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *shape[1:]])]
        result = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
        graph = helper.make_graph(nodes, name, given, result, initializers)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path)
        self.model = load_model(str(path))
        self.graph = self.model.graph
        groups = self.model.encodings.groups
        cuts = {t for g in groups.values() for t in g if self.graph.tensors[t].kind != "constant"}
        self.executor = Executor(self.model, make_plan(self.graph, cuts), Memo(0))
        self.x = (np.random.default_rng(1).standard_normal(shape) * 1.3).astype(np.float32)
        floats = self.executor.run(
            {"x": self.x}, None, ["y"], self.executor.program(apply_encodings(self.graph, Encodings()))
        )
        self.spans = {"x": span(self.x), "y": span(floats["y"])}

    def outputs(self, encodings: Encodings, integer: bool) -> np.ndarray:
        program = self.executor.program(apply_encodings(self.graph, encodings, integer))
        return self.executor.run({"x": self.x}, None, ["y"], program)["y"]

    def modes(self, encodings: Encodings) -> list[Mode]:
        return list(self.executor.modes(apply_encodings(self.graph, encodings)).values())


def span(value: np.ndarray) -> tuple[float, float]:
    return float(value.min()), float(value.max())


@pytest.fixture(scope="module", params=list(MODELS))
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(request.param, tmp_path_factory.mktemp("models"))


@st.composite
def some_settings(draw: Any, machine: Machine) -> Encodings:
    """Every quantizer with a width, scheme and range; often all scales are powers of two, or equal."""
    rounding = draw(st.sampled_from(["any", "power of two", "tenth"]))
    changes = {}
    for name, q in machine.graph.quantizers.items():
        values = machine.model.constants[name] if q.constant else None
        low, high = machine.spans[name] if values is None else span(values)
        spec = UniformSpec(
            draw(st.sampled_from([8, 8, 8, 7, 5, 4, 2])),
            draw(st.sampled_from(list(Scheme))),
            Granularity.PER_CHANNEL if q.axis is not None and draw(st.booleans()) else Granularity.PER_TENSOR,
        )
        factor = draw(st.floats(0.4, 1.5))
        low, high = min(low, 0.0) * factor, max(high, 0.0) * factor
        if rounding != "any":
            step = (high - low) / 2**spec.bits
            step = 2.0 ** round(np.log2(step)) if rounding == "power of two" else max(round(step, 1), 0.1) / 4
            below = round(-low / step)
            low, high = -below * step, (spec.steps - below) * step
        changes[name] = Setting(spec=spec, range=channel_ranges(q, spec, values, low, high), source="manual")
    return Encodings(groups=machine.model.encodings.groups).with_settings(changes)


def channel_ranges(q: Any, spec: UniformSpec, values: np.ndarray | None, low: float, high: float) -> ClipRange:
    if not spec.per_channel or values is None:
        return ClipRange((low,), (high,))
    rows = np.moveaxis(values, q.axis, 0).reshape(q.channels, -1)
    return ClipRange(tuple(np.minimum(rows.min(1), 0.0)), tuple(np.maximum(rows.max(1), 0.0)))


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_both_modes_agree_in_all_but_one_output_of_ten_thousand(machine: Machine, data: st.DataObject) -> None:
    encodings = data.draw(some_settings(machine))
    integer, fake = machine.outputs(encodings, True), machine.outputs(encodings, False)
    encoding = encodings.settings["y"].encoding if "y" in encodings.settings else encodings.settings["x"].encoding
    assert encoding is not None
    step = float(encoding.scale[0])
    assert np.abs(integer - fake).max() <= step * 1.01
    assert np.count_nonzero(integer != fake) <= max(1e-4 * fake.size, 1)


def test_plain_settings_run_on_integer_kernels(machine: Machine) -> None:
    encodings = with_min_max(machine)
    modes = machine.modes(encodings)
    assert {m.kind for m in modes} <= {"integer", "codes"}, [str(m.reason) for m in modes]


def test_with_a_float_bias_a_segment_that_has_one_is_fake_quant(tmp_path: Path) -> None:
    machine = Machine("conv", tmp_path)
    encodings = with_min_max(machine)
    (mode,) = machine.modes(encodings.with_bias("float"))
    assert mode.kind == "float"
    assert str(mode.reason) == "Its bias is in float."


def test_the_reason_names_the_tensor_that_is_in_float(tmp_path: Path) -> None:
    machine = Machine("gemm", tmp_path)
    encodings = with_min_max(machine)
    wide = Setting(spec=UniformSpec(16), range=encodings["x"].range, source="manual")
    (mode,) = machine.modes(encodings.with_settings({"x": wide}))
    assert str(mode.reason) == "x has more than 8 bits."


def test_a_sum_that_could_wrap_is_left_to_fake_quant(tmp_path: Path) -> None:
    """A bias 2^31 codes large: the scale of its codes is tiny where weights are clipped to almost nothing."""
    machine = Machine("conv", tmp_path)
    encodings = with_min_max(machine)
    tiny = encodings["w"].with_range([-1e-6], [1e-6], "manual")
    spec = UniformSpec(8, Scheme.SYMMETRIC)
    x = Setting(spec=UniformSpec(8), range=ClipRange((-1e-6,), (1e-6,)), source="manual")
    narrow = Setting(spec=spec, range=tiny.range, source="manual")
    (mode,) = machine.modes(encodings.with_settings({"w": narrow, "x": x}))
    assert str(mode.reason) == "Its sums may leave 32 bits."


def with_min_max(machine: Machine) -> Encodings:
    changes = {}
    for name, q in machine.graph.quantizers.items():
        setting = machine.model.encodings[name]
        values = machine.model.constants[name] if q.constant else None
        low, high = machine.spans[name] if values is None else span(values)
        changes[name] = Setting(
            spec=setting.spec,
            range=channel_ranges(q, setting.spec, values, min(low, 0.0), max(high, 0.0) * 1.013),
            source="minmax",
        )
    return machine.model.encodings.with_settings(changes)
