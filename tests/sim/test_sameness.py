"""A result that comes out as it was stops the ripple: what reads it is answered from the cache, bit for bit."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from qviz.data.options import DataOptions
from qviz.encodings import ClipRange, Encodings, Setting
from qviz.quant.spec import Scheme, UniformSpec
from qviz.session import Session
from qviz.sim.applied import apply_encodings
from qviz.sim.batches import MicroBatch
from qviz.sim.client import LocalClient
from qviz.sim.executor import Arrays, Executor, Values
from qviz.sim.form import Form
from qviz.sim.memo import Memo
from qviz.sim.plan import Segment, make_plan
from tests.sim.test_integer import Machine

EXACT = UniformSpec(8, Scheme.POWER_OF_TWO)  # on whose grid lies 0.5, whatever the width
CHAIN = [
    helper.make_node("MatMul", ["x", "w"], ["a"]),
    helper.make_node("Sigmoid", ["a"], ["b"]),
    helper.make_node("MatMul", ["b", "v"], ["c"]),
    helper.make_node("Add", ["b", "c"], ["y"]),
]
WEIGHTS = {"w": np.full((6, 6), 0.5, np.float32), "v": np.eye(6, dtype=np.float32)}


class Counting(Executor):
    """Remembers which nodes ran."""

    ran: list[str]

    def run_segment(self, segment: Segment, form: Form, values: Values) -> Values:
        self.ran += segment.nodes
        return super().run_segment(segment, form, values)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine("chain", tmp_path_factory.mktemp("models"), (CHAIN, WEIGHTS, [40, 6]))


def executor(machine: Machine, budget: int) -> Counting:
    made = Counting(machine.model, make_plan(machine.graph, set("xabcy")), Memo(budget))
    made.ran = []
    return made


def opened() -> Encodings:
    ranges = {"x": 4.0, "a": 8.0, "b": 1.0, "c": 1.0, "y": 2.0}
    settings = {n: Setting(range=ClipRange((-r,), (r,)), source="manual") for n, r in ranges.items()}
    weights = {n: Setting(spec=EXACT, range=ClipRange((-r,), (r,)), source="manual") for n, r in (("w", 0.5), ("v", 1))}
    return Encodings().with_settings(settings | weights)


def outputs(made: Counting, machine: Machine, encodings: Encodings, integer: bool = True) -> Mapping[str, bytes]:
    made.ran.clear()
    program = made.program(apply_encodings(machine.graph, encodings, integer))
    return {n: v.tobytes() for n, v in made.run({"x": machine.x}, 0, ["c", "y"], program).items()}


def with_bits(encodings: Encodings, name: str, bits: int) -> Encodings:
    return encodings.with_settings({name: replace(encodings[name], spec=replace(encodings[name].spec, bits=bits))})


def test_readers_of_an_equal_result_do_not_run_again(machine: Machine) -> None:
    made, encodings = executor(machine, 1 << 30), opened()
    first = outputs(made, machine, encodings, integer=False)
    assert len(made.ran) == 4
    coarse = with_bits(encodings, "w", 4)  # 0.5 is on this grid too: the product comes out as it was
    assert outputs(made, machine, coarse, integer=False) == first
    assert len(made.ran) == 1
    assert outputs(made, machine, coarse, integer=False) == first
    assert made.ran == []
    assert outputs(made, machine, encodings, integer=False) == first
    assert made.ran == []


def test_a_change_behind_an_equal_result_runs_from_there(machine: Machine) -> None:
    made, encodings = executor(machine, 1 << 30), opened()
    outputs(made, machine, encodings, integer=False)
    coarse = with_bits(encodings, "w", 4)
    outputs(made, machine, coarse, integer=False)
    both = with_bits(coarse, "c", 3)
    expected = outputs(executor(machine, 0), machine, both, integer=False)
    assert outputs(made, machine, both, integer=False) == expected
    assert len(made.ran) == 2
    assert outputs(made, machine, with_bits(encodings, "c", 3), integer=False) == expected
    assert made.ran == []  # the same state by another way


def test_equal_codes_on_another_scale_are_not_equal(machine: Machine) -> None:
    made, encodings = executor(machine, 1 << 30), opened()
    first = outputs(made, machine, encodings)
    wide = encodings["b"].with_range([-1.1], [1.1], "manual")
    assert outputs(made, machine, encodings.with_settings({"b": wide})) != first


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("budget", [0, 30_000, 1 << 30])
def test_any_edits_give_the_bits_of_a_fresh_run(machine: Machine, budget: int, integer: bool) -> None:
    """Widths of a few bits, and back: results are equal again and again, on the same and on other ways."""
    rng, made, encodings = np.random.default_rng(budget), executor(machine, budget), opened()
    for _ in range(60):
        name, bits = "xabcywv"[rng.integers(7)], int(rng.choice([2, 4, 8]))
        encodings = with_bits(encodings, name, bits)
        if rng.integers(4) == 0:
            encodings = encodings.with_settings({name: replace(encodings[name], enabled=not encodings[name].enabled)})
        expected = outputs(executor(machine, 0), machine, encodings, integer)
        assert outputs(made, machine, encodings, integer) == expected
        assert made._memo.used <= budget


def test_equal_outputs_are_measured_once(tmp_path: Path) -> None:
    """An edit that changes no value is answered with the statistics that are there."""
    constants = {n: numpy_helper.from_array(a, n) for n, a in WEIGHTS.items()}
    x, y = (helper.make_tensor_value_info(n, 1, ["N", 6]) for n in "xy")
    graph = helper.make_graph(CHAIN, "chain", [x], [y], list(constants.values()))
    path = str(tmp_path / "chain.onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    measured: list[object] = []
    with Session.open(path, DataOptions(random=32)) as session:
        assert isinstance(session._client, LocalClient)
        evaluation = session._client.engine.evaluation
        engine = session._client.engine
        engine.integer = False
        session.set_spec("w", bits=8, scheme="power of two")
        *_, before = engine.simulate(session.encodings, 1)
        plain = evaluation._rows

        def rows(outputs: Arrays, batch: MicroBatch) -> Arrays:
            measured.append(batch)
            return plain(outputs, batch)

        evaluation._rows = rows  # type: ignore[method-assign]
        session.set_spec("w", bits=4)
        *_, after = engine.simulate(session.encodings, 2)
        assert not measured
        assert after.metrics == before.metrics
        session.set_spec("w", bits=2, scheme="asymmetric")
        session.set_range("w", 0.0, 0.3)
        *_, other = engine.simulate(session.encodings, 3)
        assert other.metrics != before.metrics
        assert measured
