"""Histograms of a large model are told in parts."""

import pytest

from qviz.paths import sample
from qviz.session import Session


def opened() -> Session:
    return Session.open(str(sample("digits_cnn.onnx")), str(sample("digits_eval.npz")))


def test_parts_lead_to_the_same_ranges_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened() as whole:
        monkeypatch.setattr("qviz.sim.calibration.PART", 3)
        with opened() as parts:
            assert parts.histograms.keys() == whole.histograms.keys()
            assert len(parts.histograms) > 3
            assert not parts.committed.changed(whole.committed)


def test_what_is_told_of_a_part_is_not_shown_before_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qviz.sim.calibration.PART", 3)
    told: list[int] = []
    with opened() as session:
        session.observe(lambda change: told.append(len(session.histograms)) if change.kind == "histograms" else None)
        session.open_data(session.document.data)
        assert told == [len(session.quantizers)]
