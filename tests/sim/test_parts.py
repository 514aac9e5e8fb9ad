"""The parts of the simulator: fake-quant, memo, plan, mailbox."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from qviz.encodings import ClipRange, Encodings, Setting
from qviz.graph.model import load_model
from qviz.paths import sample
from qviz.quant.encoding import encoding_from_range, quantize_dequantize
from qviz.quant.spec import UniformSpec
from qviz.sim.batches import split, stage_ends
from qviz.sim.fake_quant import encode
from qviz.sim.mailbox import Mailbox, Simulation, difference, patched
from qviz.sim.memo import Memo
from qviz.sim.plan import make_plan
from qviz.sim.requests import Calibrate, LoadModel, Pin, Simulate, Update

floats = st.floats(-1e4, 1e4, width=32)


any_float = st.floats(width=32)  # NaN and infinities too


@given(npst.arrays(np.float32, st.integers(1, 300), elements=any_float), floats, floats, st.integers(2, 16))
def test_codes_stand_for_the_very_values_of_fake_quant(x: np.ndarray, a: float, b: float, bits: int) -> None:
    encoding = encoding_from_range(min(a, b), max(a, b), UniformSpec(bits))
    values = encode(x, encoding).values()
    assert values.tobytes() == quantize_dequantize(x, encoding).tobytes()


@given(st.integers(0, 3000), st.lists(st.tuples(st.integers(0, 30), st.integers(1, 900)), max_size=80))
def test_memo_never_exceeds_its_budget_and_never_lies(budget: int, puts: list[tuple[int, int]]) -> None:
    memo, truth = Memo(budget), {}
    for key, size in puts:
        truth.setdefault(key, size)
        memo.put(key, truth[key], size, seconds=1e-3 * (key + 1))
        assert memo.used <= budget
        assert memo.get(key) in (None, truth[key])


def test_memo_forgets_first_what_is_cheap() -> None:
    memo = Memo(2400)
    memo.put("cheap", 1, 800, seconds=0.001)
    memo.put("dear", 2, 800, seconds=10.0)
    memo.put("new", 3, 800, seconds=0.1)
    assert memo.get("cheap") is None
    assert memo.get("dear") == 2


def test_plan_holds_every_node_once_in_an_order_that_runs() -> None:
    graph = load_model(str(sample("digits_mobile.onnx"))).graph
    plan = make_plan(graph, [t for q in graph.quantizers.values() for t in q.tensors])
    names = [n for s in plan.segments for n in s.nodes]
    assert sorted(names) == sorted(n.name for n in graph.nodes)
    known = {p.name for p in graph.inputs}
    for segment in plan.segments:
        assert set(segment.inputs) <= known
        known |= set(segment.outputs)


@given(st.integers(0, 500), st.integers(1, 64))
def test_micro_batches_hold_every_sample_in_order(count: int, size: int) -> None:
    batches = split(range(count), size)
    assert [i for b in batches for i in b.samples] == list(range(count))
    assert all(len(b.samples) == size for b in batches[:-1])


@given(st.integers(1, 200), st.integers(0, 300))
def test_stages_cover_all_batches_and_grow_twofold(count: int, first: int) -> None:
    ends = stage_ends(count, first)
    assert ends[0] == min(max(1, first), count)
    assert ends[-1] == count
    assert all(a < b <= 2 * a for a, b in pairwise(ends))


def setting(high: float) -> Setting:
    return Setting(range=ClipRange((0.0,), (high,)), source="manual")


@given(st.dictionaries(st.sampled_from("abcd"), floats), st.dictionaries(st.sampled_from("abcd"), floats))
def test_an_update_leads_from_any_state_to_any_other(before: dict[str, float], after: dict[str, float]) -> None:
    old, new = (Encodings().with_settings({n: setting(v) for n, v in d.items()}) for d in (before, after))
    result = patched(old, difference(old, new.with_bias("float")))
    assert not result.changed(new)
    assert result.bias == "float"


def test_of_waiting_simulations_only_the_newest_is_kept() -> None:
    mailbox = Mailbox()
    mailbox.post(Calibrate())
    for generation in range(5):
        mailbox.post(Update(settings={"x": setting(generation)}))
        if generation == 1:
            mailbox.post(Pin())
        mailbox.post(Simulate(generation))
    assert isinstance(mailbox.take(), Calibrate)
    job = mailbox.take()
    assert isinstance(job, Simulation)
    assert (job.generation, job.encodings["x"]) == (4, setting(4))
    assert job.baseline is not None
    assert job.baseline["x"] == setting(1)  # what is pinned stays so, whatever takes its simulation's place
    assert not mailbox.waiting()


def test_a_new_model_makes_waiting_simulations_void() -> None:
    mailbox = Mailbox()
    mailbox.post(Simulate(1))
    mailbox.post(LoadModel("other.onnx"))
    assert isinstance(mailbox.take(), LoadModel)
    assert not mailbox.waiting()
