"""Integer kernels of Add, Mul, Concat and global average pooling."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import helper

from qviz.errors import Text
from qviz.quant.encoding import Encoding
from qviz.sim import integer_guards as guards
from qviz.sim.fake_quant import Codes, encode, scale_and_zero
from qviz.sim.form import Array, codes, scale, zero
from qviz.sim.integer_view import TIES, Kernel, View, constant_codes, on_bytes
from qviz.sim.kernels import BYTE, FLOAT, MICROSOFT, Shape, kernel_session

PAIRS = 1 << 16
TYPICAL = 8.0  # a grid's width in mean absolute values of what lies on it
KERNELS: Mapping[str, tuple[str, np.ufunc]] = {"Add": ("QLinearAdd", np.add), "Mul": ("QLinearMul", np.multiply)}


def lower_pair(nodes: Sequence[onnx.NodeProto], view: View, output: str) -> Kernel | Text:
    """Add and Mul. The guard is the kernel itself, tried on all pairs of codes."""
    node = nodes[0]
    a, b = node.input
    if (reason := on_bytes(view, a, b)) is not None:
        return reason
    if any(e is not None and e.channels > 1 for e in (view.grid(a), view.grid(b))):
        return Text("One operand has a scale for each channel.")
    if _share_that_differs(view, node.op_type, a, b, output) > guards.TIES_ALLOWED:
        return TIES
    operands = [*view.grid_names(a), *view.grid_names(b), scale(output), zero(output)]
    quantized = helper.make_node(KERNELS[node.op_type][0], operands, [codes(output)], domain=MICROSOFT)
    return Kernel((quantized,), initializers=lambda: _operands(view, a, b))


def _operands(view: View, *names: str) -> dict[str, Array]:
    """Codes, scale and zero point of those that are constants."""
    found: dict[str, Array] = {}
    for name in names:
        grid = view.grid(name)
        if grid is not None and name not in view.roots:
            found[codes(name)] = constant_codes(view, name, signed=False)
            found[scale(name)], found[zero(name)] = scale_and_zero(grid)
    return found


def lower_concat(nodes: Sequence[onnx.NodeProto], view: View, output: str) -> Kernel | Text:
    concat = nodes[0]
    if (reason := on_bytes(view, *concat.input)) is not None:
        return reason
    if any(name not in view.roots for name in concat.input):
        return Text("It joins constants.")
    groups = [part for name in concat.input for part in view.grid_names(name)]
    joined = helper.make_node(
        "QLinearConcat", [scale(output), zero(output), *groups], [codes(output)], domain=MICROSOFT
    )
    joined.attribute.extend(concat.attribute)
    return Kernel((joined,))


def lower_mean(nodes: Sequence[onnx.NodeProto], view: View, output: str) -> Kernel | Text:
    """GlobalAveragePool over two known axes."""
    x = nodes[0].input[0]
    if (reason := on_bytes(view, x)) is not None:
        return reason
    shape = view.graph.tensors[x].shape if x in view.graph.tensors else None
    sizes = [d for d in shape[2:] if isinstance(d, int)] if shape is not None and len(shape) == 4 else []
    if len(sizes) != 2:
        return Text("How many values it averages is not known.")
    count, grid, out = sizes[0] * sizes[1], view.grid(x), view.output_grid(output)
    assert grid is not None
    ratio = grid.scale.astype(np.float32) / (out.scale.astype(np.float32).astype(np.float64) * count)
    exact = guards.is_exact_in_float(count, 255, 1, grid.scale, out.scale, np.array([count]))
    if not exact and guards.ties_too_often(ratio, out.steps):
        return TIES
    operands = [*view.grid_names(x), scale(output), zero(output)]
    return Kernel((helper.make_node("QLinearGlobalAveragePool", operands, [codes(output)], domain=MICROSOFT),))


def pairs_that_differ(op: str, first: Encoding, second: Encoding, out: Encoding) -> NDArray[np.bool_]:
    """Which of all pairs of bytes (256, 256) the integer kernel and fake-quant take to different codes."""
    a, b = _all_pairs()
    feed: dict[str, Array] = {"a": a, "b": b}
    for name, encoding in (("a", first), ("b", second), ("y", out)):
        feed[f"{name}_scale"], feed[f"{name}_zero"] = scale_and_zero(encoding)
    result = _pair_session(KERNELS[op][0]).run(None, feed)[0]
    expected = KERNELS[op][1](Codes(a, first).values(), Codes(b, second).values())
    wrong: NDArray[np.bool_] = np.minimum(result, out.steps) != encode(expected, out).codes
    return wrong.reshape(256, 256)


def _share_that_differs(view: View, op: str, a: str, b: str, output: str) -> float:
    """The share of pairs of codes that comes out differently: of all that can meet, or as often as each meets."""
    first, second = view.grid(a), view.grid(b)
    assert first is not None
    assert second is not None
    wrong = pairs_that_differ(op, first, second, view.output_grid(output))
    present, other = _present(view, a, first), _present(view, b, second)
    if a == b:
        return float(np.average(wrong[present, present], weights=_frequency(first, present)))
    often = np.outer(_frequency(first, present), _frequency(second, other))
    met = wrong[np.ix_(present, other)]
    return max(float(met.mean()), float(np.average(met, weights=often)))


def _present(view: View, name: str, grid: Encoding) -> NDArray[np.integer]:
    """Codes that `name` can have: those of a constant, or all."""
    return np.arange(grid.steps + 1) if name in view.roots else np.unique(constant_codes(view, name, signed=False))


def _frequency(grid: Encoding, codes: NDArray[np.integer]) -> NDArray[np.float64]:
    """How often each code is met, up to a factor: a Laplace distribution around zero, as that of most activations."""
    return np.asarray(np.exp(-TYPICAL * np.abs(codes.astype(np.int64) + grid.offset[0]) / grid.steps))


@cache
def _all_pairs() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    every = np.arange(256, dtype=np.uint8)
    return np.repeat(every, 256), np.tile(every, 256)


@cache
def _pair_session(op: str) -> ort.InferenceSession:
    scalars = {"_scale": (FLOAT, ()), "_zero": (BYTE, ())}
    inputs: dict[str, tuple[int, Shape]] = dict.fromkeys("ab", (BYTE, (PAIRS,)))
    inputs |= {n + kind: what for n in "aby" for kind, what in scalars.items()}
    names = ["a", "a_scale", "a_zero", "b", "b_scale", "b_zero", "y_scale", "y_zero"]
    return kernel_session(helper.make_node(op, names, ["y"], domain=MICROSOFT), inputs, BYTE)
