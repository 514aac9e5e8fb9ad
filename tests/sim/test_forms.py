"""Networks in every form: what a simulation says of them, and that edits and kernels change nothing in it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qviz import edits
from qviz.data.options import DataOptions
from qviz.encodings import Encodings
from qviz.errors import QvizError
from qviz.paths import sample
from qviz.quant.error import quantization_error
from qviz.quant.histogram import Histogram
from qviz.quant.levels import CodebookGrid
from qviz.quant.spec import (
    FORMS,
    WEIGHT_FORMS,
    BinarySpec,
    CodebookSpec,
    FloatFormat,
    FloatSpec,
    Granularity,
    Spec,
    TernarySpec,
    UniformSpec,
    spec_words,
)
from qviz.session import Session
from qviz.sim.engine import Engine
from qviz.sim.integer_view import TIES
from qviz.spec_change import changed_spec
from tests.sim.conftest import MakeEngine
from tests.sim.test_integer import Machine, with_min_max

CIFAR = Path(__file__).resolve().parents[3] / "shared" / "data" / "cifar10"
ACTIVATION_FORMS = tuple(f for f in FORMS if f not in WEIGHT_FORMS)


@pytest.fixture(scope="module")
def resnet() -> Iterator[Session]:
    if not CIFAR.exists():
        pytest.skip("../shared/data/cifar10 is not there")
    data = CIFAR / "resnet20_input_500.npz"
    with Session.open(str(CIFAR / "resnet20.onnx"), str(data), calibration_samples=64) as session:
        yield session


def in_form(session: Session, weights: dict[str, object], activations: dict[str, object] | None = None) -> Encodings:
    """All weights in one form; activations in another, or in float."""
    while session.history.index:
        session.undo()
    kinds = {k: [n for n, q in session.quantizers.items() if q.kind == k] for k in ("param", "activation")}
    session.set_spec(kinds["param"], **weights)  # type: ignore[arg-type]
    if activations is None:
        session.set_enabled(kinds["activation"], False)
    else:
        session.set_spec(kinds["activation"], **activations)  # type: ignore[arg-type]
    return session.committed


def sqnr(session: Session, weights: dict[str, object], activations: dict[str, object] | None = None) -> float:
    session.preview(in_form(session, weights, activations))
    return session.simulate().output_sqnr_db


@pytest.mark.slow
def test_forms_of_a_real_network_keep_their_order(resnet: Session) -> None:
    assert sqnr(resnet, {"form": "float16"}, {"form": "float16"}) > 50
    assert sqnr(resnet, {"form": "bfloat16"}, {"form": "bfloat16"}) > 35
    assert sqnr(resnet, {"form": "float8_e4m3fn"}, {"form": "float8_e4m3fn"}) > 12
    per_tensor = {"bits": 4, "granularity": "per-tensor"}
    assert sqnr(resnet, {"form": "codebook", "size": 16}) > sqnr(resnet, per_tensor) + 1


@pytest.mark.slow
def test_a_scale_for_each_channel_helps_ternary_weights(resnet: Session) -> None:
    errors = {}
    for granularity in ("per-tensor", "per-channel"):
        encodings = in_form(resnet, {"form": "ternary", "granularity": granularity})
        weights = [n for n, q in resnet.quantizers.items() if q.kind == "param"]
        grids = {n: encodings[n].grid for n in weights}
        errors[granularity] = [quantization_error(resnet.histograms[n], g).sqnr_db for n, g in grids.items() if g]
    assert np.all(np.array(errors["per-channel"]) >= errors["per-tensor"])
    assert np.mean(errors["per-channel"]) > np.mean(errors["per-tensor"]) + 0.5


@pytest.mark.parametrize("name", ["conv", "conv_relu", "depthwise", "gemm", "matmul"])
@pytest.mark.parametrize("spec", [TernarySpec(), TernarySpec(Granularity.PER_CHANNEL), UniformSpec(1)], ids=spec_words)
def test_ternary_and_one_bit_weights_run_on_integer_kernels(name: str, spec: TernarySpec, tmp_path: Path) -> None:
    machine = Machine(name, tmp_path)
    encodings = with_weights(machine, spec)
    integer, fake = machine.outputs(encodings, True), machine.outputs(encodings, False)
    for mode in machine.modes(encodings):  # few different sums: where many lie half-way between two codes it says so
        assert mode.kind in ("integer", "codes") or mode.reason == TIES, mode.reason
    step = float(encodings["y"].encoding.scale[0])  # type: ignore[union-attr]
    assert np.abs(integer - fake).max() <= step * 1.01
    assert np.count_nonzero(integer != fake) <= max(1e-4 * fake.size, 1)


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        (FloatSpec(), "has a float format"),
        (CodebookSpec(4), "has a codebook"),
        (BinarySpec(), "is binary"),
    ],
)
def test_what_has_no_integers_runs_as_fake_quant_and_says_why(spec: Spec, what: str, tmp_path: Path) -> None:
    machine = Machine("conv", tmp_path)
    (mode,) = machine.modes(with_weights(machine, spec))
    assert (mode.kind, str(mode.reason)) == ("float", f"w {what}: there is no integer kernel for it.")
    plain = with_min_max(machine)
    floats = plain.with_settings({"y": replace(plain["y"], spec=FloatSpec(format=FloatFormat.FLOAT8_E5M2))})
    (mode,) = machine.modes(floats)
    assert (mode.kind, str(mode.reason)) == ("float", "y has a float format: there is no integer kernel for it.")


def test_blocks_run_as_fake_quant_and_say_why(tmp_path: Path) -> None:
    machine = Machine("gemm", tmp_path)
    plain, rows = with_min_max(machine), machine.model.constants["w"].size // 2
    spec = UniformSpec(4, granularity=Granularity.PER_BLOCK, block=2)
    blocks = replace(plain["w"], spec=spec).with_range([-1.0] * rows, [1.0] * rows, "manual")
    (mode,) = machine.modes(plain.with_settings({"w": blocks}))
    assert str(mode.reason) == "w has a scale for each block: there is no integer kernel for it."


@pytest.mark.parametrize("form", FORMS)
def test_a_constant_and_an_activation_take_the_values_of_their_grid(form: str, tmp_path: Path) -> None:
    machine = Machine("conv", tmp_path)
    plain = with_min_max(machine)
    name = "w" if form in WEIGHT_FORMS else "y"
    spec = changed_spec(plain[name].spec, {"form": form}, machine.graph.quantizers[name])
    found = machine.outputs(plain.with_settings({name: replace(plain[name], spec=spec)}).with_bias("float"), False)
    if name == "y":
        levels = np.float32(replace(plain[name], spec=spec).grid.levels())  # type: ignore[union-attr]
        assert np.isin(found, levels).all()
    assert not np.array_equal(found, machine.outputs(plain.with_bias("float"), False)) or form == "uniform"


def with_weights(machine: Machine, spec: Spec) -> Encodings:
    """8-bit activations; the weight in a form, its range by its own rule."""
    plain = with_min_max(machine)
    quantizer = machine.graph.quantizers["w"]
    histogram = Histogram(quantizer.axis)
    histogram.add(machine.model.constants["w"])
    return plain.with_settings({"w": edits.with_spec(replace(plain["w"], source="minmax"), spec, histogram)})


@pytest.fixture(scope="module")
def walked() -> list[Encodings]:
    """States of a session in which weights and activations change their form back and forth."""
    rng, states = np.random.default_rng(11), []
    with Session.open(str(sample("digits_mobile.onnx")), DataOptions(str(sample("digits_eval.npz")), limit=200)) as s:
        names = list(s.quantizers)
        for _ in range(8):
            for name in rng.choice(names, 4, replace=False):
                forms = FORMS if s.quantizers[name].kind == "param" else ACTIVATION_FORMS
                s.set_spec(name, form=str(rng.choice(forms)))
            name = str(rng.choice(names))
            s.set_range(name, -float(rng.uniform(0.1, 3)), float(rng.uniform(0.1, 3)))
            states.append(s.committed)
    return [*states, states[0], states[4]]


@pytest.mark.parametrize(("budget", "threads"), [(0, 2), (1 << 30, 1), (1 << 20, 4)])
def test_changing_forms_simulates_to_the_same_bits_as_from_scratch(
    make_engine: MakeEngine, walked: list[Encodings], budget: int, threads: int
) -> None:
    edited, _ = make_engine(budget=budget, threads=threads)
    fresh, _ = make_engine(budget=0, threads=1)
    for encodings in walked:
        assert outputs(edited, encodings) == outputs(fresh, encodings)


def test_a_codebook_is_found_again_for_every_range() -> None:
    with Session.open(str(sample("digits_cnn.onnx")), DataOptions(str(sample("digits_eval.npz")), limit=64)) as s:
        name = max((n for n, q in s.quantizers.items() if q.kind == "param"), key=lambda n: s.histograms[n].total)
        s.set_spec(name, size=8)
        first = s.committed[name]
        assert isinstance(first.grid, CodebookGrid)
        assert len(first.centroids) == 8
        assert first.encoding is None
        s.set_range(name, -0.05, 0.05)
        assert abs(np.array(s.committed[name].centroids)).max() <= 0.05
        s.calibrate("minmax", [name])
        assert s.committed[name] == first
        s.set_spec(name, form="uniform")
        assert s.committed[name].centroids == ()
        assert s.committed[name].spec.per_channel


def test_a_range_set_by_hand_does_not_become_the_size_of_signs_nor_the_other_way_round() -> None:
    with Session.open(str(sample("digits_cnn.onnx")), DataOptions(str(sample("digits_eval.npz")), limit=64)) as s:
        name = next(n for n, q in s.quantizers.items() if q.kind == "param")
        s.set_spec(name, granularity="per-tensor")
        s.set_range(name, -9.0, 9.0)
        s.set_spec(name, form="binary")
        mean = s.histograms[name].collapsed()
        size = np.abs(mean.bins.sum).sum() / mean.total
        assert s.committed[name].grid.max[0] == pytest.approx(size)  # type: ignore[union-attr]
        s.set_range(name, -0.3, 0.3)
        assert s.committed[name].grid.levels().tolist() == pytest.approx([-0.3, 0.3])  # type: ignore[union-attr]
        s.set_spec(name, form="uniform")
        assert s.committed[name].range.high[0] == pytest.approx(s.histograms[name].max)  # type: ignore[union-attr]


@pytest.mark.parametrize("form", sorted(WEIGHT_FORMS))
def test_forms_of_weights_are_refused_for_activations_in_words(form: str) -> None:
    with Session.open(str(sample("digits_cnn.onnx")), DataOptions(str(sample("digits_eval.npz")), limit=64)) as s:
        name = next(n for n, q in s.quantizers.items() if q.kind == "activation")
        before = s.committed
        with pytest.raises(QvizError, match=f"is an activation: the form {form} is for weights"):
            s.set_spec(name, form=form)
        with pytest.raises(QvizError, match="takes from 2 to 16 bits, not 1"):
            s.set_spec(name, bits=1, scheme="asymmetric")
        assert s.committed is before


def outputs(engine: Engine, encodings: Encodings) -> dict[str, bytes]:
    result = list(engine.simulate(encodings, 1, outputs=True))[-1]
    assert result.outputs is not None
    return {name: value.tobytes() for name, value in result.outputs.items()}
