"""Mute and solo in the window: banner, keys, what they never touch."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from qviz.session import Session
from qviz.ui.table.columns import Column
from qviz.ui.window.main_window import MainWindow
from tests.ui.test_table import LEFT, click_cell

Settled = Callable[[MainWindow], None]
WIDE, ADD = "block3/expand/relu", "block2/add"


def score(window: MainWindow) -> float:
    assert window.session.result is not None
    return window.session.result.metric


def test_a_click_on_m_mutes_and_the_banner_names_it_until_escape(demo: MainWindow, settled: Settled) -> None:
    broken = score(demo)
    click_cell(demo, WIDE, Column.MUTE)
    settled(demo)
    assert demo.session.muted == {WIDE}
    assert score(demo) > broken + 10
    assert demo.what_if.isVisible()
    assert WIDE in demo.what_if.text.text()
    assert demo.table.model.columns.values[Column.MUTE].sum() == 1
    QTest.keyClick(demo.table.table, Qt.Key.Key_Escape)
    settled(demo)
    assert not demo.session.what_if
    assert not demo.what_if.isVisible()
    assert score(demo) == broken


def test_keys_and_the_button_of_the_banner(demo: MainWindow, settled: Settled) -> None:
    demo.view.update(selected=(ADD, WIDE))
    demo.table.table.setFocus()
    QTest.keyClick(demo.table.table, Qt.Key.Key_S)
    assert demo.session.soloed == {ADD, WIDE}
    assert demo.what_if.text.text().startswith("What if only ")
    QTest.keyClick(demo.table.table, Qt.Key.Key_M)
    assert demo.session.muted == {ADD, WIDE}
    QTest.keyClick(demo.table.table, Qt.Key.Key_M)
    assert demo.session.muted == frozenset()
    (button, _words), *_ = demo.what_if._buttons
    QTest.mouseClick(button, LEFT)
    assert not demo.session.what_if


@pytest.mark.slow
def test_letters_typed_into_the_filter_are_letters(demo: MainWindow) -> None:
    demo.table.filter.setFocus()
    QTest.keyClicks(demo.table.filter, "ms")
    assert demo.table.filter.text() == "ms"
    assert not demo.session.what_if


@pytest.mark.slow
def test_many_muted_are_counted_not_listed(demo: MainWindow) -> None:
    names = list(demo.session.quantizers)[:7]
    demo.session.set_mute(names)
    text = demo.what_if.text.text()
    assert "and 4 more" in text
    assert names[5] not in text


def test_a_what_if_is_never_in_history_saved_or_exported(demo: MainWindow, tmp_path: Path) -> None:
    before = demo.session.committed
    click_cell(demo, WIDE, Column.SOLO)
    assert demo.session.committed is before
    assert demo.session.history.undo_label is None
    assert not demo.isWindowModified()
    out, saved = tmp_path / "e.encodings", tmp_path / "s.qviz"
    demo.session.export(str(out))
    entries = json.loads(out.read_text())
    exported = {e["name"] for e in entries["activation_encodings"] + entries["param_encodings"]}
    assert WIDE in exported
    assert len(exported) >= len(before.settings)
    demo.session.save(str(saved))
    with Session.open(demo.session.model_path or "") as other:
        other.restore(str(saved))
        assert not other.what_if
        assert all(s.enabled for s in other.committed.settings.values())


def test_undo_leaves_a_what_if_in_force(demo: MainWindow) -> None:
    demo.session.set_spec(ADD, bits=5)
    demo.session.set_mute(WIDE)
    demo.session.undo()
    assert demo.session.muted == {WIDE}
    assert demo.what_if.isVisible()
