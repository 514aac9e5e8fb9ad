"""AIMET's own exported encodings, loaded here, simulate to AIMET's own figures."""

import json
from pathlib import Path

import pytest

from qviz.data.options import DataOptions, Preprocess
from qviz.session import Session

DATA = Path(__file__).parents[3] / "shared" / "data"
CASES = {
    "resnet20_w8a8": ("cifar10/resnet20.onnx", "cifar10/resnet20_input_500.npz"),
    "resnet20_w4a8": ("cifar10/resnet20.onnx", "cifar10/resnet20_input_500.npz"),
    "tinymobilenet_w8a8": ("cifar10/tinymobilenet.onnx", "cifar10/tinymobilenet_input_500.npz"),
    "mnist_cntk_w4a4": ("mnist/mnist_cntk.onnx", "mnist/mnist_cntk_input_2000.npz"),
    "fashion_mlp_w4a8": ("fashion/fashion_mlp.onnx", "fashion/fashion_mlp_input_2000.npz"),
}
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared models and data are not beside the project")


@pytest.fixture(scope="module", params=CASES)
def opened(request: pytest.FixtureRequest):
    model, data = CASES[request.param]
    encodings = DATA / "aimet" / f"{request.param}.1.0.0.encodings"
    with Session.open(str(DATA / model), str(DATA / data), str(encodings)) as session:
        yield session, json.loads((DATA / "aimet" / f"{request.param}.json").read_text()), encodings


def test_top1_and_output_sqnr_are_aimets(opened) -> None:
    session, aimet, _ = opened
    result = session.simulate()
    assert result.total == aimet["samples"]
    assert result.float_metric == pytest.approx(aimet["float_top1"], abs=1e-9)
    assert result.metric == pytest.approx(aimet["sim_top1"], abs=0.6)
    assert result.output_sqnr_db == pytest.approx(aimet["output_sqnr_db"], abs=0.5)


def test_every_name_of_the_file_is_applied(opened) -> None:
    session, _, _ = opened
    assert session.report is not None
    assert not session.report.unknown
    assert not session.report.refused
    assert session.encodings.bias == "float"


@pytest.mark.parametrize("format", ["aimet-1.0.0", "aimet-0.6.1"])
def test_scale_and_offset_survive_load_save_load(opened, tmp_path: Path, format: str) -> None:
    session, _, _ = opened
    first = session.committed
    saved = tmp_path / "again.encodings"
    session.export(str(saved), format)
    session.open_encodings(str(saved))
    enabled = {n: s for n, s in first.settings.items() if s.enabled}
    assert {n for n, s in session.committed.settings.items() if s.enabled} == enabled.keys()
    for name, setting in enabled.items():
        assert session.committed[name].stored == setting.stored
    session.undo()
    assert session.committed is first


def test_a_file_that_covers_part_leaves_the_rest(opened, tmp_path: Path) -> None:
    session, _, encodings = opened
    content = json.loads(encodings.read_text())
    content["activation_encodings"] = content["activation_encodings"][:1]
    content["param_encodings"] = []
    content["activation_encodings"][0]["scale"] = [0.125]
    part = tmp_path / "part.encodings"
    part.write_text(json.dumps(content))
    before = session.committed
    session.load_encodings(str(part))
    name = content["activation_encodings"][0]["name"]
    assert session.committed.changed(before) == {name}
    assert session.committed[name].encoding.scale[0] == 0.125
    session.undo()


def test_a_file_may_name_any_float_tensor(opened, tmp_path: Path) -> None:
    session, _, encodings = opened
    content = json.loads(encodings.read_text())
    free = next(
        t.name
        for t in session.graph.tensors.values()
        if t.is_float and t.kind == "activation" and all(t.name not in g for g in session.committed.groups.values())
        and t.name not in session.committed
    )  # fmt: skip
    entry = {**content["activation_encodings"][0], "name": free, "scale": [10.0], "offset": [-5.0]}
    content["activation_encodings"], content["param_encodings"] = [entry], []
    file = tmp_path / "more.encodings"
    file.write_text(json.dumps(content))
    without = session.simulate()
    report = session.load_encodings(str(file))
    assert report.new == (free,)
    assert session.simulate().output_sqnr_db < without.output_sqnr_db
    session.undo()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg11_w4a4", "vgg11_w8a8"])
def test_vgg11_under_aimets_encodings_has_aimets_accuracy(name: str) -> None:
    preprocess = Preprocess(scale=1 / 255, mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616))
    data = DataOptions(source=str(DATA / "cifar10/vgg11_test_2000.npz"), preprocess=preprocess)
    aimet = json.loads((DATA / "aimet" / f"{name}.json").read_text())
    encodings = str(DATA / "aimet" / f"{name}.1.0.0.encodings")
    with Session.open(str(DATA / "cifar10/vgg11.onnx"), data, encodings, calibration_samples=64) as session:
        result = session.simulate()
    assert result.metric == pytest.approx(aimet["sim_top1"], abs=0.2)
    assert result.output_sqnr_db == pytest.approx(aimet["output_sqnr_db"], abs=0.1)
