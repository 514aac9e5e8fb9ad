"""AIMET itself loads what qviz wrote, and qviz what AIMET wrote, by blocks too.

Opt-in: QVIZ_AIMET_PYTHON names an interpreter that has aimet-onnx.

pip install torch==2.13.0 torchvision==0.28.0 aimet-onnx
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from qviz.session import Session

DATA = Path(__file__).parents[3] / "shared" / "data"
PYTHON = os.environ.get("QVIZ_AIMET_PYTHON")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="QVIZ_AIMET_PYTHON names no interpreter with aimet-onnx"),
    pytest.mark.skipif(not DATA.is_dir(), reason="the shared models and data are not beside the project"),
]


@pytest.mark.parametrize("format", ["aimet-1.0.0", "aimet-2.0.0"])
@pytest.mark.parametrize(
    ("model", "data"),
    [
        ("cifar10/resnet20.onnx", "cifar10/resnet20_input_500.npz"),
        ("mnist/mnist_cntk.onnx", "mnist/mnist_cntk_input_2000.npz"),
    ],
)
def test_aimet_simulates_our_file_to_our_accuracy(model: str, data: str, format: str, tmp_path: Path) -> None:
    file = tmp_path / "ours.encodings"
    with Session.open(str(DATA / model), str(DATA / data)) as session:
        session.calibrate(param_bits=4, act_bits=8)
        ours = session.simulate().metric
        session.export(str(file), format)
    assert json.loads(run("aimet_simulation.py", DATA / model, DATA / data, file))["top1"] == pytest.approx(
        ours, abs=0.6
    )


@pytest.mark.parametrize("format", ["aimet-1.0.0", "aimet-2.0.0"])
def test_aimet_simulates_our_blocks_to_our_accuracy(format: str, tmp_path: Path) -> None:
    model, data = DATA / "cifar10/resnet20.onnx", DATA / "cifar10/resnet20_input_500.npz"
    file = tmp_path / "ours.encodings"
    with Session.open(str(model), str(data)) as session:
        session.calibrate(param_bits=4, act_bits=8)
        wide = [n for n, q in session.quantizers.items() if q.kind == "param" and (q.shape or (0, 0))[1] % 8 == 0]
        session.set_spec(wide, block=8)
        ours = session.simulate().metric
        session.export(str(file), format)
    assert json.loads(run("aimet_simulation.py", model, data, file))["top1"] == pytest.approx(ours, abs=0.6)


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_aimets_blocks_load_and_simulate_to_its_accuracy(version: str, tmp_path: Path) -> None:
    model, data = DATA / "cifar10/resnet20.onnx", DATA / "cifar10/resnet20_input_500.npz"
    theirs = json.loads(run("aimet_export.py", model, data, 8, version, tmp_path, "theirs"))["top1"]
    with Session.open(str(model), str(data), str(tmp_path / "theirs.encodings")) as session:
        assert session.report is not None
        assert (session.report.unknown, session.report.refused) == ((), ())
        forms = {s.spec.granularity for s in session.committed.settings.values() if s.enabled}
        assert "per-block" in forms
        assert session.simulate().metric == pytest.approx(theirs, abs=0.6)


def run(script: str, *arguments: object) -> str:
    """The last line that a script prints in AIMET's interpreter."""
    command = [str(PYTHON), str(Path(__file__).with_name(script)), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]
