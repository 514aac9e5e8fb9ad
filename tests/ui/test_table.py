"""The table in the window: what it shows while sensitivities arrive, edits in its cells, columns, copies."""

import csv
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from qviz.encodings import Encodings, Setting
from qviz.quant.spec import Scheme
from qviz.sim.events import Sensitivity
from qviz.sim.result import SensitivityRow
from qviz.ui.app import make_window
from qviz.ui.controls.boxes import ChoiceBox, IntegerBox
from qviz.ui.controls.value_box import ValueBox
from qviz.ui.settings.refusals import Greyed
from qviz.ui.table.columns import Column, Columns
from qviz.ui.table.delegate import CellDelegate
from qviz.ui.table.model import QuantizerModel
from qviz.ui.theme import DARK
from qviz.ui.window.main_window import MainWindow
from tests.ui.conftest import WAIT
from tests.ui.test_table_model import model_of, names, quantizer

LEFT, NO_KEY, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def found(name: str, regained: float, change: float = 0.0, spread: float = 1.0) -> SensitivityRow:
    interval = (change - spread, change + spread)
    return SensitivityRow(name, 1, 64, 10.0, regained, "top1", "%", change, interval, 30.0)


@pytest.fixture
def three(qapp: object) -> QuantizerModel:
    setting = Setting().with_range([-1.0], [1.0], "minmax")
    return model_of({n: quantizer(n) for n in "abc"}, Encodings(dict.fromkeys("abc", setting)))


def cell_center(window: MainWindow, name: str, column: Column) -> QPoint:
    table = window.table.table
    index = window.table.model.index_of(name)
    assert index is not None
    index = index.siblingAtColumn(column)
    table.scrollTo(index)
    return table.visualRect(index).center()


def click_cell(window: MainWindow, name: str, column: Column) -> None:
    QTest.mouseClick(window.table.table.viewport(), LEFT, NO_KEY, cell_center(window, name, column))


def editor_of(window: MainWindow, name: str, column: Column, kind: type) -> QWidget:
    """The editor that a double click opens in a cell."""
    port, at = window.table.table.viewport(), cell_center(window, name, column)
    QTest.mouseClick(port, LEFT, NO_KEY, at)
    QTest.mouseDClick(port, LEFT, NO_KEY, at)
    open_ = [e for e in port.findChildren(kind) if e.isVisible()]
    assert len(open_) == 1
    return open_[0]


def enter(editor: QWidget, text: str) -> None:
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # the view takes what was typed in a turn of its own


# --- what the engine finds --------------------------------------------------------------------------------------


def test_rows_keep_their_places_while_sensitivities_stream_in(three: QuantizerModel) -> None:
    told: list[bool] = []
    three.outdated_changed.connect(told.append)
    three.read_sensitivity({"c": found("c", 9.0)})
    three.read_sensitivity({"b": found("b", 4.0), "a": found("a", -0.5)})
    assert names(three) == ["a", "b", "c"]
    assert told == [True]
    three.sort_again()
    assert names(three) == ["c", "b", "a"]
    assert told == [True, False]
    assert three.data(three.index(0, Column.REGAINED)) == "+9.0"


def test_an_order_by_another_column_does_not_grow_old_by_sensitivities(three: QuantizerModel) -> None:
    three.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    three.read_sensitivity({"a": found("a", 9.0)})
    assert not three.outdated
    assert names(three) == ["c", "b", "a"]


def test_a_change_that_may_be_chance_is_grey_and_an_old_one_dimmed(three: QuantizerModel) -> None:
    three.metric = "top1"
    three.read_sensitivity({"a": found("a", 3.0, change=0.6, spread=1.0), "b": found("b", 2.0, change=5.0)})
    delegate = CellDelegate(three, DARK, lambda _name: Greyed({}, {}, {}, {}))
    assert three.data(three.index(1, Column.CHANGE)) == "+5.0"
    assert delegate._ink(0, Column.CHANGE) == DARK.muted
    assert delegate._ink(1, Column.CHANGE) == DARK.good
    three.set_stale({"b"})
    assert delegate._ink(1, Column.CHANGE) not in (DARK.good, DARK.muted, DARK.text)
    assert "before the last edit" in str(three.data(three.index(1, Column.REGAINED), Qt.ItemDataRole.ToolTipRole))


