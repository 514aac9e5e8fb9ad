"""Every form puts a value on its nearest level; floats of few bits round as ml_dtypes and ONNX do."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from qviz.quant.encoding import encoding_from_range, move_edge
from qviz.quant.floats import DTYPES, FloatGrid, float_grid, largest
from qviz.quant.forms import grid_from_range
from qviz.quant.grid import Grid
from qviz.quant.levels import BinaryGrid, binary_grid, codebook_grid
from qviz.quant.spec import BinarySpec, FloatFormat, FloatSpec, TernarySpec, UniformSpec

FLOAT8 = (FloatFormat.FLOAT8_E4M3FN, FloatFormat.FLOAT8_E5M2)
edges = st.floats(1e-3, 1e6, allow_subnormal=False)
numbers = st.floats(-2e6, 2e6, width=32)
arrays = hnp.arrays(np.float32, st.integers(1, 200), elements=numbers)
all_floats = hnp.arrays(np.float32, st.integers(1, 200), elements=st.floats(width=32, allow_nan=False))


def grids() -> st.SearchStrategy[Grid]:
    """A grid of any form, per-tensor."""
    specs = st.one_of(
        st.builds(UniformSpec, st.integers(1, 10)),
        st.builds(FloatSpec, format=st.sampled_from(FloatFormat)),
        st.just(BinarySpec()),
        st.just(TernarySpec()),
    )
    ranged = st.builds(lambda spec, low, high: grid_from_range(-low, high, spec), specs, edges, edges)
    return ranged | st.lists(numbers, min_size=1, max_size=40).map(codebook_grid)


@given(grids(), arrays)
def test_values_go_to_their_nearest_level_in_order_and_stay_there(grid: Grid, x: np.ndarray) -> None:
    levels = grid.levels()
    assert (np.diff(levels) > 0).all()
    assert len(levels) <= 65_536
    x = np.sort(x)
    y = grid.quantize_dequantize(x)
    assert y.dtype == np.float32
    assert np.isin(y, levels.astype(np.float32)).all()
    assert (np.diff(y) >= 0).all()
    near = np.clip(np.searchsorted(levels, x), 1, max(len(levels) - 1, 1)) if len(levels) > 1 else np.ones(len(x), int)
    best = np.minimum(np.abs(levels[near - 1] - x), np.abs(levels[min(len(levels) - 1, 1) and near] - x))
    slack = 1e-6 * (np.abs(x.astype(np.float64)) + np.abs(levels).max() / len(levels))
    assert (np.abs(y.astype(np.float64) - x) <= best + slack).all()
    assert grid.quantize_dequantize(y).tobytes() == y.tobytes()


@given(grids())
def test_the_effective_range_is_that_of_the_levels(grid: Grid) -> None:
    levels = grid.levels()
    np.testing.assert_allclose([grid.min[0], grid.max[0]], [levels[0], levels[-1]], rtol=1e-6)
    assert grid.channels == 1
    assert grid.rows(slice(0, 1)) is grid


@pytest.mark.parametrize("format", FloatFormat)
@given(x=all_floats)
def test_floats_round_as_ml_dtypes_does_and_saturate(format: FloatFormat, x: np.ndarray) -> None:
    top = np.float32(largest(format))
    expected = np.clip(x, -top, top).astype(DTYPES[format]).astype(np.float32)
    assert FloatGrid(format, np.ones(1)).quantize_dequantize(x).tobytes() == expected.tobytes()


@pytest.mark.parametrize("format", FloatFormat)
def test_floats_round_ties_to_even_from_the_smallest_to_the_largest(format: FloatFormat) -> None:
    levels = FloatGrid(format, np.ones(1)).levels()
    between = ((levels[1:] + levels[:-1]) / 2).astype(np.float32)  # exact: one more bit
    x = np.concatenate([np.nextafter(between, np.float32(s)) for s in (-np.inf, np.inf)] + [between])
    expected = x.astype(DTYPES[format]).astype(np.float32)
    assert FloatGrid(format, np.ones(1)).quantize_dequantize(x).tobytes() == expected.tobytes()
    assert float(ml_dtypes.finfo(DTYPES[format]).max) == levels[-1] == -levels[0]


def test_a_float_that_is_no_number_stays_none_and_infinity_saturates() -> None:
    for format in FloatFormat:
        y = FloatGrid(format, np.ones(1)).quantize_dequantize(np.array([np.nan, np.inf, -np.inf], np.float32))
        assert np.isnan(y[0])
        assert y[1] == largest(format) == -y[2]


@pytest.mark.parametrize("format", FLOAT8)
@settings(deadline=None, max_examples=30)
@given(x=hnp.arrays(np.float32, (3, 7), elements=st.floats(-1e4, 1e4, width=32)), high=st.lists(edges, min_size=3,
       max_size=3))  # fmt: skip
def test_float8_is_onnx_quantize_linear_bit_for_bit(format: FloatFormat, x: np.ndarray, high: list[float]) -> None:
    kind = TensorProto.FLOAT8E4M3FN if format is FloatFormat.FLOAT8_E4M3FN else TensorProto.FLOAT8E5M2
    grid = float_grid(format, np.zeros(3), high)
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], axis=0),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], axis=0),
    ]
    types = {"x": TensorProto.FLOAT, "s": TensorProto.FLOAT, "z": kind, "y": TensorProto.FLOAT}
    ports = {n: helper.make_tensor_value_info(n, t, None) for n, t in types.items()}
    graph = helper.make_graph(nodes, "g", [ports[n] for n in "xsz"], [ports["y"]])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)])
    feed = {"x": x, "s": grid.scale.astype(np.float32), "z": np.zeros(3, DTYPES[format])}
    (expected,) = ReferenceEvaluator(model).run(None, feed)
    assert grid.quantize_dequantize(x, 0).tobytes() == np.asarray(expected, np.float32).tobytes()


@given(st.lists(edges, min_size=2, max_size=4), st.integers(0, 2), st.data())
def test_channels_are_independent_and_lie_on_any_axis(sizes: list[float], axis: int, data: st.DataObject) -> None:
    shape = [2, 3, 4]
    shape[axis] = len(sizes)
    x = data.draw(hnp.arrays(np.float32, tuple(shape), elements=st.floats(-1e6, 1e6, width=32)))
    for grid in (float_grid(FloatFormat.FLOAT8_E4M3FN, np.zeros(len(sizes)), sizes), BinaryGrid(np.array(sizes))):
        together = np.moveaxis(grid.quantize_dequantize(x, axis), axis, 0)
        for i, part in enumerate(np.moveaxis(x, axis, 0)):
            alone = grid.rows(slice(i, i + 1))
            assert (alone.quantize_dequantize(part) == together[i]).all()
            assert (alone.levels() == grid.levels(i)).all()
        with pytest.raises(ValueError, match="axis"):
            grid.quantize_dequantize(x)


def test_the_clip_range_of_float8_is_what_its_largest_value_means() -> None:
    grid = float_grid(FloatFormat.FLOAT8_E4M3FN, -3.0, 7.0)
    assert grid.max[0] == 7.0 == -grid.min[0]
    assert grid.scale[0] == 7.0 / 448


def test_sixteen_bit_floats_lie_where_they_lie() -> None:
    assert grid_from_range(-1, 1, FloatSpec()) == grid_from_range(-5, 9, FloatSpec())
    assert grid_from_range(-1, 1, FloatSpec()).max[0] == 65504


def test_one_bit_has_zero_and_one_other_value() -> None:
    for low, high, levels in ((-1.0, 3.0, [0, 4]), (-3.0, 1.0, [-4, 0]), (0.0, 2.0, [0, 2])):
        assert encoding_from_range(low, high, UniformSpec(1)).levels().tolist() == levels


def test_signs_take_the_larger_edge_and_ternary_is_two_bits_strict() -> None:
    assert grid_from_range(-0.5, 0.25, BinarySpec()).levels().tolist() == [-0.5, 0.5]
    assert binary_grid(0, 0).scale[0] == 2.0**-23
    assert binary_grid(-1, 1).quantize_dequantize(np.array([0.0, -0.0, np.nan], np.float32)).tolist() == [1, 1, -1]
    ternary = grid_from_range(-0.5, 0.25, TernarySpec())
    assert ternary.levels().tolist() == [-0.5, 0, 0.5]
    assert ternary.quantize_dequantize(np.array([0.2, 0.3, -9], np.float32)).tolist() == [0, 0.5, -0.5]


@given(st.floats(-9, 9))
def test_dragging_an_edge_of_a_form_around_zero_takes_the_other_one_along(value: float) -> None:
    for spec in (FloatSpec(format=FloatFormat.FLOAT8_E5M2), BinarySpec(), TernarySpec()):
        low, high = move_edge(-1, 1, spec, "max", value)
        assert -low == high == max(value, 0)


def test_equal_keys_mean_equal_levels() -> None:
    kinds = [
        encoding_from_range(-1, 1, UniformSpec()), encoding_from_range(-1, 1, TernarySpec()), binary_grid(-1, 1),
        codebook_grid([-1, 1]), *(FloatGrid(f, np.ones(1)) for f in FloatFormat),
    ]  # fmt: skip
    assert len({g.key for g in kinds}) == len(kinds)
    assert codebook_grid([1, -1, 1]) == codebook_grid([-1, 1])
