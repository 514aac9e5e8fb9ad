"""How a session runs: fake-quant or integer kernels, and the budget of its cache, here and on the command line."""

import json
from collections.abc import Iterator

import pytest

from qviz.cli import main
from qviz.data.options import DataOptions
from qviz.errors import QvizError
from qviz.paths import sample
from qviz.session import Session
from qviz.sim.limits import bytes_of

MODEL, DATA = str(sample("digits_mobile.onnx")), str(sample("digits_eval.npz"))


@pytest.fixture
def session() -> Iterator[Session]:
    with Session.open(MODEL, DataOptions(source=DATA, limit=64)) as opened:
        yield opened


def test_fake_quant_is_a_switch_and_no_edit(session: Session) -> None:
    integer = session.simulate()
    assert "integer" in {mode.kind for mode in session.running.modes.values()}
    session.set_integer(False)
    assert session.result is not None
    assert session.result.generation < session.generation  # what is shown is about the other way
    fake = session.simulate()
    assert {mode.kind for mode in session.running.modes.values()} == {"float"}
    assert fake.output_sqnr_db == pytest.approx(integer.output_sqnr_db, abs=0.1)
    assert len(session.history.entries) == 1


def test_every_operator_that_is_not_on_codes_has_a_reason(session: Session) -> None:
    session.simulate()
    assert all(mode.reason is not None for mode in session.running.modes.values() if mode.kind == "float")


def test_the_budget_counts_at_once_and_changes_no_number(session: Session) -> None:
    score = session.simulate().output_sqnr_db
    memory = session.running.memory
    assert memory is not None
    assert 0 < memory.used <= memory.budget
    for budget in (memory.used // 2, 0):
        session.set_cache(budget)
        memory = session.running.memory
        assert memory is not None
        assert memory.used <= memory.budget == budget
        session.set_enabled(next(iter(session.quantizers)), False)
        session.undo()
        assert session.simulate().output_sqnr_db == score
        assert session.running.memory.used <= budget  # type: ignore[union-attr]
    with pytest.raises(QvizError):
        session.set_cache(-1)


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("4096", 4096), ("500M", 500 << 20), ("1.5g", 3 << 29), ("2GB", 2 << 30), (None, None)]
)
def test_sizes_as_they_are_written(text: str | None, size: int | None) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "lots", "-1", "2 apples", "G"])
def test_what_is_no_size_is_told(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", MODEL, "--data", DATA, "--limit", "8", "--cache", text]) == 2
    assert capsys.readouterr().err.startswith("qviz: --cache takes a size such as 500M or 2G")


def test_the_command_line_simulates_as_fake_quant_without_a_cache(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for options in ([], ["--fake-quant", "--cache", "0"]):
        assert main(["simulate", MODEL, "--data", DATA, "--limit", "64", "--json", *options]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told[0]["output_sqnr_db"] == pytest.approx(told[1]["output_sqnr_db"], abs=0.1)
    assert told[0]["operators"]["integer"] > 0
    assert set(told[1]["operators"]) == {"float"}
