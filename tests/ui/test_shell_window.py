"""The window as a user meets it: start page, the demo's three repairs, files, states and questions."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from qviz.data.options import DataOptions
from qviz.paths import sample
from qviz.quant.spec import Granularity
from qviz.session import Session
from qviz.sim.events import EngineGone, Simulated
from qviz.ui.data.dialog import DataChoice
from qviz.ui.start.recent import recent_files
from qviz.ui.window.files import file_kind
from qviz.ui.window.main_window import MainWindow

Settled = Callable[[MainWindow], None]
MODEL, DATA = str(sample("digits_cnn.onnx")), str(sample("digits_eval.npz"))


def drop(window: MainWindow, path: str) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(path)])
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(QPointF(50, 50), actions, mime, buttons, Qt.KeyboardModifier.NoModifier))


def answer(choice: QMessageBox.StandardButton | None, seen: list[str] | None = None) -> None:
    """Press a button of the next question (None: the one that accepts)."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        if seen is not None:
            seen.append(f"{box.text()} {box.informativeText()}")
        accept = (b for b in box.buttons() if box.buttonRole(b) == QMessageBox.ButtonRole.AcceptRole)
        (box.button(choice) if choice is not None else next(accept)).click()

    QTimer.singleShot(0, press)


def switch_granularity(window: MainWindow, to: Granularity) -> None:
    box = window.header.weights.granularity
    box.setCurrentIndex(box.findData(str(to)))
    box.activated.emit(box.currentIndex())


def test_with_nothing_open_only_the_start_page_is_there(window: MainWindow) -> None:
    assert window.start.isVisible()
    assert not any(dock.isVisible() for dock in window.docks.values())
    assert not window.header.strip.isVisible()
    assert not window.actions_["export"].isEnabled()
    assert window.actions_["open_model"].isEnabled()
    assert window.status.words.text() == "Nothing open"


def test_the_demo_shows_the_fault_and_its_first_hint(demo: MainWindow) -> None:
    (selected,) = demo.view.state.selected
    assert demo.session.encodings[selected].range.high[0] > 20 * demo.session.histograms[selected].max  # type: ignore[union-attr]
    assert demo.hints.callout.isVisible()
    assert demo.hints.callout.text() == "Drag this edge inwards and watch the accuracy"
    assert demo.header.strip.samples.texts()[0] == "600/600"
    assert demo.windowTitle().startswith("digits_mobile.onnx")


