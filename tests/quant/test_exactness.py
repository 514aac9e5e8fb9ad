"""Numbers of other programs, to the last digit: AIMET 2.42's frozen cases and ONNX Runtime's scale and zero point."""

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from onnxruntime.quantization import quant_utils

import qviz
from qviz.quant.batches import BINS, BatchStats
from qviz.quant.encoding import encoding_from_range
from qviz.quant.spec import Scheme, UniformSpec
from tests import oracle
from tests.quant.shared import shared


def test_every_frozen_case_of_aimet_is_reproduced():
    done = subprocess.run(
        [sys.executable, "-m", "tests.oracle", str(shared("oracle/aimet_2_42.npz"))],
        capture_output=True, text=True, check=True, cwd=oracle.__file__.rsplit("/", 2)[0],
    )  # fmt: skip
    assert done.stdout.split("\n")[:-1] == [
        "minmax 4000/4000",
        "tf_enhanced 150/150",
        "percentile 150/150",
        "qdq 80/80",
    ]


def test_a_wrong_figure_is_noticed(tmp_path):
    cases = {n: a for n, a in np.load(shared("oracle/aimet_2_42.npz")).items() if n[:3] in ("min", "qdq")}
    cases["minmax"][7, 6] = np.nextafter(cases["minmax"][7, 6], 1)
    cases["qdq_y"][3, 0, 5] = np.nextafter(cases["qdq_y"][3, 0, 5], np.float32(9e9))
    np.savez(tmp_path / "wrong.npz", **cases)
    found = oracle.agreement(str(tmp_path / "wrong.npz"))
    assert found["minmax"] == (3999, 4000)
    assert found["qdq"] == (79, 80)


def test_any_file_of_that_layout_is_compared(tmp_path):
    """Fewer rows in another order, none of one kind, and a kind that is missing."""
    cases = dict(np.load(shared("oracle/aimet_2_42.npz")))
    chosen, none = np.random.default_rng(0).permutation(80)[:9], np.array([], int)
    few = {"minmax": cases["minmax"][::-50]} | {name: cases[name][chosen] for name in ("qdq", "qdq_x", "qdq_y")}
    batches = np.split(cases["percentile_data"], np.cumsum(cases["percentile_lengths"])[:-1])
    last = int(cases["percentile"][-1, 5])
    few |= {"percentile": cases["percentile"][-1:], "percentile_data": np.concatenate(batches[-last:])}
    few["percentile_lengths"] = cases["percentile_lengths"][-last:].astype(np.int64)
    np.savez(tmp_path / "few.npz", **few)
    expected = {"minmax": (80, 80), "tf_enhanced": (0, 0), "percentile": (1, 1), "qdq": (9, 9)}
    assert oracle.agreement(str(tmp_path / "few.npz")) == expected
    np.savez(tmp_path / "empty.npz", **{name: array[none] for name, array in cases.items()})
    assert set(oracle.agreement(str(tmp_path / "empty.npz")).values()) == {(0, 0)}


def test_rows_are_watched_as_if_each_were_alone():
    x = np.random.default_rng(0).normal(size=(6, 2000)).astype(np.float32) * np.array([[1], [9], [0], [0.01], [3], [5]])
    x = x.astype(np.float32)
    together = BatchStats(6)
    together.add(x)
    together.add(x[:, ::-1] * np.float32(1.5))
    for row in range(6):
        alone = BatchStats()
        alone.add(x[row : row + 1])
        alone.add(x[row : row + 1, ::-1] * np.float32(1.5))
        np.testing.assert_array_equal(together.density[row], alone.density[0])
        assert together.observed[0][row] == alone.observed[0][0]
        assert together.observed[1][row] == alone.observed[1][0]


def test_what_lies_outside_the_grid_still_counts_for_the_size_of_its_batch():
    stats = BatchStats()
    stats.add(np.linspace(-1, 1, 1000, dtype=np.float32)[None])
    assert stats.density.shape == (1, BINS)
    assert stats.density.sum() == pytest.approx(1)
    stats.add(np.full((1, 1000), 100, np.float32))
    assert stats.density.sum() == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["cifar10/resnet20", "cifar10/tinymobilenet"])
def test_weights_of_real_models_are_calibrated_as_aimet_does(name):
    """Equal but for folding batch norms. AIMET calibrates activations with quantized weights: up to 1 % off."""
    model, data = shared(f"data/{name}.onnx"), shared(f"data/{name}_input_500.npz")
    file = shared(f"data/aimet/{name.split('/')[1]}_w8a8.1.0.0.encodings")
    with qviz.Session.open(str(model), str(data), calibration_samples=64) as session:
        session.calibrate("aimet-minmax")
        ours = session.committed
        session.open_encodings(str(file))
        enabled = {n: s.encoding for n, s in session.committed.settings.items() if s.enabled}
        kinds = {n: session.quantizers[n].kind for n in enabled}
    for n, theirs in enabled.items():
        rtol = 1e-6 if kinds[n] == "param" else 0.02
        np.testing.assert_allclose(ours[n].encoding.scale, theirs.scale, rtol=rtol)
        if kinds[n] == "param":
            np.testing.assert_array_equal(ours[n].encoding.offset, theirs.offset)
    assert "param" in kinds.values()


def onnx_grid(bits: int, signed: bool, symmetric: bool) -> tuple[int, int]:
    """Codes of ONNX Runtime's integers: a symmetric signed grid has one code fewer."""
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return (low + 1, high) if signed and symmetric else (low, high)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("bits", range(4, 17))
def test_scale_and_zero_point_are_onnx_runtimes(bits, signed, symmetric):
    """5,200 random ranges: 100 for each of 52 grids."""
    rng = np.random.default_rng(bits * 4 + signed * 2 + symmetric)
    lowest, highest = onnx_grid(bits, signed, symmetric)
    codes = np.array(lowest, np.int32), np.array(highest, np.int32)
    spec = UniformSpec(
        bits, (Scheme.SYMMETRIC_STRICT if signed else Scheme.SYMMETRIC) if symmetric else Scheme.ASYMMETRIC
    )
    for low, high in random_ranges(rng, 100):
        zero, scale = quant_utils.compute_scale_zp(np.array(low), np.array(high), *codes, symmetric=symmetric)
        if symmetric and not signed:  # all its 255 steps span -|max| ... |max|, so that its ends lie beside the codes
            step = 2 * np.float64(max(-low, high)) / (highest - lowest)
            low, high = -step * 2 ** (bits - 1), step * (2 ** (bits - 1) - 1)
        ours = encoding_from_range(low, high, spec)
        assert np.float32(ours.scale[0]) == scale
        assert lowest - ours.offset[0] == zero


def random_ranges(rng: np.random.Generator, count: int) -> Iterator[tuple[np.float32, np.float32]]:
    """Ranges with zero inside or at an edge, none so narrow that AIMET's smallest scale, 2**-23, replaces ours."""
    for size in 10.0 ** rng.uniform(-1, 4, count):
        low, high = rng.random(2) * rng.permutation([1, 1, rng.integers(2)])[:2]
        yield np.float32(-size * low), np.float32(size * max(high, 0.1 - low))
