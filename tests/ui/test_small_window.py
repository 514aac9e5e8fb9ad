"""What a small window shows: everything that is needed, whole."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from qviz.ui.table.columns import Column
from qviz.ui.window.banner import Notice
from qviz.ui.window.main_window import MainWindow


def sized(window: MainWindow, width: int, height: int) -> MainWindow:
    window.resize(width, height)
    window.workspace.reset()
    QApplication.processEvents()
    return window


def needed(window: MainWindow) -> int:
    table = window.table.table
    return sum(table.columnWidth(c) for c in Column if not table.isColumnHidden(c))


@pytest.mark.parametrize("size", [(1024, 640), (1280, 720), (1440, 900)])
def test_the_table_fits_without_scrolling_and_its_words_are_whole(demo: MainWindow, size: tuple[int, int]) -> None:
    table = sized(demo, *size).table.table
    assert needed(demo) <= table.viewport().width()
    assert not table.horizontalScrollBar().isVisible()
    assert table.columnWidth(Column.SCHEME) >= table.fontMetrics().horizontalAdvance("symmetric strict") + 12
    assert not table.isColumnHidden(Column.LOCAL)


def test_columns_that_gave_way_come_back_and_are_still_exported(demo: MainWindow) -> None:
    table = sized(demo, 1440, 900).table.table
    wide = table.shown()
    assert not table.isColumnHidden(Column.CUMULATIVE)
    sized(demo, 1024, 640)
    assert table.isColumnHidden(Column.CUMULATIVE)
    assert table.shown() == wide
    assert "cumulative" in demo.table.csv().splitlines()[0]
    sized(demo, 1440, 900)
    assert not table.isColumnHidden(Column.CUMULATIVE)


def test_a_column_picked_in_a_narrow_table_stays(demo: MainWindow) -> None:
    table = sized(demo, 1024, 640).table.table
    menu = table.columns_menu(table)
    next(a for a in menu.actions() if a.text() == "SQNR here").trigger()
    assert not table.isColumnHidden(Column.CUMULATIVE)
    sized(demo, 1280, 720)
    assert not table.isColumnHidden(Column.CUMULATIVE)


def test_the_bottom_tabs_are_whole_at_the_smallest_size(demo: MainWindow) -> None:
    tabs = sized(demo, 1024, 640).bottom.tabs
    demo.table.again.show()
    QApplication.processEvents()
    assert not any(button.isVisible() for button in tabs.findChildren(QToolButton))
    assert tabs.tabRect(tabs.count() - 1).right() <= tabs.width()
    assert demo.size().toTuple() == (1024, 640)


def test_several_banners_take_one_line_and_unfold(demo: MainWindow, qtbot: QtBot) -> None:
    for banner, text in ((demo.notice, "one"), (demo.what_if, "two"), (demo.errors, "three")):
        banner.tell(Notice("info", lambda text=text: text))
    assert [b.isVisible() for b in (demo.errors, demo.what_if, demo.notice)] == [True, False, False]
    assert demo.errors.more.text() == "and 2 more"
    QTest.mouseClick(demo.errors.more, Qt.MouseButton.LeftButton)
    assert [b.isVisible() for b in (demo.errors, demo.what_if, demo.notice)] == [True, True, True]
    QTest.mouseClick(demo.errors.more, Qt.MouseButton.LeftButton)
    QTest.mouseClick(demo.errors.dismiss, Qt.MouseButton.LeftButton)
    assert [b.isVisible() for b in (demo.errors, demo.what_if, demo.notice)] == [False, True, False]
    assert demo.what_if.more.text() == "and 1 more"
    QTest.mouseClick(demo.what_if.dismiss, Qt.MouseButton.LeftButton)
    assert demo.notice.isVisible()
    assert not demo.notice.more.isVisible()


def test_a_state_that_is_remembered_is_not_said_to_take_no_time(
    demo: MainWindow, settled: Callable[[MainWindow], None]
) -> None:
    demo.session.set_enabled(demo.view.state.selected, False)
    settled(demo)
    demo.session.undo()
    settled(demo)
    assert " 0.0 s" not in demo.status.words.text()


def test_no_button_of_the_toolbar_has_the_focus_unasked(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    assert window.focusWidget() is window.start.model_button
    window.documents.open_sample()
    qtbot.waitUntil(lambda: window.session.graph is not None, timeout=30_000)
    assert not window.header.isAncestorOf(window.focusWidget())


@pytest.mark.parametrize("width", [1024, 1180, 1280, 1320, 1440])
def test_the_numbers_of_a_channel_never_overlap(demo: MainWindow, width: int) -> None:
    demo.view.update(selected=("head/conv.weight",))
    demo.tabs.choose(demo.tabs.channels)
    sized(demo, width, 720)
    fields = demo.tabs.channels.numbers.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    seen = [f for f in fields if f.isVisible()]
    assert len(seen) >= 16
    for i, one in enumerate(seen):
        assert not any(one.geometry().intersects(other.geometry()) for other in seen[i + 1 :])


def test_another_tab_never_puts_the_keys_on_the_button_that_collapses_it(demo: MainWindow) -> None:
    demo.activateWindow()
    demo.filter_table()
    assert demo.focusWidget() is demo.table.filter
    demo.actions_["history_panel"].trigger()
    assert demo.focusWidget() is demo.bottom.tabs
    demo.bottom.history.setFocus()
    QTest.keyClick(demo.bottom.tabs, Qt.Key.Key_Right)
    assert demo.bottom.currentWidget() is demo.bottom.samples
    assert demo.docks["table"].isVisible()


def test_what_is_in_the_middle_of_the_graph_stays_there_when_it_is_resized(demo: MainWindow) -> None:
    graph = sized(demo, 1440, 900).graph.graph
    graph.zoom_by(1.3)
    before = graph.mapToScene(graph.viewport().rect().center())
    sized(demo, 1280, 720)
    moved = graph.mapToScene(graph.viewport().rect().center()) - before
    assert abs(moved.x()) * graph.zoom <= 2
    assert abs(moved.y()) * graph.zoom <= 2


def test_a_card_that_is_looked_for_is_not_covered_by_the_small_picture_of_the_graph(demo: MainWindow) -> None:
    graph = sized(demo, 1280, 720).graph.graph
    graph.actual_size()
    name = next(n.name for n in demo.session.graph.nodes if "block3/expand/relu" in n.outputs)  # type: ignore[union-attr]
    card = demo.graph.scene.item(name)
    area = card.sceneBoundingRect().adjusted(-10, -10, 10, 10)
    graph.look_at(area.bottomRight() - QPointF(graph.viewport().width(), graph.viewport().height()) / 2 / graph.zoom)
    graph.reveal(name)
    graph.grab()
    assert graph.minimap.isVisible()
    assert not graph.mapFromScene(card.sceneBoundingRect()).boundingRect().intersects(graph.minimap.geometry())
