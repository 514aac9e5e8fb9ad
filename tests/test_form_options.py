"""Forms on the command line."""

import json

import pytest

from qviz.cli import main
from qviz.paths import sample

COMMAND = ["simulate", str(sample("digits_cnn.onnx")), "--data", str(sample("digits_eval.npz")), "--limit", "64"]


def tensors(capsys: pytest.CaptureFixture[str], *given: str) -> list[dict[str, object]]:
    assert main([*COMMAND, "--json", *given]) == 0
    return json.loads(capsys.readouterr().out)["tensors"]


def test_weights_and_activations_take_their_forms(capsys: pytest.CaptureFixture[str]) -> None:
    rows = tensors(capsys, "--param-form", "codebook:32", "--act-form", "float8_e4m3fn")
    told = {(row["kind"], row["form"], row["bits"], row["scheme"]) for row in rows}
    assert told == {("param", "codebook", 5, None), ("activation", "float8_e4m3fn", 8, None)}
    assert all(row["sqnr_db"] is not None for row in rows)


def test_scheme_and_granularity(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--param-bits", "1", "--param-scheme", "asymmetric", "--param-granularity", "per-tensor")
    rows = [row for row in tensors(capsys, *given) if row["kind"] == "param"]
    told = {(row["form"], row["bits"], row["scheme"], row["granularity"]) for row in rows}
    assert told == {("uniform", 1, "asymmetric", "per-tensor")}


def test_a_target_says_that_it_does_not_know_a_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--target", "tflite", "--param-form", "ternary"]) == 0
    assert "takes weights of the form uniform, float16, not ternary" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--param-form", "int4"], "There is no form int4"),
        (["--param-form", "codebook:many"], "--param-form takes codebook:SIZE with a number, not codebook:many"),
        (["--param-form", "ternary:3"], "--param-form takes codebook:SIZE"),
        (["--param-granularity", "per-block:x"], "--param-granularity takes per-block:SIZE"),
        (["--act-form", "codebook"], "the form codebook is for weights"),
        (["--act-bits", "1", "--act-scheme", "asymmetric"], "from 2 to 16 bits, not 1"),
        (["--param-bits", "1"], "asymmetric, or the form binary"),
    ],
)
def test_errors_are_one_sentence(given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, *given]) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert len(told.strip().splitlines()) == 1


def test_the_error_of_blocks_is_that_of_the_weight(capsys: pytest.CaptureFixture[str]) -> None:
    coarse, fine = (
        [row["sqnr_db"] for row in tensors(capsys, "--param-bits", "4", "--param-granularity", f"per-block:{n}")
         if row["granularity"] == "per-block"]
        for n in (64, 4)
    )  # fmt: skip
    assert len(coarse) == len(fine) > 0
    assert all(a <= b for a, b in zip(coarse, fine, strict=True))  # type: ignore[operator]