def test_each_repair_gains_and_takes_its_hint_away(
    demo: MainWindow, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def score() -> float:
        assert demo.session.result is not None
        return demo.session.result.metric

    scores = [score()]
    demo.inspector.form.recalibrate.click()
    settled(demo)
    scores.append(score())
    assert demo.hints.callout.text() == "Give each weight channel its own scale"
    assert demo.header.strip.change.texts()[0].startswith("▲ +")
    assert demo.header.strip.change.role() == "good"
    switch_granularity(demo, Granularity.PER_CHANNEL)
    settled(demo)
    scores.append(score())
    assert scores[1] > scores[0] + 10
    assert scores[2] > scores[1] + 10
    assert demo.hints.callout.text() == "Save the repaired encodings for your target"
    out = tmp_path / "repaired.encodings"
    monkeypatch.setattr("qviz.ui.window.documents.QFileDialog.getSaveFileName", lambda *_: (str(out), ""))
    demo.actions_["export"].trigger()
    assert not demo.hints.callout.isVisible()
    assert demo.errors.text.text() == f"Exported to {out}."
    with Session.open(str(sample("digits_mobile.onnx")), DATA, str(out)) as elsewhere:
        assert elsewhere.simulate().metric == pytest.approx(scores[2], abs=1e-9)


def test_undo_takes_back_each_edit_and_redo_brings_it_again(demo: MainWindow, settled: Settled) -> None:
    opened = demo.session.committed
    assert not demo.actions_["undo"].isEnabled()
    switch_granularity(demo, Granularity.PER_CHANNEL)
    demo.header.activations.bits.setValue(6)
    assert {demo.session.committed[n].spec.bits for n in demo.session.unlocked("activation")} == {6}
    demo.actions_["undo"].trigger()
    demo.actions_["undo"].trigger()
    assert not demo.session.committed.changed(opened)
    assert demo.header.activations.bits.value() == 8
    assert demo.header.weights.granularity.value() == Granularity.PER_TENSOR
    demo.actions_["redo"].trigger()
    assert demo.header.weights.granularity.value() == Granularity.PER_CHANNEL


@pytest.mark.slow
def test_a_number_of_an_older_setting_is_dimmed_not_blanked(demo: MainWindow) -> None:
    before = demo.header.strip.now.texts()
    with_other = demo.session.with_range(demo.view.state.selected[0], 0.0, 50.0)
    demo.header.strip._pause.stop()
    demo.session.preview(with_other)
    assert demo.header.strip.now.texts() == before
    assert demo.header.strip.now.role() == "dim"


def test_a_dropped_model_opens_and_asks_for_data(window: MainWindow, qtbot: QtBot) -> None:
    drop(window, MODEL)
    qtbot.waitUntil(lambda: window.session.graph is not None and bool(window.session.histograms))
    assert window.editor.isVisible()
    assert all(dock.isVisible() for dock in window.docks.values())
    assert window.notice.isVisible()
    assert [button.text() for button, _ in window.notice._buttons] == ["Open data…", "Use random inputs"]
    assert recent_files() == [MODEL]
    activation = next(n for n, q in window.session.quantizers.items() if not q.constant)
    window.view.update(selected=(activation,))
    assert window.inspector.form.low.lineEdit().text() == "—"


def test_random_inputs_are_marked_and_warned_about_at_export(
    window: MainWindow, settled: Settled, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drop(window, MODEL)
    qtbot.waitUntil(window.notice.isVisible)
    window.notice._buttons[1][0].click()
    settled(window)
    assert window.notice.text.text().startswith("Random inputs")
    assert window.header.strip.now._caption.text() == "Agreement with float, %"
    out, seen = tmp_path / "e.encodings", []
    monkeypatch.setattr("qviz.ui.window.documents.QFileDialog.getSaveFileName", lambda *_: (str(out), ""))
    answer(QMessageBox.StandardButton.Cancel, seen)
    window.actions_["export"].trigger()
    assert "random inputs" in seen[0]
    assert not out.exists()
    answer(None)
    window.actions_["export"].trigger()
    assert out.exists()


def test_a_model_that_is_refused_leaves_the_open_document(demo: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_text("version https://git-lfs.github.com/spec/v1")
    before = demo.session.graph
    drop(demo, str(bad))
    qtbot.waitUntil(demo.errors.isVisible)
    assert demo.session.graph is before
    assert demo.editor.isVisible()
    assert demo.errors.text.text().count(".") >= 1
    demo.errors.copy.click()
    assert QApplication.clipboard().text().startswith(demo.errors.text.text())
    demo.errors.dismiss.click()
    assert not demo.errors.isVisible()


def test_what_is_no_file_of_ours_is_said_in_one_sentence(window: MainWindow, tmp_path: Path) -> None:
    odd = tmp_path / "notes.md"
    odd.write_text("x")
    window.documents.open_path(str(odd))
    assert window.errors.text.text() == "“notes.md” is not a model, data, encodings or a session."


def test_closing_with_changes_asks_and_cancel_stays(demo: MainWindow, tmp_path: Path) -> None:
    demo.session.set_enabled(demo.view.state.selected, False)
    seen: list[str] = []
    answer(QMessageBox.StandardButton.Cancel, seen)
    assert not demo.close()
    assert demo.isVisible()
    assert "never exported" in seen[0]
    answer(QMessageBox.StandardButton.Discard)
    assert demo.close()


@pytest.mark.slow
def test_closing_without_changes_does_not_ask(demo: MainWindow) -> None:
    assert demo.close()


@pytest.mark.slow
def test_an_engine_that_dies_too_often_is_said(demo: MainWindow) -> None:
    demo.session.handle(EngineGone(restarting=False))
    assert demo.status.words.text().startswith("The engine stopped too often.")


@pytest.mark.slow
def test_a_model_too_slow_to_follow_a_drag_says_so(demo: MainWindow) -> None:
    demo.session.handle(Simulated(replace(demo.session.result, live=False)))  # type: ignore[type-var]
    assert "on release" in demo.status.words.text()


def test_a_session_is_saved_and_opened_again(
    demo: MainWindow, settled: Settled, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, path = demo.view.state.selected[0], tmp_path / "work.qviz"
    demo.session.set_range(name, 0.0, 4.5)
    assert demo.isWindowModified()
    monkeypatch.setattr("qviz.ui.window.documents.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
    demo.actions_["save"].trigger()
    qtbot.waitUntil(lambda: not demo.isWindowModified())
    kept = demo.session.committed
    demo.session.set_range(name, 0.0, 100.0)
    answer(QMessageBox.StandardButton.Discard)
    with qtbot.waitSignal(demo.bridge.model):
        demo.documents.open_path(str(path))
    settled(demo)
    assert not demo.session.committed.changed(kept)
    assert demo.windowTitle().startswith("work.qviz")


def test_panels_collapse_by_their_keys(demo: MainWindow) -> None:
    for name in ("graph", "settings", "table"):
        action = demo.actions_[f"{name}_panel"]
        action.trigger()
        assert not demo.docks[name].isVisible()
        action.trigger()
        assert demo.docks[name].isVisible()
        assert action.isChecked()


@pytest.mark.slow
def test_sizes_of_the_first_view(demo: MainWindow) -> None:
    assert (demo.width(), demo.height()) == (1440, 900)
    assert abs(demo.docks["graph"].width() - 300) <= 4
    assert abs(demo.docks["settings"].width() - 288) <= 4
    assert abs(demo.docks["table"].height() - 210) <= 4
    assert abs(demo.editor.width() - 840) <= 8


def test_everything_stays_reachable_at_the_smallest_size(demo: MainWindow) -> None:
    demo.resize(1024, 640)
    QApplication.processEvents()
    assert demo.size().toTuple() == (1024, 640)
    strip = demo.header.strip
    assert strip.mapTo(demo, strip.rect().topRight()).x() <= 1024
    assert strip.width() >= strip.minimumSizeHint().width()
    assert demo.editor.width() >= 400


def test_an_engine_that_dies_comes_back_and_edits_are_kept(demo: MainWindow, settled: Settled, qtbot: QtBot) -> None:
    demo.session.set_enabled(demo.view.state.selected, False)
    settled(demo)
    kept, score = demo.session.committed, demo.session.result.metric  # type: ignore[union-attr]
    sentences: list[str] = []
    demo.bridge.engine.connect(lambda _detail: sentences.append(demo.status.words.text()))
    roles: list[str] = []
    demo.bridge.engine.connect(lambda _detail: roles.append(demo.header.strip.now.role()))
    demo.header.strip._pause.stop()
    process = demo.session._client.process_id  # type: ignore[attr-defined]
    with qtbot.waitSignals([demo.bridge.engine, demo.bridge.engine], timeout=20_000):
        os.kill(process, signal.SIGKILL)
    assert sentences == ["Engine restarting… (your edits are safe)"] * 2  # also while it loads model and data again
    assert roles[0] == "dim"
    assert demo.session.committed is kept
    demo.session.undo()
    demo.session.redo()
    settled(demo)
    assert demo.session.result.metric == score  # type: ignore[union-attr]
    assert "restarting" not in demo.status.words.text()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/model.onnx", "model"), ("MODEL.ONNX", "model"), ("d.npz", "data"), ("e.encodings", "encodings"),
        ("e.json", "encodings"), ("s.qviz", "session"), ("my.py:load", "data"), ("/", "data"),
        ("x.txt", "encodings"), ("x.md", None),
    ],
)  # fmt: skip
def test_what_a_path_is_opened_as(path: str, kind: str | None) -> None:
    assert file_kind(path) == kind


def test_data_of_a_dialog_open(window: MainWindow, qtbot: QtBot, settled: Settled) -> None:
    drop(window, MODEL)
    qtbot.waitUntil(window.notice.isVisible)
    window.documents.open_data(DataChoice(DataOptions(source=DATA)))
    settled(window)
    assert not window.notice.isVisible()
    assert window.header.strip.now._caption.text() == "Accuracy, %"