def test_bars_grow_with_what_they_stand_for(three: QuantizerModel) -> None:
    three.read_sensitivity({"a": found("a", 8.0), "b": found("b", 2.0), "c": found("c", -1.0)})
    three.set_local({"a": 30.0, "b": 600.0})
    delegate = CellDelegate(three, DARK, lambda _name: Greyed({}, {}, {}, {}))
    assert [delegate.bar(row, Column.REGAINED)[0] for row in range(3)] == [1.0, 0.25, 0.0]
    assert [delegate.bar(row, Column.LOCAL)[0] for row in range(3)] == [0.5, 1.0, 0.0]


def test_sensitivities_of_twenty_thousand_rows_are_taken_in_about_as_fast_as_names_are_sorted(qapp: object) -> None:
    many = {f"q{i}": quantizer(f"q{i}") for i in range(20_000)}
    model = model_of(many, Encodings(dict.fromkeys(many, Setting())))
    rows = {n: found(n, float(i)) for i, n in enumerate(list(many)[:200])}
    taken = min(_seconds(lambda: model.read_sensitivity(rows)) for _ in range(3))
    assert taken < 6 * min(_seconds(lambda: sorted(many, key=str.lower)) for _ in range(3))
    assert model.outdated


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def test_the_demo_fills_the_columns_and_says_how_far_it_is(demo: MainWindow, qtbot: QtBot) -> None:
    texts: list[str] = []
    demo.bridge.sensitivity.connect(lambda _detail: texts.append(demo.table.searching.text()))
    qtbot.waitUntil(lambda: _complete(demo), timeout=WAIT)
    assert not np.isnan(demo.table.model.columns.values[Column.REGAINED]).any()
    assert demo.table.again.isVisible()
    assert not demo.table.searching.isVisible()
    QTest.mouseClick(demo.table.again, LEFT)
    assert demo.table.model.name_at(0) == "block3/expand/relu"
    assert not demo.table.again.isVisible()
    demo.session.set_spec(demo.table.model.name_at(0), bits=7)
    assert demo.table.model.columns.stale.all()


def _complete(window: MainWindow) -> bool:
    done, total = window.session.sensitivity_progress
    return 0 < total == done


@pytest.mark.slow
def test_other_data_make_what_was_found_void(demo: MainWindow, qtbot: QtBot) -> None:
    name = demo.table.model.columns.names[0]
    row = replace(found(name, 3.0), generation=demo.session.generation)
    demo.session.handle(Sensitivity(demo.session.generation, {name: row}, 1, 99))
    assert demo.table.model.columns.values[Column.REGAINED][0] == 3.0
    document = demo.session.document
    assert document is not None
    assert document.data is not None
    with qtbot.waitSignal(demo.bridge.data, timeout=WAIT):
        demo.session.open_data(document.data)
    assert np.isnan(demo.table.model.columns.values[Column.REGAINED]).all()


# --- edits in cells ---------------------------------------------------------------------------------------------


def test_bits_scheme_and_range_are_edited_in_place(demo: MainWindow) -> None:
    session, name = demo.session, "block2/add"
    bits = editor_of(demo, name, Column.BITS, IntegerBox)
    enter(bits, "5")
    assert session.committed[name].spec.bits == 5
    maximum = editor_of(demo, name, Column.HIGH, ValueBox)
    enter(maximum, "2.5")
    assert session.committed[name].range.high == (2.5,)  # type: ignore[union-attr]
    scheme = editor_of(demo, name, Column.SCHEME, ChoiceBox)
    assert isinstance(scheme, ChoiceBox)
    scheme.setCurrentIndex(scheme.findData(str(Scheme.SYMMETRIC)))
    scheme.activated.emit(scheme.currentIndex())
    assert session.committed[name].spec.scheme is Scheme.SYMMETRIC
    assert session.history.index == 3


@pytest.mark.slow
def test_escape_in_a_cell_changes_nothing(demo: MainWindow) -> None:
    before = demo.session.committed
    box = editor_of(demo, "block2/add", Column.LOW, ValueBox)
    QTest.keyClicks(box, "-1")
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert demo.session.committed is before


