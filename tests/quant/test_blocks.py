"""Per-block integers: every block of input channels is quantized as if it were a tensor of its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qviz.encodings import Setting
from qviz.quant.blocks import BlockGrid, block_count, block_extremes, from_rows, input_axis, to_rows
from qviz.quant.encoding import encoding_from_range, quantize_dequantize
from qviz.quant.spec import Granularity, Scheme, UniformSpec

shapes = st.sampled_from([(4, 7), (6, 5), (3, 5, 2, 3), (2, 8, 3, 3), (5, 1, 3, 3), (3, 4, 2)])


def weight(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def spec_of(bits: int, scheme: Scheme, block: int) -> UniformSpec:
    return UniformSpec(bits, scheme, Granularity.PER_BLOCK, block)


@settings(max_examples=60, deadline=None)
@given(
    shape=shapes,
    axis=st.sampled_from([0, 1]),
    block=st.integers(1, 9),
    bits=st.integers(2, 8),
    scheme=st.sampled_from([s for s in Scheme if s is not Scheme.SYMMETRIC_UNSIGNED]),  # that looks at all rows
)
def test_each_block_is_quantized_alone(shape, axis, block, bits, scheme) -> None:
    x, spec = weight(shape), spec_of(bits, scheme, block)
    setting = Setting(spec=spec).with_range(*block_extremes(x, axis, block), "minmax")
    got = setting.grid.quantize_dequantize(x, axis)
    along = input_axis(axis)
    for out in range(shape[axis]):
        for start in range(0, shape[along], block):
            at = [slice(None)] * x.ndim
            at[axis], at[along] = slice(out, out + 1), slice(start, start + block)
            part = x[tuple(at)]
            alone = encoding_from_range(min(part.min(), 0), max(part.max(), 0), spec)
            np.testing.assert_array_equal(got[tuple(at)], quantize_dequantize(part, alone))
    np.testing.assert_array_equal(setting.grid.of_codes(setting.grid.codes(x, axis), axis), got)


@given(shape=shapes, axis=st.sampled_from([0, 1]), block=st.integers(1, 9))
def test_rows_and_back_is_the_weight(shape, axis, block) -> None:
    x = weight(shape)
    rows = to_rows(x, axis, block)
    assert len(rows) == shape[axis] * block_count(shape, axis, block)
    np.testing.assert_array_equal(from_rows(rows, shape, axis, block), x)


def test_blocks_of_one_input_channel_lose_less_than_one_scale_a_channel() -> None:
    x = weight((8, 16, 3, 3)) * np.logspace(-2, 0, 16).reshape(1, 16, 1, 1).astype(np.float32)
    errors = []
    for block in (16, 4, 1):
        setting = Setting(spec=spec_of(4, Scheme.SYMMETRIC, block)).with_range(*block_extremes(x, 0, block), "minmax")
        errors.append(float(((setting.grid.quantize_dequantize(x, 0) - x) ** 2).sum()))
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


def test_the_size_of_the_blocks_decides_the_values() -> None:
    rows = encoding_from_range([-1.0, -2.0], [1.0, 2.0], UniformSpec(4, Scheme.SYMMETRIC))
    assert BlockGrid(rows, 4) != BlockGrid(rows, 8)
    assert BlockGrid(rows, 4) == BlockGrid(rows, 4)
    with pytest.raises(ValueError, match="2 blocks do not fit"):
        BlockGrid(rows, 4).quantize_dequantize(weight((2, 8)), 0)
