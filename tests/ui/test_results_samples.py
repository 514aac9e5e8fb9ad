"""Flipped samples and confusion matrices as a user meets them, and the functions behind their pixels."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.paths import sample
from qviz.ui.results import matrix
from qviz.ui.results.choose import Which
from qviz.ui.results.matrix_view import MatrixView
from qviz.ui.results.picture_store import KEPT, PAGE
from qviz.ui.theme import DARK
from qviz.ui.window.main_window import MainWindow

Settled = Callable[[MainWindow], None]
DATA = str(sample("digits_eval.npz"))


def choose(window: MainWindow, which: Which) -> None:
    box = window.bottom.samples.which
    box.setCurrentIndex(box.findData(which))
    box.activated.emit(box.currentIndex())


def cards(window: MainWindow) -> list:  # type: ignore[type-arg]
    model = window.bottom.samples.model
    return [model.card(row) for row in range(model.rowCount())]


# --- samples ------------------------------------------------------------------------------------------------------


def test_flipped_samples_are_those_the_strip_counts(demo: MainWindow) -> None:
    demo.actions_["samples_panel"].trigger()
    flipped = cards(demo)
    assert len(flipped) == demo.session.result.flips == int(demo.header.strip.flips.texts()[0])  # type: ignore[union-attr]
    assert demo.bottom.samples.count.text() == f"{len(flipped)}/600"
    assert all(card.verdicts[0].label != card.verdicts[1].label for card in flipped)
    shares = [card.verdicts[0].share for card in flipped]
    assert shares == sorted(shares, reverse=True)
    with np.load(DATA) as file:
        assert all(card.label == file["labels"][card.number] for card in flipped)


def test_pictures_come_as_they_are_seen_and_no_more(demo: MainWindow, qtbot: QtBot) -> None:
    demo.actions_["samples_panel"].trigger()
    panel = demo.bottom.samples
    numbers = [card.number for card in cards(demo)]
    qtbot.waitUntil(lambda: panel.store.known(numbers[0]), timeout=10_000)
    image = panel.store.picture(numbers[0])
    assert image is not None
    with np.load(DATA) as file:
        expected = file["images"][numbers[0]]
    shown = [[image.pixelColor(x, y).red() for x in range(16)] for y in range(16)]
    assert shown == expected.tolist()
    assert sum(panel.store.known(n) for n in numbers) <= 2 * PAGE < len(numbers)
    bar = panel.list.verticalScrollBar()
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: panel.store.known(numbers[-1]), timeout=10_000)
    assert len(panel.store._kept) <= KEPT


def test_other_samples_are_a_choice_away(demo: MainWindow, settled: Settled) -> None:
    demo.actions_["samples_panel"].trigger()
    choose(demo, Which.WRONG)
    wrong = cards(demo)
    assert len(wrong) == round(600 * (1 - demo.session.result.metric / 100))  # type: ignore[union-attr]
    assert all(not card.verdicts[1].right for card in wrong)
    choose(demo, Which.ALL)
    assert [card.number for card in cards(demo)] == list(range(600))
    choose(demo, Which.CHANGED)
    assert demo.bottom.samples.message.text() == "No prediction differs from baseline B's."
    demo.session.calibrate(names=demo.view.state.selected)
    settled(demo)
    changed = cards(demo)
    assert changed
    assert all([v.state for v in card.verdicts] == ["Float", "Now", "B"] for card in changed)
    assert all(card.verdicts[1].label != card.verdicts[2].label for card in changed)


@pytest.mark.slow
def test_a_card_tells_itself_in_words(demo: MainWindow) -> None:
    demo.actions_["samples_panel"].trigger()
    model = demo.bottom.samples.model
    words = str(model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole))
    assert words.startswith(f"Sample {model.card(0).number}\nLabel {model.card(0).label}\nFloat: ")


def test_without_data_the_panels_say_what_to_do(window: MainWindow, qtbot: QtBot) -> None:
    window.documents.open_document(Document(str(sample("digits_cnn.onnx"))), None)
    qtbot.waitUntil(lambda: window.session.graph is not None)
    for name, panel in (("samples", window.bottom.samples), ("confusion", window.bottom.confusion)):
        window.actions_[f"{name}_panel"].trigger()
        assert panel.message.isVisible()
        assert panel.message.text().startswith("No data yet")


def test_random_inputs_have_no_labels_and_rows_are_what_float_says(
    window: MainWindow, settled: Settled, qtbot: QtBot
) -> None:
    window.documents.open_document(Document(str(sample("digits_cnn.onnx")), data=DataOptions(random=40)), None)
    settled(window)
    window.actions_["confusion_panel"].trigger()
    panel = window.bottom.confusion
    assert panel.counts is not None
    assert np.trace(panel.counts[0]) == panel.counts[0].sum() == 40
    assert panel.reading.text().startswith("No labels")
    window.actions_["samples_panel"].trigger()
    choose(window, Which.ALL)
    assert cards(window)[0].label is None
    qtbot.waitUntil(lambda: window.bottom.samples.store.known(0), timeout=10_000)
    assert window.bottom.samples.store.picture(0) is not None  # the input has the shape of a picture


# --- confusion ----------------------------------------------------------------------------------------------------


def test_counts_are_those_of_the_answers_and_a_cell_tells_them(demo: MainWindow, qtbot: QtBot) -> None:
    demo.actions_["confusion_panel"].trigger()
    panel = demo.bottom.confusion
    assert panel.counts is not None
    before, now = panel.counts
    assert before.sum() == now.sum() == 600
    assert 100 * np.trace(now) / 600 == pytest.approx(demo.session.result.metric)  # type: ignore[union-attr]
    cell = tuple(int(i) for i in np.unravel_index((now - before).argmax(), now.shape))
    qtbot.mouseMove(panel.now, panel.now.place(cell).center().toPoint())
    qtbot.waitUntil(lambda: panel.reading.text().startswith(f"{cell[0]} taken for {cell[1]}:"))
    assert f"{before[cell]} before, {now[cell]} now (+{now[cell] - before[cell]})" in panel.reading.text()
    assert "Changed most:" in panel.list.text()
    qtbot.keyClick(panel.difference, Qt.Key.Key_Right)
    qtbot.keyClick(panel.difference, Qt.Key.Key_Up)
    row, column = max(cell[0] - 1, 0), min(cell[1] + 1, 9)
    assert panel.reading.text().startswith(f"{row} taken for {column}:")


@pytest.mark.slow
def test_against_b_nothing_differs_until_something_changes(demo: MainWindow, settled: Settled) -> None:
    demo.actions_["confusion_panel"].trigger()
    panel = demo.bottom.confusion
    panel.against.setCurrentIndex(panel.against.findData("baseline"))
    panel.against.activated.emit(1)
    assert panel.list.text() == "Nothing changed."
    assert panel.before.title == "Baseline B"
    demo.session.calibrate(names=demo.view.state.selected)
    settled(demo)
    assert panel.list.text() != "Nothing changed."


@pytest.mark.slow
def test_the_wheel_zooms_all_three_and_a_double_click_shows_all(demo: MainWindow, qtbot: QtBot) -> None:
    demo.actions_["confusion_panel"].trigger()
    panel = demo.bottom.confusion
    whole = panel.difference._part
    at = panel.now.place((9, 9)).center()
    wheel(panel.now, at, 3)
    assert panel.before._part == panel.now._part == panel.difference._part != whole
    assert panel.now.place((9, 9)).contains(at)
    qtbot.mouseDClick(panel.now, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert panel.now._part == whole


def wheel(view: MatrixView, at: QPointF, notches: int) -> None:
    no = Qt.KeyboardModifier.NoModifier
    turned = QPoint(0, 120 * notches)
    event = QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), turned, Qt.MouseButton.NoButton, no, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(view, event)


def test_a_thousand_classes_draw_quickly(qtbot: QtBot) -> None:
    view = MatrixView(DARK)
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show()
    values = np.zeros((1000, 1000))
    values[123, 456] = 1.0
    took = []
    for _ in range(3):
        started = time.perf_counter()
        view.show_matrix(values, (0.0, 0.0, 1000.0, 1000.0))
        view.repaint()
        took.append(time.perf_counter() - started)
    assert min(took) < 0.25
    image = view.grab().toImage()
    at = view.place((123, 456)).center()
    lit = [image.pixelColor(int(at.x()) + i, int(at.y()) + j).blue() for i in (-1, 0, 1) for j in (-1, 0, 1)]
    assert max(lit) > 200  # one cell of a million is seen


# --- functions ----------------------------------------------------------------------------------------------------


@given(st.integers(1, 30), st.integers(1, 60), st.integers(1, 60), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_every_pixel_is_the_largest_of_the_cells_it_covers(classes: int, width: int, height: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(classes, classes))
    seen = matrix.pixels(values, (0.0, 0.0, float(classes), float(classes)), width, height)
    assert seen.shape == (height, width)
    assert np.abs(seen).max() == np.abs(values).max()
    for y, x in ((0, 0), (height - 1, width - 1), (height // 2, width // 3)):
        rows = slice(int(y * classes / height + 1e-9), max(-int(-((y + 1) * classes / height - 1e-9) // 1), 1))
        columns = slice(int(x * classes / width + 1e-9), max(-int(-((x + 1) * classes / width - 1e-9) // 1), 1))
        block = values[rows, columns].ravel()
        assert seen[y, x] == block[np.abs(block).argmax()]


@given(st.integers(1, 12), st.integers(0, 200), st.integers(0, 9))
def test_the_matrix_counts_every_pair(classes: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, chosen = (rng.integers(-1, classes, count).astype(np.int32) for _ in range(2))
    counts = matrix.confusion(truth, chosen, classes)
    assert counts.shape == (classes, classes)
    for i in range(classes):
        for j in range(classes):
            assert counts[i, j] == ((truth == i) & (chosen == j)).sum()


def test_what_changed_most_comes_first() -> None:
    before, after = np.array([[5, 0], [0, 5]]), np.array([[1, 4], [1, 4]])
    assert matrix.most_changed(before, after, 3) == [(0, 0, -4), (0, 1, 4), (1, 0, 1)]
    assert matrix.most_changed(before, before, 3) == []
