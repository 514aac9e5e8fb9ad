"""The error that a histogram tells is the error that the values have."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import numpy_helper

from qviz.quant.encoding import encoding_from_range, move_edge, quantize_dequantize
from qviz.quant.error import error_curve, quantization_error
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from tests.quant.shared import shared

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
BITS = (2, 3, 4, 6, 8)
OUTLIERS = (1, 100, 1_000, 10_000)
SCHEMES = (Scheme.ASYMMETRIC, Scheme.SYMMETRIC)


def histogram_of(x, axis=None):
    h = Histogram(axis)
    h.add(x)
    return h


def exact(x, encoding, axis=None):
    """(rounding, clipping, clipped share) of the values themselves."""
    shape = [1] * x.ndim
    if encoding.channels > 1:
        shape[axis] = -1
    error = np.square(quantize_dequantize(x, encoding, axis).astype(np.float64) - x)
    slack = 1e-9 * encoding.scale.reshape(shape)
    low, high = encoding.min.reshape(shape), encoding.max.reshape(shape)
    outside = (x < low - slack) | (x > high + slack)
    return (error * ~outside).mean(), (error * outside).mean(), outside.mean()


def assert_close(x, encoding, axis=None, histogram=None):
    error = quantization_error(histogram or histogram_of(x, axis), encoding)
    rounding, clipping, share = exact(x, encoding, axis)
    total = rounding + clipping
    assert error.rounding + error.clipping == pytest.approx(total, rel=0.02)
    assert error.rounding == pytest.approx(rounding, rel=0.02, abs=0.001 * total)
    assert error.clipping == pytest.approx(clipping, rel=0.02, abs=0.001 * total)
    assert error.clipped_share == pytest.approx(share, rel=0.02, abs=0.001)
    signal = np.square(x, dtype=np.float64).mean()
    assert error.sqnr_db == pytest.approx(10 * np.log10(signal / total), abs=0.1)


def real_weights():
    model = onnx.load(shared("data/cifar10/vgg11.onnx"))
    weights = [numpy_helper.to_array(i) for i in model.graph.initializer]
    return sorted((w for w in weights if w.ndim > 1), key=np.size)[1:4]


def vgg11():
    mean, std = np.array([0.4914, 0.4822, 0.4465]), np.array([0.247, 0.2435, 0.2616])
    images = np.load(shared("data/cifar10/vgg11_test_2000.npz"))["images"][:32]
    return shared("data/cifar10/vgg11.onnx"), ((images / 255.0 - mean) / std).transpose(0, 3, 1, 2)


def digits(name):
    images = np.load(SAMPLE / "digits_calib.npz")["images"]
    return SAMPLE / name, images[:, None] / 255.0


SOURCES = {
    "vgg11": vgg11,
    "digits_cnn": lambda: digits("digits_cnn.onnx"),
    "digits_mobile": lambda: digits("digits_mobile.onnx"),
}


@pytest.fixture(scope="module", params=SOURCES)
def real_activations(request):
    """Every float activation of one real network on real images."""
    path, x = SOURCES[request.param]()
    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    known = {o.name for o in model.graph.output}
    values = (v for v in model.graph.value_info if v.type.tensor_type.elem_type == onnx.TensorProto.FLOAT)
    model.graph.output.extend(v for v in values if v.name not in known)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(None, {session.get_inputs()[0].name: x.astype(np.float32)})
    return [y for y in found if y.size > 1000]


@pytest.mark.parametrize("outlier", OUTLIERS)
def test_real_activations_within_2_percent(real_activations, outlier):
    assert len(real_activations) > 8
    for x in real_activations[::3]:
        x = x.reshape(-1).copy()
        if outlier > 1:
            x[7] = outlier * np.abs(x).max()
        h = histogram_of(x)
        for bits in BITS:
            for scheme in SCHEMES:
                assert_close(x, encoding_from_range(h.min, h.max, UniformSpec(bits, scheme)), histogram=h)


@pytest.mark.parametrize("outlier", OUTLIERS)
def test_real_weights_within_2_percent(outlier):
    for w in real_weights():
        w = w.copy()
        if outlier > 1:
            w.reshape(-1)[11] = outlier * np.abs(w).max()
        h = histogram_of(w, 0)
        for bits in BITS:
            whole = encoding_from_range(h.min, h.max, UniformSpec(bits, Scheme.SYMMETRIC))
            rows = encoding_from_range(
                h.channel_min, h.channel_max, UniformSpec(bits, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
            )
            assert_close(w, whole, 0, h)
            assert_close(w, rows, 0, h)


@pytest.mark.parametrize("outlier", OUTLIERS[1:])
@pytest.mark.parametrize("bits", BITS)
def test_bulk_and_outlier_apart(outlier, bits):
    """With clip ranges between the two, clipping is the outlier's error and rounding the bulk's."""
    bulk = np.abs(np.random.default_rng(3).normal(size=300_000)).astype(np.float32)
    x = np.append(bulk, np.float32(outlier * bulk.max()))
    h = histogram_of(x)
    for high in np.geomspace(bulk.max(), x[-1], 5)[:-1]:
        e = encoding_from_range(0, high, UniformSpec(bits))
        error = quantization_error(h, e)
        of_outlier = float(x[-1] - e.max[0]) ** 2
        of_bulk = np.square(quantize_dequantize(bulk, e).astype(np.float64) - bulk).sum()
        assert error.clipping * x.size == pytest.approx(of_outlier, rel=0.02)
        assert error.rounding * x.size == pytest.approx(of_bulk, rel=0.02)


@given(
    hnp.arrays(np.float32, st.integers(1, 200), elements=st.floats(-100, 100, width=32)),
    st.floats(-150, 0),
    st.floats(0.125, 150),
    st.integers(2, 12),
    st.sampled_from(Scheme),
)
def test_few_distinct_values_give_the_exact_error(x, low, high, bits, scheme):
    e = encoding_from_range(low, high, UniformSpec(bits, scheme))
    error = quantization_error(histogram_of(x), e)
    level = np.clip(np.rint(x / e.scale[0]), e.offset[0], e.offset[0] + e.steps)  # in double, not in float32
    noise = np.square(level * e.scale[0] - x).mean()
    assert error.rounding + error.clipping == pytest.approx(noise, rel=1e-6, abs=1e-12)


def test_nothing_is_called_clipped_where_the_range_is_that_of_the_values():
    x = np.random.default_rng(0).normal(size=200_000).astype(np.float32)
    h = histogram_of(x)
    largest = max(-h.min, h.max)
    for bits in (3, 8, 16):
        e = encoding_from_range(-largest, largest, UniformSpec(bits, Scheme.SYMMETRIC_STRICT))
        error = quantization_error(h, e)
        assert (error.clipped_share, error.clipping) == (0, 0)


def test_values_on_the_grid_lose_nothing():
    e = encoding_from_range(-1, 1, UniformSpec(4))
    h = histogram_of(np.float32(e.scale[0]) * np.arange(-3, 4, dtype=np.float32))
    error = quantization_error(h, e)
    assert error.rounding + error.clipping < 1e-12
    assert quantization_error(histogram_of(np.zeros(9, np.float32)), e).sqnr_db == np.inf


@given(st.floats(2.0**-9, 512.0, width=32), st.sampled_from(BITS))
def test_a_tensor_of_one_value_at_the_end_of_its_range_loses_nothing(value, bits):
    histogram = histogram_of(np.full(9, value, np.float32))
    error = quantization_error(histogram, encoding_from_range(0, value, UniformSpec(bits)))
    assert error.sqnr_db == np.inf


def test_channels_apart_are_the_channels_alone():
    x = np.random.default_rng(1).normal(size=(4, 30_000)).astype(np.float32) * np.float32([[1], [2], [0.1], [50]])
    h = histogram_of(x, 0)
    spec = UniformSpec(4, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
    error = quantization_error(h, encoding_from_range(h.channel_min, h.channel_max, spec))
    for i, row in enumerate(x):
        alone = quantization_error(histogram_of(row), encoding_from_range(row.min(), row.max(), spec))
        assert error.channel_sqnr_db[i] == pytest.approx(alone.sqnr_db, abs=0.05)


def test_an_encoding_by_channel_needs_rows_by_channel():
    with pytest.raises(ValueError, match="channels"):
        quantization_error(histogram_of(np.ones(4, np.float32)), encoding_from_range([-1, -1], [1, 1], UniformSpec()))


@pytest.mark.parametrize("spec", [UniformSpec(8), UniformSpec(4, Scheme.SYMMETRIC), UniformSpec(16)])
@pytest.mark.parametrize("edge", ["min", "max"])
def test_a_curve_shows_the_error_of_every_position_of_the_edge(spec, edge):
    x = np.random.default_rng(2).laplace(size=200_000).astype(np.float32)
    h = histogram_of(x)
    values = np.linspace(0.2, 12, 60) * (-1 if edge == "min" else 1)
    rounding, clipping = error_curve(h, spec, h.min, h.max, edge, values)
    for i in range(0, 60, 7):
        e = encoding_from_range(*move_edge(h.min, h.max, spec, edge, values[i]), spec)
        error = quantization_error(h, e)
        assert rounding[i] + clipping[i] == pytest.approx(error.rounding + error.clipping, rel=0.02)
        assert clipping[i] == pytest.approx(error.clipping, rel=0.03, abs=1e-3 * (rounding[i] + clipping[i]))


def test_a_curve_by_channel_caps_each_channels_own_range():
    x = (
        np.random.default_rng(1).normal(size=(70, 4_000)).astype(np.float32)
        * np.float32(2.0) ** np.arange(70)[:, None]
        / 2**40
    )
    h = histogram_of(x.astype(np.float32), 0)
    spec = UniformSpec(4, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
    for value in (h.max, h.max / 3):
        rounding, clipping = error_curve(h, spec, h.min, h.max, "max", [value])
        low, high = move_edge(h.min, h.max, spec, "max", value)
        e = encoding_from_range(np.maximum(h.channel_min, low), np.minimum(h.channel_max, high), spec)
        error = quantization_error(h, e)
        assert rounding[0] + clipping[0] == pytest.approx(error.rounding + error.clipping, rel=0.03)


def test_a_flat_background_among_many_values_is_told_apart():
    """Half of the values lie within 0.1 % of one that is a half step off the grid."""
    rng = np.random.default_rng(5)
    e = encoding_from_range(0, 1, UniformSpec(8))
    flat = (150.45 * e.scale[0] * (1 + rng.normal(size=300_000) * 2e-4)).astype(np.float32)
    x = np.concatenate((flat, rng.uniform(0, 1, 300_000).astype(np.float32)))
    rng.shuffle(x)
    assert not histogram_of(x).exact
    assert_close(x, e)
