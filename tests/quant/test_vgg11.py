"""AIMET's introductory example: VGG11 on CIFAR-10, calibrated on the first 64 samples, by the command line."""

import json
import subprocess
import sys

import pytest

from tests.quant.shared import shared

PREPROCESS = ["--scale", "1/255", "--mean", ".4914,.4822,.4465", "--std", ".247,.2435,.2616"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "bits", "aimet", "within"),
    [
        ("tf_enhanced", 8, 85.10, 0.2),
        ("aimet-tf_enhanced", 8, 85.10, 0.2),
        ("minmax", 8, 85.10, 0.2),  # AIMET's own is 84.95
        ("minmax", 4, 83.05, 1.0),  # AIMET calibrated by min_max
    ],
)
def test_accuracy_is_aimets(method: str, bits: int, aimet: float, within: float) -> None:
    model, data = shared("data/cifar10/vgg11.onnx"), shared("data/cifar10/vgg11_test_2000.npz")
    command = [sys.executable, "-m", "qviz", "simulate", str(model), "--data", str(data), *PREPROCESS, "--json"]
    command += ["--calib-samples", "64", "--method", method, "--param-bits", str(bits), "--act-bits", str(bits)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    metric = json.loads(done.stdout)["metric"]
    assert metric["float"] == pytest.approx(85.1, abs=1e-6)
    assert abs(metric["quantized"] - aimet) <= within + 1e-6, metric
