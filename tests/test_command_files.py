"""What the command line makes of files that bring ranges: a QDQ model's own, and those of another model."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from qviz.paths import sample

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


def test_a_float_model_that_guesses_is_told(tmp_path: Path) -> None:
    """Pictures that are all alike: the model's answers are about chance."""
    with np.load(DATA) as data:
        np.savez(tmp_path / "wrong.npz", images=np.zeros_like(data["images"]), labels=data["labels"])
    done = qviz("simulate", MODEL, "--data", tmp_path / "wrong.npz")
    assert done.returncode == 0, done.stderr
    assert "usual cause is wrong preprocessing" in done.stderr
    assert "preprocessing" not in qviz("simulate", MODEL, "--data", DATA).stderr
