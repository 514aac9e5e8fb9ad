"""What the command line makes of files that bring ranges: a QDQ model's own, and those of another model."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from qviz import cli
from qviz.errors import QvizError
from qviz.paths import sample
from qviz.session import Session

MODEL, DATA = sample("digits_cnn.onnx"), sample("digits_eval.npz")


def qviz(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "qviz", *map(str, arguments)], capture_output=True, text=True)


def sources(*arguments: object) -> set[str]:
    done = qviz("simulate", *arguments, "--data", DATA, "--limit", 64, "--json")
    assert done.returncode == 0, done.stderr
    return {tensor["source"] for tensor in json.loads(done.stdout)["tensors"]}


@pytest.fixture(scope="module")
def encodings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "cnn.encodings"
    done = qviz("calibrate", MODEL, "--data", DATA, "--limit", 64, "--method", "entropy", "-o", path)
    assert done.returncode == 0, done.stderr
    assert "(aimet-1.0.0)" in done.stdout
    return path


@pytest.mark.slow
def test_a_qdq_model_is_simulated_with_its_own_ranges_unless_others_are_asked_for(
    encodings: Path, tmp_path: Path
) -> None:
    model = tmp_path / "qdq.onnx"
    assert qviz("export", MODEL, "--encodings", encodings, "--format", "qdq", "-o", model).returncode == 0
    assert sources(model) == {"imported"}
    assert "minmax" in sources(model, "--method", "minmax")


@pytest.mark.parametrize(
    "command", [["simulate", MODEL, "--random", 2], ["export", MODEL, "--format", "csv", "-o", "never.csv"]]
)
def test_encodings_of_another_model_are_refused_in_one_sentence(command: list, encodings: Path, tmp_path: Path) -> None:
    text = json.loads(encodings.read_text())
    for entry in (*text["activation_encodings"], *text["param_encodings"]):
        entry["name"] = f"of/another/{entry['name']}"
    foreign = tmp_path / "foreign.encodings"
    foreign.write_text(json.dumps(text))
    done = qviz(*command, "--encodings", foreign)
    assert done.returncode == 2
    assert done.stderr.strip().endswith("is in the model: it is of another one.")
    assert len(done.stderr.splitlines()) == 1


def test_many_names_that_the_model_lacks_are_counted(encodings: Path, tmp_path: Path) -> None:
    text = json.loads(encodings.read_text())
    for entry in text["activation_encodings"]:
        text["activation_encodings"] = [*text["activation_encodings"], {**entry, "name": f"of/another/{entry['name']}"}]
    mixed = tmp_path / "mixed.encodings"
    mixed.write_text(json.dumps(text))
    done = qviz("simulate", MODEL, "--random", 2, "--encodings", mixed)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if "of/another" in line]
    assert len(lines) == 5
    assert "more of the file's names" in done.stderr


def test_entries_that_cannot_be_used_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ranges.csv"
    command = ["simulate", str(MODEL), "--random", "2", "--encodings", str(path)]
    path.write_text("name,bits,min,max\nimage,8,3,1\nlogits,8,-1,1\n")
    assert cli.main(command) == 0
    assert "qviz: image is left out: The range from 3.0 to 1.0 is upside down.\n" in capsys.readouterr().err
    path.write_text("name,bits,min,max\nimage,8,3,1\n")
    assert cli.main(command) == 2
    told = capsys.readouterr().err
    assert told.endswith("can be used, for image: The range from 3.0 to 1.0 is upside down.\n")
    assert told.count("\n") == 1


def test_a_file_without_entries_leaves_all_in_float(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.encodings"
    path.write_text('{"activation_encodings": [], "param_encodings": []}')
    assert cli.main(["simulate", str(MODEL), "--data", str(DATA), "--encodings", str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["metric"]["quantized"] == result["metric"]["float"]


def test_a_float_model_that_guesses_is_told(tmp_path: Path) -> None:
    """Pictures that are all alike: the model's answers are about chance."""
    with np.load(DATA) as data:
        np.savez(tmp_path / "wrong.npz", images=np.zeros_like(data["images"]), labels=data["labels"])
    done = qviz("simulate", MODEL, "--data", tmp_path / "wrong.npz")
    assert done.returncode == 0, done.stderr
    assert "usual cause is wrong preprocessing" in done.stderr
    assert "preprocessing" not in qviz("simulate", MODEL, "--data", DATA).stderr


# --- what is written ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "name", "start", "format"),
    [
        (["--target", "tensorrt"], "a.cache", "TRT-", "tensorrt"),
        (["--target", "ascend"], "record", "record {", "amct"),
        (["--target", "tensorrt", "--format", "csv"], "a.encodings", "name,kind,bits", "csv"),
        (["--target", "tensorrt"], "a.encodings", '{\n    "activation_encodings": [', "aimet-1.0.0"),
        ([], "a.json", '{\n    "activation_encodings": [', "aimet-1.0.0"),
    ],
)
def test_calibrate_writes_the_targets_format_unless_another_is_named(
    options: list[str], name: str, start: str, format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / name
    assert cli.main(["calibrate", str(MODEL), "--data", str(DATA), "--limit", "32", *options, "-o", str(out)]) == 0
    assert out.read_text().startswith(start)
    count = 10 if "ascend" in options else 11
    assert capsys.readouterr().out == f"Wrote {out} ({format}): {count} of 11 quantized.\n"


def test_ranges_from_random_inputs_are_warned_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["calibrate", str(MODEL), "--random", "2", "-o", str(tmp_path / "out")]) == 0
    assert "The ranges come from random inputs" in capsys.readouterr().err


def test_the_model_is_not_replaced(encodings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = Path(shutil.copy(MODEL, tmp_path / "model.onnx"))
    before = model.read_bytes()
    command = ["export", str(model), "--encodings", str(encodings), "--format", "qdq", "-o", str(model)]
    assert cli.main(command) == 2
    assert cli.main(["calibrate", str(model), "--random", "2", "-o", str(model)]) == 2
    assert capsys.readouterr().err.count("is the model itself: choose another name.\n") == 2
    with Session.open(str(model)) as session, pytest.raises(QvizError, match="the float model itself"):
        session.export(str(model), "qdq")
    assert model.read_bytes() == before


def test_a_model_is_no_encodings_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", str(MODEL), "--random", "2", "--encodings", str(MODEL)]) == 2
    assert capsys.readouterr().err.endswith("digits_cnn.onnx is an ONNX model: a QDQ model is opened as the model, "
                                            "with its own encodings.\n")  # fmt: skip
