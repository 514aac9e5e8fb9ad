"""Work outlives a crash, sessions find their models, and the window comes back as it was left."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from qviz import session_file
from qviz.document import Document
from qviz.paths import sample
from qviz.ui.app import make_window
from qviz.ui.window.main_window import MainWindow
from qviz.ui.window.recovery import leftovers

Settled = Callable[[MainWindow], None]
CRASH = """
import os, signal, sys
from PySide6.QtTest import QTest
from qviz.document import Document
from qviz.paths import sample
from qviz.ui.app import application, make_window
app = application()
app.setApplicationName(sys.argv[1])
window = make_window()
window.show()
window.documents.open_document(Document(str(sample("digits_cnn.onnx"))), None)
while not window.session.histograms:
    QTest.qWait(20)
weights = [n for n, q in window.session.quantizers.items() if q.kind == "param"]
window.session.set_spec(weights, bits=5)
window.recovery._pause.setInterval(10)
window.recovery._pause.start()
while not window.recovery.path.exists():
    QTest.qWait(20)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def crashed(qapp: QApplication, tmp_path: Path) -> Path:
    """A window that edited 5-bit weights was killed; where its work lies."""
    done = subprocess.run(
        [sys.executable, "-c", CRASH, QApplication.applicationName()],
        env={**os.environ, "HOME": str(tmp_path)},
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL
    (kept,) = (tmp_path / "own_data").rglob("*.qviz")
    return kept


def press(text: str) -> None:
    """Press the button of the next question that says `text`."""

    def find() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(b for b in box.buttons() if b.text() == text).click()

    QTimer.singleShot(0, find)


def button(window: MainWindow, text: str) -> Callable[[], None]:
    return next(b for b, _ in window.errors._buttons if b.text() == text).click


def test_unsaved_work_of_a_killed_window_is_offered_and_goes_on(
    crashed: Path, window: MainWindow, qtbot: QtBot
) -> None:
    assert "ended unexpectedly" in window.errors.text.text()
    assert "digits_cnn.onnx" in window.errors.text.text()
    button(window, "Restore")()
    qtbot.waitUntil(lambda: window.session.dirty and bool(window.session.histograms), timeout=20_000)
    weights = [n for n, q in window.session.quantizers.items() if q.kind == "param"]
    assert {window.session.committed[n].spec.bits for n in weights} == {5}
    assert window.session.history.undo_label == "5 bits"
    assert window.recovery.path == crashed
    window.recovery.forget()
    assert not crashed.exists()


def test_work_whose_model_is_not_found_is_offered_again_and_outlives_the_window(
    crashed: Path, window: MainWindow, tmp_path: Path
) -> None:
    kept = session_file.read(crashed)
    model = Path(shutil.copy(kept.document.model, tmp_path / "gone.onnx"))
    session_file.write(crashed, replace(kept, document=replace(kept.document, model=str(model))))
    model.unlink()
    press("Cancel")
    button(window, "Restore")()
    assert "ended unexpectedly" in window.errors.text.text()
    assert window.close()
    assert crashed.exists()


def test_it_can_be_discarded(crashed: Path, window: MainWindow) -> None:
    button(window, "Discard")()
    assert not window.errors.isVisible()
    assert not crashed.exists()
    assert leftovers() == []


@pytest.mark.slow
def test_the_work_of_a_window_that_runs_is_not_offered(demo: MainWindow, qtbot: QtBot) -> None:
    demo.session.set_bias("float")
    demo.recovery.keep()
    qtbot.waitUntil(demo.recovery.path.exists)
    assert leftovers() == []
    demo.session.undo()
    demo.recovery.keep()
    assert not demo.recovery.path.exists()


@pytest.mark.slow
def test_saving_and_giving_up_take_the_file_away(demo: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    demo.session.set_bias("float")
    demo.recovery.keep()
    qtbot.waitUntil(demo.recovery.path.exists)
    demo.session.save(str(tmp_path / "work.qviz"))
    assert not demo.recovery.path.exists()
    demo.session.set_bias("int32")
    demo.recovery.keep()
    press("Discard")
    assert demo.close()
    assert not demo.recovery.path.exists()


@pytest.fixture
def saved(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> tuple[Path, Path]:
    """A session and the model that it is about."""
    model = Path(shutil.copy(sample("digits_cnn.onnx"), tmp_path / "mine.onnx"))
    window.documents.open_document(Document(str(model)), None)
    qtbot.waitUntil(lambda: bool(window.session.histograms))
    window.session.set_bias("float")
    window.session.save(str(tmp_path / "work.qviz"))
    return tmp_path / "work.qviz", model


def test_a_moved_model_is_asked_for(
    window: MainWindow, saved: tuple[Path, Path], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, model = saved
    moved = model.rename(model.with_name("renamed.onnx"))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(moved), ""))
    press("Find the model…")
    with qtbot.waitSignal(window.bridge.model, timeout=20_000):
        window.documents.open_path(str(session))
    assert window.session.model_path == str(moved)


def test_a_changed_model_is_told(window: MainWindow, saved: tuple[Path, Path], qtbot: QtBot) -> None:
    session, model = saved
    shutil.copy(sample("digits_mobile.onnx"), model)
    before = window.session.graph
    press("Cancel")
    window.documents.open_path(str(session))
    assert window.session.graph is before
    press("Open all the same")
    with qtbot.waitSignal(window.bridge.model, timeout=20_000):
        window.documents.open_path(str(session))
    assert window.session.graph is not before


def test_the_window_comes_back_as_it_was_left(demo: MainWindow, qtbot: QtBot) -> None:
    demo.docks["graph"].hide()
    demo.resize(1200, 800)
    demo.resizeDocks([demo.docks["settings"]], [360], Qt.Orientation.Horizontal)
    QApplication.processEvents()
    width = demo.docks["settings"].width()
    demo.close()
    again = make_window()
    again.show()
    again.documents.open_document(Document(str(sample("digits_cnn.onnx"))), None)
    qtbot.waitUntil(lambda: again.session.graph is not None)
    QApplication.processEvents()
    assert again.size().toTuple() != (1440, 900)  # the offscreen screen is smaller than either, and cuts both
    assert not again.docks["graph"].isVisible()
    assert abs(again.docks["settings"].width() - width) <= 4
    again.actions_["reset_layout"].trigger()
    assert again.docks["graph"].isVisible()
    assert again.docks["settings"].width() < width
    again.close()
    again.deleteLater()


@pytest.mark.slow
def test_a_session_brings_its_layout(demo: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    demo.docks["table"].hide()
    path = tmp_path / "work.qviz"
    with qtbot.waitSignal(demo.bridge.saved):
        demo.documents._save_to(str(path))
    demo.docks["table"].show()
    with qtbot.waitSignal(demo.bridge.model, timeout=20_000):
        demo.documents.open_path(str(path))
    assert not demo.docks["table"].isVisible()


@pytest.mark.slow
def test_the_size_of_text_is_chosen_and_remembered(demo: MainWindow) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = app.font().pointSizeF()
    demo.actions_["larger"].trigger()
    demo.actions_["larger"].trigger()
    assert app.font().pointSizeF() == before + 2
    assert demo.table.fontMetrics().height() > 0
    demo.actions_["smaller"].trigger()
    assert app.font().pointSizeF() == before + 1
    demo.actions_["normal_size"].trigger()
    assert app.font().pointSizeF() == before


def test_another_model_is_opened_over_one_whose_nodes_it_lacks(
    demo: MainWindow, settled: Settled, qtbot: QtBot
) -> None:
    told: list[str] = []
    before = demo.session.graph
    demo.session.observe(lambda change: told.append(change.kind))
    with qtbot.captureExceptions() as wrong:
        demo.documents.open_document(Document(str(sample("digits_cnn.onnx"))), None)
        qtbot.waitUntil(lambda: demo.session.graph is not before, timeout=20_000)
        qtbot.waitUntil(lambda: demo.graph.scene.full, timeout=20_000)
    assert not wrong
    assert told.index("model") < told.index("baseline")
    assert set(demo.graph.scene.nodes) <= {node.name for node in demo.session.graph.nodes}
