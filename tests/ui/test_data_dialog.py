"""The data dialog: it finds the preprocessing itself, shows what the model sees, and warns where it cannot be right."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from qviz.data.npz import NpzArrays
from qviz.data.options import DataOptions, Preprocess
from qviz.document import Document
from qviz.paths import sample
from qviz.sim.trial import near_chance
from qviz.ui.data.dialog import DataChoice, DataDialog
from qviz.ui.data.fields import shapes, values
from qviz.ui.window.main_window import MainWindow

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared models and data are not beside the project")
Opened = Callable[..., DataDialog]
Settled = Callable[[MainWindow], None]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def raw_digits() -> Path:
    """Pictures of 0..255; the sample's models divide by themselves."""
    return sample("digits_eval.npz")


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot) -> Opened:
    """A dialog on a model, after it has tried what it was given."""

    def make(model: str, path: str | None = None) -> DataDialog:
        window.documents.open_document(Document(model), None)
        qtbot.waitUntil(lambda: window.session.graph is not None, timeout=20_000)
        dialog = DataDialog(window.session, window.bridge, window, path)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitUntil(lambda: not dialog.tryout.busy and not dialog._pause.isActive(), timeout=30_000)
        return dialog

    return make


def tried(dialog: DataDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not dialog.tryout.busy and not dialog._pause.isActive(), timeout=20_000)


def test_it_finds_the_preprocessing_by_itself(opened: Opened, raw_digits: Path) -> None:
    dialog = opened(str(sample("digits_mobile.onnx")), str(raw_digits))
    assert dialog.preprocess.automatic
    best = dialog.tryout.best
    assert best is not None
    assert best[1].value > 90
    assert dialog.verdict.property("role") == "good"
    assert "best of" in dialog.verdict.text()
    assert len(dialog.tryout.found) > 2


def test_it_shows_the_first_samples_with_their_classes(opened: Opened, raw_digits: Path) -> None:
    dialog = opened(str(sample("digits_mobile.onnx")), str(raw_digits))
    assert [cell.isVisible() for cell in dialog.pictures.cells] == [True] * 12
    assert all(not cell.picture.pixmap().isNull() for cell in dialog.pictures.cells)
    trial = dialog.tryout.best[1]  # type: ignore[index]
    shown = [cell.caption.text() for cell in dialog.pictures.cells]
    assert [text.split(" ")[0] for text in shown] == [str(label) for label in trial.labels]


def test_wrong_values_are_answered_at_once_and_warned_about(opened: Opened, raw_digits: Path, qtbot: QtBot) -> None:
    dialog = opened(str(sample("digits_mobile.onnx")), str(raw_digits))
    dialog.preprocess.mean.setFocus()
    dialog.preprocess.mean.selectAll()
    QTest.keyClicks(dialog.preprocess.mean, "9000")
    assert dialog.preprocess.preset.value() == "custom"
    tried(dialog, qtbot)
    assert dialog.verdict.property("role") == "warning"
    assert "wrong preprocessing" in dialog.verdict.text()


def test_what_cannot_be_read_is_said_and_not_accepted(opened: Opened, raw_digits: Path, qtbot: QtBot) -> None:
    dialog = opened(str(sample("digits_mobile.onnx")), str(raw_digits))
    dialog.preprocess.scale.selectAll()
    QTest.keyClicks(dialog.preprocess.scale, "many")
    tried(dialog, qtbot)
    assert "must be numbers" in dialog.wrong.text()
    QTest.mouseClick(dialog._open, LEFT)
    assert dialog.chosen is None
    assert dialog.isVisible()


def test_data_that_do_not_fit_are_said(opened: Opened, tmp_path: Path) -> None:
    np.savez(tmp_path / "odd.npz", other=np.zeros((3, 2), np.float32))
    dialog = opened(str(sample("digits_cnn.onnx")), str(tmp_path / "odd.npz"))
    assert dialog.verdict.property("role") == "bad"
    assert dialog.verdict.text().endswith(".")


def test_arrays_need_no_preprocessing(opened: Opened, tmp_path: Path) -> None:
    pixels = NpzArrays(sample("digits_eval.npz"))
    arrays = {"image": pixels["images"].reshape(-1, 1, *pixels["images"].shape[1:3]).astype(np.float32)}
    np.savez(tmp_path / "arrays.npz", **arrays, labels=pixels["labels"])
    dialog = opened(str(sample("digits_cnn.onnx")), str(tmp_path / "arrays.npz"))
    assert not dialog.preprocess.isEnabled()
    assert len(dialog.tryout.found) == 1
    assert "Float accuracy" in dialog.verdict.text()


@pytest.mark.slow
def test_a_preprocessing_file_fills_the_fields(
    opened: Opened, raw_digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (tmp_path / "p.toml").write_text('scale = "1/255"\nmean = 0.25\nstd = [2.0]')
    dialog = opened(str(sample("digits_mobile.onnx")), str(raw_digits))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "p.toml"), ""))
    QTest.mouseClick(dialog.preprocess.from_file, LEFT)
    assert dialog.preprocess.scale.text() == "1/255"
    assert dialog.preprocess.read().mean == (0.25,)
    tried(dialog, qtbot)
    assert dialog.tryout.best is not None


