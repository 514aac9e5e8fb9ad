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
        listed = ", ".join(targets()[name].weights.forms)
        assert str(text).startswith(f"{targets()[name].title} takes weights of the form {listed}, not {form} (")
        assert form in session.refused(at).forms


@pytest.mark.parametrize("name", sorted(targets()))
def test_integers_come_first_in_every_target(name: str) -> None:
    assert targets()[name].weights.forms[0] == targets()[name].activations.forms[0] == UNIFORM


@pytest.mark.parametrize(
    ("name", "form", "weights_too", "activations_too"),
    [
        ("tensorrt", "float8_e4m3fn", True, True),
        ("tensorrt", "float8_e5m2", False, False),
        ("onnxruntime", "float8_e4m3fn", True, True),
        ("qnn", "float16", True, True),
        ("ascend", "float16", True, True),
        ("ncnn", "float16", True, True),
        ("tflite", "float16", True, False),
        ("cambricon", "float16", False, False),
    ],
)
def test_floats_that_a_target_takes(
    session: Session, name: str, form: str, weights_too: bool, activations_too: bool
) -> None:
    session.set_target(name)
    session.set_enabled("conv2/relu", True)
    for at, taken in ((weight(session), weights_too), ("conv2/relu", activations_too)):
        session.set_spec(at, form=form)
        assert (session.violations(at) == ()) == taken
        assert (form not in session.refused(at).forms) == taken


def test_onnx_runtime_takes_weights_by_block(session: Session) -> None:
    for name, taken in (("onnxruntime", True), ("tensorrt", False)):
        session.set_target(name)
        session.set_spec(weight(session), block=1)
        assert (session.violations(weight(session)) == ()) == taken


def test_choosing_a_target_makes_integers_of_a_form_that_it_does_not_know(session: Session) -> None:
    at = weight(session)
    session.set_spec(at, form="codebook")
    session.set_target("tflite")
    assert isinstance(session.committed[at].spec, UniformSpec)
    assert session.violations(at) == ()


def test_a_form_that_a_target_lists_stays_and_is_no_violation(session: Session, tmp_path) -> None:  # type: ignore[no-untyped-def]
    at, graph = weight(session), session.graph
    assert graph is not None
    text = (resource("targets") / "cambricon.toml").read_text(encoding="utf-8")
    path = tmp_path / "floats.toml"
    path.write_text(text.replace("[weights]", '[weights]\nforms = ["uniform", "float16"]'), encoding="utf-8")
    target, quantizer = read_target(path), session.quantizers[at]
    assert target.weights.forms == (UNIFORM, "float16")
    floats = FloatSpec(Granularity.PER_CHANNEL)
    assert target.spec(quantizer, floats, graph) == floats
    assert target.violations(replace(session.committed[at], spec=floats), quantizer, graph) == ()
    assert target.violations(replace(session.committed[at], spec=CodebookSpec()), quantizer, graph)
    path.write_text(text.replace("[weights]", '[weights]\nforms = ["int"]'), encoding="utf-8")
    with pytest.raises(ValueError, match="not in tuple"):
        read_target(path)
