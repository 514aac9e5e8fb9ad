"""The command line on real models: those that open, and those that end in one clear sentence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"
OTHER = DATA / "other"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared models and data are not beside the project")
IMAGENET = ["--color", "bgr", "--mean", "104,117,123", "--size", "224,224", "--limit", "20", "--calib-samples", "20"]
OPENED = {
    "detector_yolox_nano": ["--random", "2"],
    "vad_recurrent": ["--random", "4", "--shape", "input=1,512", "--input", "sr=16000"],
    "attention_encoder": ["--random", "8"],
    "denoise_gru": ["--random", "3"],
    "if": ["--random", "3"],
    "loop": ["--random", "3"],
    "scan": ["--random", "3"],
    "opset_21": ["--random", "3"],
}
REFUSED = {
    "custom_ops_qonnx": "custom operator",
    "opset_01_refused": "opset",
    "opset_07_refused": "refuses",
    "empty_graph": "no operators",
    "bad_lfs_pointer": "Git LFS",
}


def qviz(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "qviz", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("name", OPENED)
def test_models_of_every_kind_simulate(name: str) -> None:
    done = qviz("simulate", OTHER / f"{name}.onnx", *OPENED[name], "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["samples"] == int(OPENED[name][1])
    assert result["metrics"]


def test_a_float16_model_on_a_folder_of_photographs() -> None:
    done = qviz(
        "simulate", DATA / "imagenet/squeezenet_fp16.onnx", "--data", DATA / "imagenet/folder_100", *IMAGENET, "--json"
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["metric"]["name"] == "top1"
    assert result["metric"]["float"] >= 50
    assert result["output_sqnr_db"] > 15


@pytest.mark.parametrize("name", REFUSED)
def test_models_that_cannot_be_opened_end_in_one_sentence(name: str) -> None:
    done = qviz("simulate", OTHER / f"{name}.onnx", "--random", "2")
    assert done.returncode == 2
    assert done.stdout == ""
    assert REFUSED[name] in done.stderr
    assert done.stderr.startswith("qviz: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["simulate", "mnist/mnist_cntk.onnx", "--data", "README.md"], "no data that qviz reads"),
        (["simulate", "mnist/mnist_cntk.onnx", "--data", "nowhere.npz"], "no file or folder"),
        (["simulate", "mnist/mnist_cntk.onnx", "--data", "fashion/fashion_mlp_input_2000.npz"], "Input3"),
        (["simulate", "mnist/mnist_cntk.onnx", "--random", "4", "--act-bits", "1"], "2 to 16"),
        (["simulate", "mnist/mnist_cntk.onnx", "--random", "4", "--metric", "top1"], "labels"),
        (["simulate", "mnist/mnist_cntk.onnx"], "required"),
        (["calibrate", "mnist/mnist_cntk.onnx", "--random", "4", "-o", "/nowhere/x"], "cannot be written"),
        (["simulate", "mnist/mnist_cntk.onnx", "--random", "4", "--encodings", "README.md"], "not an encodings file"),
    ],
)
def test_wrong_arguments_end_in_one_sentence(arguments: list[str], words: str) -> None:
    told = [DATA / a if a.startswith(("mnist/", "fashion/", "README")) else a for a in arguments]
    done = qviz(*told)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_calibrate_then_simulate_then_export(tmp_path: Path) -> None:
    model, data = DATA / "mnist/mnist_cntk.onnx", DATA / "mnist/mnist_cntk_input_2000.npz"
    saved, again = tmp_path / "a.encodings", tmp_path / "b.encodings"
    assert qviz("calibrate", model, "--data", data, "--param-bits", 4, "-o", saved).returncode == 0
    whole = json.loads(qviz("simulate", model, "--data", data, "--encodings", saved, "--json").stdout)
    direct = json.loads(qviz("simulate", model, "--data", data, "--param-bits", 4, "--json").stdout)
    assert whole["metric"]["quantized"] == direct["metric"]["quantized"]
    assert whole["output_sqnr_db"] == pytest.approx(direct["output_sqnr_db"], abs=1e-6)
    exported = qviz("export", model, "--encodings", saved, "--format", "aimet-0.6.1", "-o", again)
    assert exported.returncode == 0
    old = json.loads(qviz("simulate", model, "--data", data, "--encodings", again, "--json").stdout)
    assert old["metric"]["quantized"] == whole["metric"]["quantized"]


def test_a_check_set_is_reported_apart() -> None:
    data = DATA / "mnist/mnist_cntk_input_2000.npz"
    done = qviz("simulate", DATA / "mnist/mnist_cntk.onnx", "--data", data, "--check", data, "--limit", 100, "--json")
    result = json.loads(done.stdout)
    assert result["check"]["samples"] == result["samples"] == 100
    assert result["check"]["quantized"] == result["metric"]["quantized"]
