"""What someone gets who installs the wheel: it runs from any folder, with its resources and its sample."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked in it, as pip does; its dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(ROOT)], folder)
    (wheel,) = folder.glob("qviz-*.whl")
    site = folder / "site"
    run([*pip, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)], folder)
    return site


def run(command: list[str], folder: Path, site: Path | None = None) -> str:
    environment = os.environ | ({"PYTHONPATH": str(site)} if site else {})
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python(installed: Path, folder: Path, *arguments: str) -> str:
    return run([sys.executable, *arguments], folder, installed)


def test_the_wheel_brings_its_resources_and_sample(installed: Path, tmp_path: Path) -> None:
    code = (
        "import qviz.paths as p; print(p.resource('fonts')); print(p.resource('icons')); print(p.sample('demo.json'))"
    )
    for line in python(installed, tmp_path, "-c", code).splitlines():
        assert Path(line).is_relative_to(installed)
        assert Path(line).exists()


def test_the_licences_travel_with_the_wheel(installed: Path) -> None:
    licences = {path.name for path in installed.glob("qviz-*.dist-info/licenses/**/*") if path.is_file()}
    assert {"LICENSE", "LICENSE-Inter.txt"} <= licences


def test_doctor_of_the_wheel_finds_the_dependencies(installed: Path, tmp_path: Path) -> None:
    told = python(installed, tmp_path, "-m", "qviz", "doctor").lower()
    named = {line.split()[1] for line in told.splitlines() if line.startswith(("ok", "warning"))}
    assert {"pyside6-essentials", "pyqtgraph", "numpy", "onnx", "onnxruntime", "pillow"} <= named


def test_the_wheel_simulates_its_sample(installed: Path, tmp_path: Path) -> None:
    sample = installed / "qviz" / "sample_data"
    data = ["--data", str(sample / "digits_eval.npz"), "--calib", str(sample / "digits_calib.npz")]
    model = str(sample / "digits_cnn.onnx")
    told = json.loads(python(installed, tmp_path, "-m", "qviz", "simulate", model, *data, "--json"))
    assert told["samples"] == 600
    assert told["metric"]["quantized"] == pytest.approx(told["metric"]["float"], abs=1)