def test_an_edit_in_a_selected_row_is_meant_for_all_selected(demo: MainWindow) -> None:
    session, chosen = demo.session, ("block2/add", "block3/expand/relu")
    demo.view.update(selected=chosen)
    demo.table.model.setData(demo.table.model.index_of(chosen[0]).siblingAtColumn(Column.BITS), 6)  # type: ignore[union-attr]
    assert [session.committed[n].spec.bits for n in chosen] == [6, 6]
    assert session.history.index == 1
    demo.table.model.setData(demo.table.model.index_of("block2/project/conv").siblingAtColumn(Column.BITS), 4)  # type: ignore[union-attr]
    assert [session.committed[n].spec.bits for n in chosen] == [6, 6]


@pytest.mark.slow
def test_granularity_is_edited_only_where_there_is_a_channel_axis(demo: MainWindow) -> None:
    model = demo.table.model
    editable = {
        n: bool(model.index_of(n).siblingAtColumn(Column.GRANULARITY).flags() & Qt.ItemFlag.ItemIsEditable)  # type: ignore[union-attr]
        for n in model.columns.names
    }
    assert editable == {n: q.axis is not None for n, q in demo.session.quantizers.items()}


def test_a_click_on_its_box_switches_a_quantizer_off(demo: MainWindow) -> None:
    click_cell(demo, "block2/add", Column.ENABLED)
    assert not demo.session.committed["block2/add"].enabled
    click_cell(demo, "block2/add", Column.ENABLED)
    assert demo.session.committed["block2/add"].enabled


# --- columns, copies --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_columns_are_chosen_and_remembered(demo: MainWindow, qtbot: QtBot) -> None:
    table = demo.table.table
    assert Column.OP not in table.shown()
    actions = {a.text(): a for a in table.columns_menu(table).actions()}
    actions["Operator"].trigger()
    actions["Scheme"].trigger()
    assert Column.OP in table.shown()
    other = make_window()
    qtbot.addWidget(other)
    assert Column.OP in other.table.table.shown()
    assert Column.SCHEME not in other.table.table.shown()
    other.session.close()


def test_selected_rows_are_copied_as_shown(demo: MainWindow) -> None:
    demo.view.update(selected=("block2/add",))
    demo.table.table.setFocus()
    QTest.keyClick(demo.table.table, Qt.Key.Key_C, CTRL)
    title, row = QApplication.clipboard().text().split("\n")
    told = dict(zip(title.split("\t"), row.split("\t"), strict=True))
    assert told["Quantizer"] == "block2/add"
    assert told["Bits"] == "8"
    assert float(told["Max"]) == pytest.approx(demo.session.histograms["block2/add"].max, abs=5e-4)
    assert told["On"] == "1"


def test_the_table_is_exported_with_full_numbers(
    demo: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "table.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_kwargs: (str(out), ""))
    demo.actions_["export_table"].trigger()
    with out.open(newline="", encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(demo.session.quantizers)
    setting = demo.session.committed["block2/add"]
    assert float(rows["block2/add"]["high"]) == setting.range.high[0]  # type: ignore[union-attr]
    assert "Exported to" in demo.errors.text.text()


@pytest.mark.slow
def test_a_table_that_cannot_be_written_is_said(
    demo: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = str(tmp_path / "missing" / "table.csv")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_kwargs: (where, ""))
    demo.actions_["export_table"].trigger()
    assert "cannot be written" in demo.errors.text.text()


# --- a drag -----------------------------------------------------------------------------------------------------


def test_a_drag_shows_in_its_row_and_goes_with_escape(demo: MainWindow, settled: Callable[[MainWindow], None]) -> None:
    name, model = "block3/expand/relu", demo.table.model
    row = model.columns.row[name]
    demo.view.update(dragging=name)
    demo.session.preview(demo.session.with_range(name, 0.0, 7.0))
    assert model.columns.values[Column.HIGH][row] == 7.0
    demo.session.cancel_preview()
    demo.view.update(dragging=None)
    assert model.columns.values[Column.HIGH][row] == demo.session.committed[name].range.high[0]  # type: ignore[union-attr]


def test_while_dragging_only_the_cells_of_the_range_repaint(demo: MainWindow) -> None:
    name, model = "block3/expand/relu", demo.table.model
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.column(), last.column())))
    demo.view.update(dragging=name)
    demo.session.preview(demo.session.with_range(name, 0.0, 7.0))
    assert told == [(Column.LOW, Column.HIGH)]


def test_columns_of_no_quantizers_are_empty() -> None:
    columns = Columns({})
    assert list(columns.order(Column.REGAINED, True, "x")) == []
