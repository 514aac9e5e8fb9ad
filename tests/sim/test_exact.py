"""What is simulated after any edits is what a fresh engine simulates, to the last bit, at any budget."""

from dataclasses import replace

import numpy as np
import pytest

from qviz.encodings import Encodings
from qviz.quant.spec import Scheme
from qviz.sim.engine import Engine
from tests.sim.conftest import MakeEngine


def outputs(engine: Engine, encodings: Encodings, generation: int = 1) -> dict[str, bytes]:
    result = list(engine.simulate(encodings, generation, outputs=True))[-1]
    assert result.outputs is not None
    return {name: value.tobytes() for name, value in result.outputs.items()}


def random_edit(encodings: Encodings, rng: np.random.Generator) -> Encodings:
    names = list(encodings.settings)
    name = names[rng.integers(len(names))]
    setting = encodings[name]
    kind = rng.integers(4)
    if kind == 0:
        return encodings.with_settings({name: replace(setting, enabled=not setting.enabled)})
    if kind == 1:
        spec = replace(setting.spec, bits=int(rng.integers(2, 17)))
        return encodings.with_settings({name: replace(setting, spec=spec)})
    if kind == 2:
        spec = replace(setting.spec, scheme=list(Scheme)[rng.integers(3)])
        return encodings.with_settings({name: replace(setting, spec=spec)})
    assert setting.range is not None
    factor = float(rng.uniform(0.3, 2))
    low, high = (tuple(v * factor for v in edge) for edge in (setting.range.low, setting.range.high))
    return encodings.with_settings({name: setting.with_range(low, high, "manual")})


@pytest.mark.parametrize(("budget", "threads"), [(0, 1), (1 << 20, 2), (1 << 30, 4)])
@pytest.mark.parametrize("bias", ["int32", "float"])
def test_edits_simulate_to_the_same_bits_as_from_scratch(
    make_engine: MakeEngine, budget: int, threads: int, bias: str
) -> None:
    edited, encodings = make_engine(budget=budget, threads=threads)
    fresh, _ = make_engine(budget=0, threads=1)
    rng = np.random.default_rng(budget + threads)
    encodings = encodings.with_bias(bias)  # type: ignore[arg-type]
    for _ in range(6):
        encodings = random_edit(encodings, rng)
        assert outputs(edited, encodings) == outputs(fresh, encodings)


def test_undo_is_answered_without_running_anything(make_engine: MakeEngine) -> None:
    engine, encodings = make_engine()
    first = list(engine.simulate(encodings, 1))[-1]
    name = next(n for n, q in engine.graph.quantizers.items() if q.kind == "activation")
    changed = encodings.with_settings({name: replace(encodings[name], enabled=False)})
    list(engine.simulate(changed, 2))
    kept = engine._memo.used
    again = list(engine.simulate(encodings, 3))[-1]
    assert again.metrics[0].quantized == first.metrics[0].quantized
    assert engine._memo.used == kept  # nothing new was computed


def test_all_quantizers_off_is_the_float_model(make_engine: MakeEngine) -> None:
    engine, encodings = make_engine("digits_cnn.onnx")
    off = encodings.with_settings({n: replace(s, enabled=False) for n, s in encodings.settings.items()})
    result = list(engine.simulate(off, 1))[-1]
    assert result.metric == result.float_metric
    assert result.output_sqnr_db > 100


def test_partial_answers_lean_on_the_last_complete_one(make_engine: MakeEngine) -> None:
    engine, encodings = make_engine(samples=600)
    list(engine.simulate(encodings, 1))
    engine._evaluation._first = 1  # type: ignore[union-attr]
    name = next(n for n, q in engine.graph.quantizers.items() if q.kind == "activation")
    setting = encodings[name].with_range([-0.1], [0.1], "manual")
    results = list(engine.simulate(encodings.with_settings({name: setting}), 2))
    partial, complete = results[0], results[-1]
    assert partial.samples < partial.total == complete.samples
    assert partial.metrics[0].ci95 is not None
    low, high = partial.metrics[0].ci95
    assert low <= complete.metric <= high
    assert complete.metrics[0].ci95 is None
