"""Mute and solo: laid over the encodings for what is simulated, and nowhere else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qviz.encodings import ClipRange, Encodings, Setting, what_if
from qviz.errors import QvizError
from qviz.session import Change, Session
from qviz.sim.client import LocalClient
from tests.tune.conftest import OpenSample

names = st.sets(st.sampled_from("abcdef"))


def outputs(session: Session) -> dict[str, bytes]:
    result = session.simulate()
    assert result.outputs is not None
    return {name: value.tobytes() for name, value in result.outputs.items()}


@given(names, names, names)
def test_what_is_on_is_soloed_or_all_and_not_muted(on: set[str], muted: set[str], soloed: set[str]) -> None:
    given_range = ClipRange((-1.0,), (1.0,))
    settings = {n: Setting(enabled=n in on, range=given_range) for n in "abcdef"}
    encodings = Encodings(settings, {n: (n,) for n in settings})
    laid_over = what_if(encodings, muted, soloed)
    assert {n for n, s in laid_over.settings.items() if s.active} == on & (soloed or on) - muted
    assert laid_over.groups == encodings.groups


@pytest.mark.parametrize("bias", ["int32", "float"])
def test_muting_and_soloing_equal_disabling_by_hand_to_the_last_bit(open_sample: OpenSample, bias: str) -> None:
    session, by_hand = open_sample(samples=100), open_sample(samples=100)
    for each in (session, by_hand):
        each.set_bias(bias)  # type: ignore[arg-type]
    every = list(session.quantizers)
    for chosen in (every[:1], every[3:9:2], every[-2:]):
        session.set_mute(chosen)
        by_hand.set_enabled(chosen, False)
        assert outputs(session) == outputs(by_hand)
        by_hand.undo()
        session.clear_what_if()
        session.set_solo(chosen)
        by_hand.set_enabled([n for n in every if n not in chosen], False)
        assert outputs(session) == outputs(by_hand)
        by_hand.undo()
        session.clear_what_if()
    assert outputs(session) == outputs(by_hand)


def test_history_export_and_save_know_nothing_of_it(open_sample: OpenSample, tmp_path: Path) -> None:
    session = open_sample(samples=64)
    name, other = list(session.quantizers)[:2]
    session.simulate()
    session.export(str(tmp_path / "before.encodings"))
    session.save(str(tmp_path / "before.qviz"))
    entries = session.history.entries
    session.set_mute(name)
    session.set_solo([name, other])
    session.simulate()
    assert session.what_if
    assert session.history.entries == entries  # no entry, and no other score
    assert not session.dirty
    assert not session.unexported
    session.export(str(tmp_path / "after.encodings"))
    session.save(str(tmp_path / "after.qviz"))
    for kind in ("encodings", "qviz"):
        assert (tmp_path / f"before.{kind}").read_bytes() == (tmp_path / f"after.{kind}").read_bytes()


def test_edits_go_on_beneath_it(open_sample: OpenSample) -> None:
    session, plain = open_sample(samples=64), open_sample(samples=64)
    name, other = list(session.quantizers)[:2]
    session.set_mute(name)
    for each in (session, plain):
        each.set_spec([name, other], bits=4)
    plain.set_enabled(name, False)
    assert outputs(session) == outputs(plain)
    session.clear_what_if()
    plain.undo()
    assert outputs(session) == outputs(plain)
    assert session.committed[name].spec.bits == 4


def test_taking_it_away_is_answered_from_the_memo(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    session.simulate()
    session.set_mute(list(session.quantizers)[:3])
    session.simulate()
    assert isinstance(session._client, LocalClient)
    memo = session._client.engine._memo
    used = memo.used
    session.clear_what_if()
    for _ in session._client.engine.simulate(session.simulated, session.generation):
        assert memo.used == used  # nothing new was computed


def test_observers_hear_of_it_once(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    heard: list[Change] = []
    name = next(iter(session.quantizers))
    session.observe(heard.append)
    session.set_mute(name)
    session.set_mute([name])
    assert [c.kind for c in heard] == ["what_if"]
    assert (session.muted, session.soloed) == ({name}, frozenset())


def test_an_unknown_quantizer_is_named(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    with pytest.raises(QvizError, match="no quantizer named nowhere"):
        session.set_solo("nowhere")
    assert not session.what_if


def test_other_data_starts_without_it(open_sample: OpenSample) -> None:
    session = open_sample(samples=64)
    session.set_mute(next(iter(session.quantizers)))
    list(session.sweep(64))
    assert session.document is not None
    assert session.document.data is not None
    session.open_data(session.document.data)
    assert not session.what_if
    assert not session.sensitivity
