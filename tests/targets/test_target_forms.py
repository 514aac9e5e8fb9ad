"""Forms beyond integers against a target: what it does not know is named, what its file lists stays."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from qviz.paths import resource, sample
from qviz.quant.spec import FORMS, UNIFORM, CodebookSpec, FloatSpec, Granularity, UniformSpec
from qviz.session import Session
from qviz.targets import read_target, targets


@pytest.fixture
def session() -> Iterator[Session]:
    with Session.open(str(sample("digits_cnn.onnx"))) as opened:
        yield opened


def weight(session: Session) -> str:
    return next(n for n, q in session.quantizers.items() if q.kind == "param")


@pytest.mark.parametrize("name", sorted(targets()))
def test_an_unknown_form_is_one_violation_with_its_reason(session: Session, name: str) -> None:
    session.set_target(name)
    at = weight(session)
    for form in (f for f in FORMS if f not in targets()[name].weights.forms):
        session.set_spec(at, form=form)
        (text,) = session.violations(at)
        assert str(text).startswith(f"{targets()[name].title} takes weights of the form uniform, not {form} (")
        assert form in session.refused(at).forms


def test_choosing_a_target_makes_integers_of_a_form_that_it_does_not_know(session: Session) -> None:
    at = weight(session)
    session.set_spec(at, form="codebook")
    session.set_target("tflite")
    assert isinstance(session.committed[at].spec, UniformSpec)
    assert session.violations(at) == ()


def test_a_form_that_a_target_lists_stays_and_is_no_violation(session: Session, tmp_path) -> None:  # type: ignore[no-untyped-def]
    at, graph = weight(session), session.graph
    assert graph is not None
    text = (resource("targets") / "tflite.toml").read_text(encoding="utf-8")
    path = tmp_path / "floats.toml"
    path.write_text(text.replace("[weights]", '[weights]\nforms = ["uniform", "float16"]'), encoding="utf-8")
    target, quantizer = read_target(path), session.quantizers[at]
    assert target.weights.forms == (UNIFORM, "float16")
    floats = FloatSpec(Granularity.PER_CHANNEL)
    assert target.spec(quantizer, floats) == floats
    assert target.violations(replace(session.committed[at], spec=floats), quantizer, graph) == ()
    assert target.violations(replace(session.committed[at], spec=CodebookSpec()), quantizer, graph)
    path.write_text(text.replace("[weights]", '[weights]\nforms = ["int"]'), encoding="utf-8")
    with pytest.raises(ValueError, match="not in tuple"):
        read_target(path)
