"""The command palette: a few letters, Enter, and it is done."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from qviz.ui.palette.fuzzy import best
from qviz.ui.palette.palette import CommandPalette
from qviz.ui.window.actions import SHORTCUTS
from qviz.ui.window.keys import KeysPage
from qviz.ui.window.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier


def opened(window: MainWindow, qtbot: QtBot) -> CommandPalette:
    QTest.keyClick(window, Qt.Key.Key_K, CTRL)
    found = window.findChildren(CommandPalette)
    assert len(found) == 1
    qtbot.waitUntil(found[0].isVisible)
    return found[0]


def names(palette: CommandPalette) -> list[str]:
    return [palette.list.topLevelItem(i).text(0) for i in range(palette.list.topLevelItemCount())]  # type: ignore[union-attr]


def test_a_command_is_found_and_run(demo: MainWindow, qtbot: QtBot) -> None:
    palette = opened(demo, qtbot)
    assert len(names(palette)) > 20
    QTest.keyClicks(palette.query, "light theme")
    assert names(palette)[0] == "View: Light theme"
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    assert not demo.themes.current.dark


def test_a_quantizer_is_found_and_selected(demo: MainWindow, qtbot: QtBot) -> None:
    other = list(demo.session.quantizers)[5]
    palette = opened(demo, qtbot)
    QTest.keyClicks(palette.query, other)
    assert names(palette)[0] == other
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    assert demo.view.state.selected == (other,)


def test_all_is_calibrated_by_a_calibrator_named_in_the_palette(demo: MainWindow, qtbot: QtBot) -> None:
    palette = opened(demo, qtbot)
    QTest.keyClicks(palette.query, "entropy")
    assert names(palette)[0] == "Calibrate all: entropy (KL)"
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: demo.session.history.undo_label == "Calibrate (entropy)", timeout=30_000)


@pytest.mark.slow
def test_arrows_choose_and_escape_closes(demo: MainWindow, qtbot: QtBot) -> None:
    before = demo.session.committed
    palette = opened(demo, qtbot)
    first = palette.list.currentItem().text(0)
    QTest.keyClick(palette.query, Qt.Key.Key_Down)
    assert palette.list.currentItem().text(0) == names(palette)[1] != first
    QTest.keyClick(palette.query, Qt.Key.Key_Up)
    QTest.keyClick(palette.query, Qt.Key.Key_Up)
    assert palette.list.currentItem().text(0) == first
    QTest.keyClick(palette.query, Qt.Key.Key_Escape)
    assert not demo.findChildren(CommandPalette) or not palette.isVisible()
    assert demo.session.committed is before


@pytest.mark.slow
def test_what_cannot_be_chosen_now_is_not_listed(window: MainWindow, qtbot: QtBot) -> None:
    palette = opened(window, qtbot)
    assert "File: Open model or session" in names(palette)
    assert "File: Save session" not in names(palette)
    QTest.keyClicks(palette.query, "zzzzqqq")
    assert names(palette) == []
    assert palette.nothing.isVisible()
    assert palette.nothing.text() == "Nothing found"
    assert not palette.list.isVisible()
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    palette.close()


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("b3e", "block3/expand"),
        ("conv1", "conv1"),
        ("EXP", "block3/expand"),
        ("", "conv10"),
        ("l3 exp", "block3/expand"),
    ],
)
def test_the_most_fitting_comes_first(query: str, first: str) -> None:
    listed = ["conv10", "block3/expand", "conv1", "abc3/x_e", "subexpression3"]
    assert listed[best(query, listed, 3)[0]] == first


def test_no_more_than_wanted_and_nothing_that_does_not_fit() -> None:
    assert best("a", ["a", "ba", "ca"], 2) == [0, 1]
    assert best("x", ["a", "b"], 5) == []


def test_ctrl_f_finds_in_the_graph_from_anywhere_and_with_shift_in_the_table(demo: MainWindow) -> None:
    demo.editor.plot.setFocus()
    QTest.keyClick(demo.editor.plot, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert demo.graph.search.hasFocus()
    demo.actions_["graph_panel"].trigger()
    assert not demo.docks["graph"].isVisible()
    QTest.keyClick(demo.table.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert demo.docks["graph"].isVisible()
    assert demo.graph.search.hasFocus()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(demo.graph.search, Qt.Key.Key_F, both)
    assert demo.table.filter.hasFocus()


def test_the_page_of_keys_lists_every_shortcut_and_fits_the_smallest_window(demo: MainWindow) -> None:
    demo.resize(1024, 640)
    QTest.keyClick(demo, Qt.Key.Key_F1)
    page = demo.findChild(KeysPage)
    assert page is not None
    shown = {label.text() for label in page.findChildren(QLabel)}
    assert {demo.actions_[name].shortcut().toString() for name in SHORTCUTS} <= shown
    assert page.width() <= demo.width()
    assert page.height() <= demo.height()
    QTest.keyClick(page, Qt.Key.Key_Escape)
    QApplication.sendPostedEvents(page, QEvent.Type.DeferredDelete)
    assert demo.findChild(KeysPage) is None
