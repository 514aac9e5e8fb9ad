"""Saving goes on beside the window: nothing that is edited meanwhile counts as saved, and what fails is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from qviz import session_file
from qviz.paths import sample
from qviz.session import Session
from qviz.ui.window.saving import Saving


@pytest.fixture
def session() -> Iterator[Session]:
    with Session.open(str(sample("digits_cnn.onnx"))) as opened:
        yield opened


@pytest.fixture
def saving(session: Session, qapp: QObject) -> Saving:
    return Saving(session, qapp)


def test_an_edit_made_while_the_file_is_written_stays_unsaved(
    session: Session, saving: Saving, qtbot: QtBot, tmp_path: Path
) -> None:
    name, path = next(iter(session.quantizers)), str(tmp_path / "work.qviz")
    session.set_enabled(name, False)
    with qtbot.waitSignal(saving.done):
        saving.save(path, "")
        session.set_locked(name, True)
    assert session.saved_path == path
    assert session.dirty
    kept = session_file.read(path).entries[-1].encodings[name]
    assert (kept.enabled, kept.locked) == (False, False)
    saving.save(path, "")
    assert saving.finish()
    assert not session.dirty


def test_a_place_that_cannot_be_written_is_told(session: Session, saving: Saving, qtbot: QtBot, tmp_path: Path) -> None:
    session.set_enabled(next(iter(session.quantizers)), False)
    with qtbot.waitSignal(saving.failed) as told:
        saving.save(str(tmp_path / "nowhere" / "work.qviz"), "")
    assert "cannot be written" in str(told.args[0])
    assert session.dirty
    assert session.saved_path is None
