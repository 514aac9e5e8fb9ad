"""`qviz sweep`, as typed."""

import csv
import json
from pathlib import Path

import pytest

from qviz.cli import main
from qviz.paths import sample

MODEL, DATA = str(sample("digits_mobile.onnx")), str(sample("digits_eval.npz"))
REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


def swept(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["sweep", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_json_and_csv_say_the_same_the_worst_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    found = swept(capsys, MODEL, "--data", DATA, "--samples", "100", "--csv", str(path))
    assert found["samples"] == 128  # whole micro-batches of 64
    assert found["metric"] == "top1"
    rows = found["quantizers"]
    regained = [row["regained_db"] for row in rows]
    assert regained == sorted(regained, reverse=True)
    assert all(row["alone_db"] >= found["output_sqnr_db"] - 1 for row in rows)
    with path.open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["name"] for row in table] == [row["name"] for row in rows]
    assert [float(row["regained_db"]) for row in table] == regained
    assert [float(row["ci95_high"]) for row in table] == [row["ci95"][1] for row in rows]


def test_an_encodings_file_is_swept_as_it_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "four_bits.encodings"
    assert main(["calibrate", MODEL, "--data", DATA, "--param-bits", "4", "-o", str(path)]) == 0
    capsys.readouterr()
    found = swept(capsys, MODEL, "--data", DATA, "--limit", "64", "--encodings", str(path))
    assert {row["bits"] for row in found["quantizers"] if row["kind"] == "param"} == {4}


def test_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", MODEL, "--data", DATA, "--limit", "64"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[0].split() == ["quantizer", "regained", "alone", "top1"]
    assert "64 samples" in told.out
    assert not told.err  # no bar where there is no terminal


def test_a_wrong_number_of_samples_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", MODEL, "--data", DATA, "--samples", "0"]) == 2
    assert capsys.readouterr().err == "qviz: --samples takes a number of samples, at least 1, not 0.\n"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real models and data are not here")
def test_a_real_network(capsys: pytest.CaptureFixture[str]) -> None:
    folder = REAL / "cifar10"
    data = str(folder / "resnet20_input_500.npz")
    arguments = ("--limit", "16", "--calib-samples", "16", "--act-bits", "6")
    found = swept(capsys, str(folder / "resnet20.onnx"), "--data", data, *arguments)
    rows = found["quantizers"]
    assert len(rows) == 55
    assert rows[0]["regained_db"] > 0.3
    assert rows[0]["kind"] == "activation"  # at 6 bits they cost more than weights at 8