def test_accepting_opens_calibration_and_check_sets_apart(
    window: MainWindow, settled: Settled, qtbot: QtBot, raw_digits: Path
) -> None:
    window.documents.open_document(Document(str(sample("digits_mobile.onnx"))), None)
    qtbot.waitUntil(lambda: window.session.graph is not None)

    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, DataDialog)
        if dialog.tryout.busy:
            QTimer.singleShot(50, fill)
            return
        dialog.calibration.path.setText(str(raw_digits))
        dialog.check.path.setText(str(raw_digits))
        dialog.calibration_samples.setValue(50)
        QTest.mouseClick(dialog._open, LEFT)

    QTimer.singleShot(100, fill)
    window.documents.ask_data(str(raw_digits))
    settled(window)
    document = window.session.document
    assert document is not None
    assert document.data.preprocess == document.check.preprocess  # type: ignore[union-attr]
    assert window.session.data.calibration_samples == 50  # type: ignore[union-attr]
    assert window.session.result.float_metric > 90  # type: ignore[union-attr]
    with qtbot.waitSignal(window.bridge.checked, timeout=20_000):
        window.actions_["check"].trigger()
    assert window.errors.text.text().startswith("On the check set (600 samples): float 9")


@pytest.mark.slow
def test_without_a_check_set_the_action_says_where_to_name_one(demo: MainWindow) -> None:
    demo.actions_["check"].trigger()
    assert "Check data" in demo.errors.text.text()


@needs_shared
@pytest.mark.parametrize(
    ("model", "data", "preset", "least"),
    [
        ("cifar10/resnet20.onnx", "cifar10/folder_200", "cifar10", 80),
        ("mnist/mnist_burn.onnx", "mnist/folder_200", "mnist", 90),
        pytest.param("imagenet/squeezenet_fp16.onnx", "imagenet/folder_100", "caffe", 50, marks=pytest.mark.slow),
    ],
)
def test_real_models_get_the_preprocessing_they_were_trained_with(
    opened: Opened, model: str, data: str, preset: str, least: float
) -> None:
    best = opened(str(SHARED / model), str(SHARED / data)).tryout.best
    assert best is not None
    assert best[1].value >= least
    assert best[0] == preset


@needs_shared
def test_free_dimensions_and_fixed_inputs_have_fields(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    np.savez(tmp_path / "d.npz", input=np.random.default_rng(0).normal(size=(4, 1, 512)).astype(np.float32))
    dialog = opened(str(SHARED / "other/vad_recurrent.onnx"), str(tmp_path / "d.npz"))
    assert dialog.shapes.isVisible()
    assert dialog.verdict.property("role") == "bad"
    dialog.shapes.setText("input=1,512; state=2,1,128")
    dialog.values.setText("sr=16000; state=0")
    tried(dialog, qtbot)
    assert dialog.verdict.property("role") != "bad", dialog.verdict.text()


def test_shapes_and_values_are_read() -> None:
    assert shapes("a=1,3; b/x:0=2") == {"a": (1, 3), "b/x:0": (2,)}
    assert values("rate = 16000; x=1/2") == {"rate": 16000.0, "x": 0.5}
    assert shapes("") == values(" ; ") == {}


def test_near_chance() -> None:
    assert near_chance(12.5, 10, 64)
    assert near_chance(13.0, 10, 500)  # tinymobilenet fed raw bytes
    assert not near_chance(40.0, 10, 64)
    assert near_chance(0.0, 1000, 64)
    assert not near_chance(50.0, 0, 64)


@pytest.mark.slow
def test_a_float_model_that_guesses_is_told_in_the_window(
    window: MainWindow, settled: Settled, qtbot: QtBot, raw_digits: Path
) -> None:
    window.documents.open_document(Document(str(sample("digits_mobile.onnx"))), None)
    qtbot.waitUntil(lambda: window.session.graph is not None)
    wrong = Preprocess(scale=0.0, mean=(9.0,))
    window.documents.open_data(DataChoice(DataOptions(source=str(raw_digits), preprocess=wrong)))
    settled(window)
    assert "wrong preprocessing" in window.notice.text.text()
    assert [button.text() for button, _ in window.notice._buttons] == ["Open data…"]


@pytest.mark.parametrize("wrong", ["/nowhere", __file__, str(sample("digits_mobile.onnx"))])
def test_the_dialog_stays_open_with_data_that_cannot_be_read(
    opened: Opened, raw_digits: Path, qtbot: QtBot, wrong: str
) -> None:
    dialog = opened(str(sample("digits_mobile.onnx")), wrong)
    assert dialog.verdict.property("role") == "bad"
    assert not dialog._open.isEnabled()
    dialog.data.path.setText(str(raw_digits))
    tried(dialog, qtbot)
    assert dialog._open.isEnabled()


def test_a_set_apart_that_is_not_there_is_said_in_the_dialog(opened: Opened, raw_digits: Path) -> None:
    dialog = opened(str(sample("digits_mobile.onnx")), str(raw_digits))
    dialog.calibration.path.setText("/nowhere.npz")
    QTest.mouseClick(dialog._open, LEFT)
    assert dialog.isVisible()
    assert dialog.chosen is None
    assert dialog.wrong.text() == "There is no file or folder /nowhere.npz."
