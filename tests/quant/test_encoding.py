"""Range to scale and offset, and quantize-dequantize: equal to AIMET's and to ONNX Runtime's, and self-consistent."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper

from qviz.errors import QvizError
from qviz.quant.encoding import (
    MIN_SCALE,
    Encoding,
    dequantize,
    encoding_from_range,
    fake_quantize_in_place,
    move_edge,
    quantize,
    quantize_dequantize,
)
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from tests.quant.shared import shared

specs = st.builds(UniformSpec, st.integers(2, 16), st.sampled_from(Scheme))
edges = st.floats(0, 1e6, allow_subnormal=False)
ranges = st.tuples(edges.map(lambda v: -v), edges).filter(lambda r: r[1] - r[0] > 1e-3)
arrays = hnp.arrays(np.float32, st.integers(1, 300), elements=st.floats(-2e6, 2e6, width=32))
anything = hnp.arrays(np.float32, st.integers(1, 300), elements=st.floats(width=32))


def test_quantized_values_differ_from_aimet_by_one_step_and_on_ties_alone():
    oracle = np.load(shared("oracle/aimet_2_42.npz"))
    ties = 0
    for case, x, expected in zip(oracle["qdq"], oracle["qdq_x"], oracle["qdq_y"], strict=True):
        channels = 3 if case[2] else 1
        scale, offset = case[3:].reshape(3, 4)[:channels, :2].T
        e = Encoding(scale.copy(), offset.astype(np.int64), 2 ** int(case[0]) - 1)
        got = quantize_dequantize(x, e, 0)
        steps = np.abs(got.astype(np.float64) - expected) / scale[:, None]
        differ = steps > 0.01
        np.testing.assert_allclose(steps[differ], 1.0, atol=0.01)
        np.testing.assert_allclose(np.abs((x / scale[:, None])[differ] % 1), 0.5, atol=0.01)
        ties += int(differ.sum())
    assert ties > 0  # the frozen cases are full of ties


@given(ranges, specs)
def test_zero_is_exact_and_the_range_is_covered(bounds, spec):
    e = encoding_from_range(*bounds, spec)
    assert quantize_dequantize(np.zeros(1, np.float32), e)[0] == 0
    slack = e.scale[0] * (0.5 + 1e-6) if not spec.symmetric else e.scale[0] * 1e-6
    if spec.bits > 2:
        assert e.min[0] - slack <= bounds[0]
        assert e.max[0] + slack >= bounds[1]


@given(ranges, specs, anything)
def test_both_ways_to_the_grid_agree_bit_for_bit(bounds, spec, x):
    e = encoding_from_range(*bounds, spec)
    codes = quantize(x, e)
    expected = dequantize(codes, e)
    assert quantize_dequantize(x, e).tobytes() == expected.tobytes()
    in_place, taken = x.copy(), np.empty(x.shape, np.uint16)
    fake_quantize_in_place(in_place, e, taken)
    assert in_place.tobytes() == expected.tobytes()
    assert (taken == codes).all()
    assert codes.max() <= e.steps


@given(ranges, specs, arrays)
def test_quantizing_is_monotone_and_what_lies_on_the_grid_stays(bounds, spec, x):
    e = encoding_from_range(*bounds, spec)
    codes = quantize(np.sort(x), e)
    assert (np.diff(codes.astype(int)) >= 0).all()
    assert (quantize(dequantize(codes, e), e) == codes).all()


@given(st.lists(ranges, min_size=2, max_size=5), specs, st.integers(0, 2), st.data())
def test_channels_are_independent_and_lie_on_any_axis(bounds, spec, axis, data):
    shape = [2, 3, 4]
    shape[axis] = len(bounds)
    x = data.draw(hnp.arrays(np.float32, tuple(shape), elements=st.floats(-1e6, 1e6, width=32)))
    e = encoding_from_range(*np.array(bounds).T, spec)
    got = np.moveaxis(quantize_dequantize(x, e, axis), axis, 0)
    assert quantize_dequantize(x, e, axis).tobytes() == dequantize(quantize(x, e, axis), e, axis).tobytes()
    for i, part in enumerate(np.moveaxis(x, axis, 0)):
        one = Encoding(e.scale[i : i + 1], e.offset[i : i + 1], e.steps)
        assert (quantize_dequantize(np.ascontiguousarray(part), one) == got[i]).all()


def test_a_per_channel_encoding_without_an_axis_is_refused():
    e = encoding_from_range([-1, -2], [1, 2], UniformSpec(granularity=Granularity.PER_CHANNEL))
    with pytest.raises(ValueError, match="axis"):
        quantize_dequantize(np.zeros((2, 2), np.float32), e)


@pytest.fixture(scope="module")
def onnx_runtime():
    """QuantizeLinear then DequantizeLinear with scale and zero point as inputs, uint8."""
    names = ("x", "s", "z")
    nodes = [
        helper.make_node("QuantizeLinear", names, ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
    ]
    types = (TensorProto.FLOAT, TensorProto.FLOAT, TensorProto.UINT8)
    shapes: list[list[str] | list[int]] = [["n"], [], []]
    inputs = [helper.make_tensor_value_info(n, t, s) for n, t, s in zip(names, types, shapes, strict=True)]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])
    model = helper.make_model(
        helper.make_graph(nodes, "g", inputs, [output]), opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


@settings(deadline=None)
@given(ranges, arrays)
def test_the_grid_is_onnx_runtimes(onnx_runtime, bounds, x):
    e = encoding_from_range(*bounds, UniformSpec(8))
    feed = {"x": x, "s": np.array(e.scale[0], np.float32), "z": np.array(-e.offset[0], np.uint8)}
    assert (onnx_runtime.run(None, feed)[0] == quantize_dequantize(x, e)).all()


@given(ranges, specs, st.sampled_from(["min", "max"]), st.floats(1e-3, 1e6))
def test_the_dragged_edge_is_the_authority(bounds, spec, edge, size):
    value = -size if edge == "min" else size
    low, high = move_edge(*bounds, spec, edge, value)
    assert (low if edge == "min" else high) == value
    e = encoding_from_range(low, high, spec)
    effective = float(e.min[0] if edge == "min" else e.max[0])
    if e.scale[0] == MIN_SCALE:
        return  # nothing finer exists: the range is wider than asked for
    if not spec.symmetric:
        assert (high if edge == "min" else low) == bounds[edge == "min"]
        assert abs(effective - value) <= e.scale[0] * (0.5 + 1e-9)
    elif spec.scheme is Scheme.POWER_OF_TWO:
        assert abs(value) * (1 - 1e-9) <= abs(effective) < 2 * abs(value) * (1 + 1e-9) or e.steps == 3
    elif e.steps != 3:  # with 2 bits the positive side ends a step early, as in AIMET
        assert effective == pytest.approx(value, rel=1e-12)


def test_an_edge_stops_at_zero_and_a_range_without_zero_is_widened():
    assert move_edge(-1, 1, UniformSpec(), "min", 0.5) == (0, 1)
    assert encoding_from_range(2, 5, UniformSpec()).min[0] == 0
    assert encoding_from_range(-5, -2, UniformSpec()).max[0] == 0


def test_edges_that_are_no_numbers_still_give_an_encoding():
    e = encoding_from_range([np.nan, -np.inf], [1, np.inf], UniformSpec(8))
    assert e.min[0] == 0
    assert np.isfinite(e.scale).all()
    assert e.max[1] == pytest.approx(0.99 * np.finfo(np.float32).max, rel=0.01)


def test_a_bit_width_that_is_not_simulated_is_refused_in_words():
    with pytest.raises(QvizError, match="from 1 to 16, not 17"):
        UniformSpec(17)


@given(ranges, st.integers(2, 16))
def test_a_power_of_two_scale_is_the_next_one_that_covers_the_range(bounds, bits):
    plain = encoding_from_range(*bounds, UniformSpec(bits, Scheme.SYMMETRIC))
    e = encoding_from_range(*bounds, UniformSpec(bits, Scheme.POWER_OF_TWO))
    assert np.frexp(e.scale[0])[0] == 0.5
    assert plain.scale[0] * (1 - 1e-9) <= e.scale[0] < 2 * plain.scale[0]
    assert e.offset == plain.offset
    assert encoding_from_range(e.min, e.max, UniformSpec(bits, Scheme.POWER_OF_TWO)) == e


def test_a_power_of_two_stays_a_power_of_two():
    for exponent in range(-20, 20):
        high = 127 * 2.0**exponent
        assert encoding_from_range(-high, high, UniformSpec(8, Scheme.POWER_OF_TWO)).scale[0] == 2.0**exponent
