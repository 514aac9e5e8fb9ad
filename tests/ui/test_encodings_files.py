"""Encodings in and out of the window: shown before they are applied; what a file leaves open is said before."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from qviz.formats.registry import FORMATS
from qviz.ui.window.import_preview import ImportPreview
from qviz.ui.window.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def partial(demo: MainWindow, tmp_path: Path) -> Path:
    """Encodings of the wide activation, repaired, and of a tensor that the model has not."""
    entry = {"bitwidth": 8, "dtype": "int", "is_symmetric": "False", "min": 0.0, "max": 5.0}
    names = {"block3/expand/relu": [entry], "block3/expnad/relu": [entry]}
    path = tmp_path / "part.encodings"
    path.write_text(json.dumps({"activation_encodings": names, "param_encodings": {}}))
    return path


def during(act: Callable[[ImportPreview], None]) -> None:
    """Do something with the next preview."""

    def find() -> None:
        preview = QApplication.activeModalWidget()
        assert isinstance(preview, ImportPreview)
        act(preview)

    QTimer.singleShot(0, find)


def texts(preview: ImportPreview) -> dict[str, list[list[str]]]:
    """Group -> its rows."""
    found = {}
    for i in range(preview.tree.topLevelItemCount()):
        group = preview.tree.topLevelItem(i)
        rows = [group.child(k) for k in range(group.childCount())]
        found[group.text(0)] = [[row.text(c) for c in range(3)] for row in rows]
    return found


def test_an_import_is_shown_then_done_in_one_step(demo: MainWindow, partial: Path) -> None:
    seen: list[dict[str, list[list[str]]]] = []

    def accept(preview: ImportPreview) -> None:
        seen.append(texts(preview))
        preview.lock.setChecked(True)
        QTest.mouseClick(preview.apply, LEFT)

    before = demo.session.committed
    during(accept)
    demo.documents.open_path(str(partial))
    ((name, near, _),) = seen[0]["Unknown to this model (1)"]
    assert name == "block3/expnad/relu"
    assert "block3/expand/relu" in near
    ((name, old, new),) = seen[0]["Changes (1)"]
    assert name == "block3/expand/relu"
    assert "139.6" in old
    assert "[0, 5]" in new
    assert demo.session.committed.changed(before) == {"block3/expand/relu"}
    assert demo.session.committed["block3/expand/relu"].locked
    assert demo.session.history.undo_label == "Import part.encodings"
    assert "1 entries applied" in demo.errors.text.text()


def test_a_cancelled_import_changes_nothing(demo: MainWindow, partial: Path) -> None:
    before = demo.session.committed
    during(lambda preview: preview.reject())
    demo.documents.open_path(str(partial))
    assert demo.session.committed is before


def test_opening_starts_from_all_off(demo: MainWindow, partial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(partial), ""))
    during(lambda preview: QTest.mouseClick(preview.apply, LEFT))
    demo.actions_["open_encodings"].trigger()
    on = [n for n, s in demo.session.committed.settings.items() if s.enabled]
    assert on == ["block3/expand/relu"]


def test_what_is_no_encodings_file_is_said(demo: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text("{}")
    demo.documents.open_path(str(tmp_path / "odd.json"))
    assert "not an encodings file" in demo.errors.text.text()


def test_every_format_is_offered_and_what_it_leaves_open_is_said(
    demo: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[str] = []
    out = tmp_path / "calibration.cache"

    def choose(*asked: object) -> tuple[str, str]:
        offered.extend(str(asked[3]).split(";;"))
        return str(out), next(f for f in offered if f.startswith("TensorRT calibration"))

    said: list[str] = []

    def answer(role: QMessageBox.ButtonRole) -> Callable[[], None]:
        def press() -> None:
            box = QApplication.activeModalWidget()
            assert isinstance(box, QMessageBox)
            said.append(box.informativeText())
            next(b for b in box.buttons() if box.buttonRole(b) == role).click()

        return press

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    demo.session.set_spec([n for n, q in demo.session.quantizers.items() if q.kind == "activation"], scheme="symmetric")
    QTimer.singleShot(0, answer(QMessageBox.ButtonRole.RejectRole))
    demo.actions_["export"].trigger()
    assert len(offered) == len(FORMATS)
    assert "The file has no weights" in said[0]
    assert not out.exists()
    QTimer.singleShot(0, answer(QMessageBox.ButtonRole.AcceptRole))
    demo.actions_["export"].trigger()
    assert out.read_text().startswith("TRT-")


def test_a_report_is_written_from_the_menu(demo: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "report.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    demo.actions_["report"].trigger()
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert demo.errors.text.text() == f"Exported to {out}."
