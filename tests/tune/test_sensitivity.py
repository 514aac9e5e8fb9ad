"""What each quantizer costs, and which one is the cause."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qviz.errors import Cancelled
from qviz.session import Session
from qviz.sim.client import LocalClient
from qviz.sim.metrics import Sqnr
from qviz.sim.result import SensitivityRow
from qviz.tune.sensitivity import Sweep, most_regained, output_sqnr_db
from qviz.ui.start.sample import the_sample
from qviz.ui.table.columns import is_sure
from tests.tune.conftest import OpenSample


def test_the_cause_of_the_demos_loss_is_the_range_that_is_too_wide(demo: Session) -> None:
    assert demo.find_cause() == the_sample().wide
    ranked = most_regained(demo.sensitivity.values())
    assert ranked[0].name == the_sample().wide
    assert {row.name for row in ranked} == set(demo.quantizers)


def test_repairing_the_cause_makes_what_was_found_old_and_moves_the_cause(demo: Session) -> None:
    cause = demo.find_cause()
    assert cause is not None
    demo.calibrate("minmax", cause)
    assert demo.stale_sensitivity == demo.sensitivity.keys()
    assert demo.find_cause() != cause
    assert not demo.stale_sensitivity


def test_rows_say_what_simulating_by_hand_says(open_sample: OpenSample) -> None:
    session = open_sample(samples=128)
    rows = {row.name: row for row in session.sweep(samples=128)}
    together = session.simulate()
    for name in list(rows)[::6]:
        row = rows[name]
        assert row.samples == row.alone_samples == 128
        assert row.all_db == pytest.approx(together.output_sqnr_db)
        session.set_enabled(name, False)
        without = session.simulate()
        assert row.regained_db == pytest.approx(without.output_sqnr_db - together.output_sqnr_db)
        assert row.change == pytest.approx(without.metric - together.metric)
        session.undo()
        session.set_solo(name)
        assert row.alone_db == pytest.approx(session.simulate().output_sqnr_db)
        session.clear_what_if()


def test_a_few_flips_in_few_samples_are_no_finding_though_there_are_no_more_samples(open_sample: OpenSample) -> None:
    session = open_sample(samples=32)
    session.set_spec([n for n, q in session.quantizers.items() if q.kind == "param"], bits=3)
    rows = list(session.sweep())
    assert {row.samples for row in rows} == {32}
    few = [row for row in rows if abs(row.change) < 300 / 32]
    assert any(row.change for row in few)
    assert not any(is_sure(row) for row in few)


def test_each_row_comes_twice_and_the_second_time_with_what_it_costs_alone(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    rows = list(session.sweep(64))
    half = len(rows) // 2
    assert [r.name for r in rows[:half]] == [r.name for r in rows[half:]]
    assert all(r.alone_db is None for r in rows[:half])
    for first, second in zip(rows[:half], rows[half:], strict=True):
        assert second.alone_db is not None
        assert dataclasses.replace(second, alone_db=None, alone_samples=0) == first
    assert session.sensitivity_progress == (len(rows), len(rows))


def test_what_one_costs_alone_is_found_on_fewer_samples(open_sample: OpenSample) -> None:
    session = open_sample(samples=512)
    rows = [row for row in session.sweep(512) if row.alone_db is not None]
    assert {(row.samples, row.alone_samples) for row in rows} == {(512, 128)}
    for row in rows[::8]:
        session.set_solo(row.name)
        assert row.alone_db == pytest.approx(session.simulate().output_sqnr_db, abs=1.0)
        session.clear_what_if()


def test_a_sweep_given_up_again_and_again_finds_the_same(open_sample: OpenSample) -> None:
    session = open_sample(samples=128, threads=1)
    expected = list(session.sweep(128))
    assert isinstance(session._client, LocalClient)
    session._client.engine._memo.clear()
    sweep = Sweep(session._client.engine, session.committed, session.generation, 128)
    rng = np.random.default_rng(0)
    found: list[SensitivityRow] = []
    given_up = 0
    while len(found) < len(expected):
        try:
            row = sweep.step(lambda: bool(rng.random() < 0.3))
        except Cancelled:
            given_up += 1
            continue
        assert row is not None
        found.append(row)
    assert given_up > 10
    assert found == expected
    assert sweep.step() is None


def test_what_ifs_leave_only_statistics_behind(open_sample: OpenSample) -> None:
    session = open_sample(samples=128)
    session.simulate()
    assert isinstance(session._client, LocalClient)
    memo = session._client.engine._memo
    sweep = session.sweep(128)
    before, rounds = memo.used, len(session.committed.settings)
    for _ in range(rounds):
        next(sweep)
    per_sample = 8 * 6  # a few statistics of 8 bytes
    assert memo.used - before < rounds * 128 * per_sample + rounds * 2000


def test_where_nothing_is_quantized_there_is_no_cause(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    session.set_enabled(session.quantizers, False)
    assert session.find_cause() is None
    assert not list(session.sweep(64))


def test_the_only_quantizer_regains_everything(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    name = "stem/conv.weight"
    session.set_enabled([n for n in session.quantizers if n != name], False)
    assert session.find_cause() == name
    assert list(session.sensitivity) == [name]
    assert session.sensitivity[name].regained_db > 60  # up to what float runs of segments and of the whole differ by


def test_a_row_about_another_state_is_not_taken_in(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    old = next(session.sweep(64))
    session.set_spec(old.name, bits=4)
    assert session.stale_sensitivity == {old.name}
    rows = {row.name: row for row in session.sweep(64)}
    assert rows[old.name].regained_db > old.regained_db
    assert not session.stale_sensitivity


pairs = st.tuples(st.floats(1e-3, 1e3), st.floats(1e-6, 1e3))


@given(st.lists(pairs, min_size=1, max_size=20), st.floats(1e-3, 1e3))
def test_of_several_outputs_each_counts_the_same_whatever_its_size(rows: list[tuple[float, float]], by: float) -> None:
    stats = np.array(rows)
    one, two = Sqnr("a"), Sqnr("b")
    assert output_sqnr_db([one], (stats,)) == pytest.approx(one.value(stats))
    assert output_sqnr_db([one, two], (stats, by * stats)) == pytest.approx(one.value(stats))


def test_an_output_without_a_signal_does_not_count() -> None:
    silent, loud = np.array([[0.0, 1.0]]), np.array([[100.0, 1.0]])
    assert output_sqnr_db([Sqnr("a"), Sqnr("b")], (silent, loud)) == pytest.approx(20)
    assert np.isnan(output_sqnr_db([Sqnr("a")], (silent,)))
    assert output_sqnr_db([Sqnr("a")], (np.array([[1.0, 0.0]]),)) == np.inf
