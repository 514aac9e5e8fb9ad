"""AIMET itself loads what qviz wrote. Opt-in: QVIZ_AIMET_PYTHON names an interpreter that has aimet-onnx.

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
    script = Path(__file__).with_name("aimet_simulation.py")
    done = subprocess.run([str(PYTHON), script, DATA / model, DATA / data, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["top1"] == pytest.approx(ours, abs=0.6)
