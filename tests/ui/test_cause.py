"""Find the cause: what it selects and says; and a model repaired in eight actions from an empty window."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from qviz import edits
from qviz.document import Document
from qviz.encodings import Encodings
from qviz.paths import sample
from qviz.session import Session
from qviz.sim.events import Sensitivity
from qviz.ui.data.dialog import DataDialog
from qviz.ui.window.main_window import MainWindow
from tests.ui.conftest import WAIT
from tests.ui.test_table import found

Settled = Callable[[MainWindow], None]
LEFT, NO_KEY, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "cifar10"
WIDER = 100
WIDE = "block3/expand/relu"


def searched(window: MainWindow) -> bool:
    done, total = window.session.sensitivity_progress
    return 0 < total == done


def press(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_J, CTRL)


# --- what it does -----------------------------------------------------------------------------------------------


def test_the_cause_is_selected_in_table_editor_and_graph(demo: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: searched(demo), timeout=WAIT)
    demo.view.update(selected=(next(iter(demo.session.quantizers)),))
    demo.table.filter.setText("block1")
    QTest.mouseClick(demo.table.cause, LEFT)
    assert demo.table.filter.text() == ""
    assert demo.view.state.selected == (WIDE,)
    assert demo.table.model.name_at(0) == WIDE
    rows = [i.row() for i in demo.table.table.selectionModel().selectedRows()]
    assert rows == [0]
    subject = demo.editor.subject()
    assert subject is not None
    assert subject.name == WIDE
    assert demo.graph.scene.selected == demo.session.quantizers[WIDE].node
    assert demo.errors.text.text().startswith(f"{WIDE} costs most: left in float it regains ")


@pytest.mark.slow
def test_what_was_said_of_the_cause_goes_with_the_next_edit_or_selection(demo: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: searched(demo), timeout=WAIT)
    press(demo)
    assert demo.errors.isVisible()
    demo.session.set_range(WIDE, 0.0, 5.0)
    assert not demo.errors.isVisible()
    demo.session.undo()
    press(demo)
    assert demo.errors.isVisible()
    demo.view.update(selected=("block2/add",))
    assert not demo.errors.isVisible()


def test_while_it_is_still_looked_for_the_best_so_far_is_selected(demo: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: searched(demo), timeout=WAIT)
    demo.session._client.send = lambda _request: None  # type: ignore[method-assign]  # an engine that takes its time
    demo.session.set_spec(WIDE, bits=7)
    demo.cause.run()
    assert demo.errors.text.text().startswith("Looking for the cause")
    generation = demo.session.generation
    rows = {n: replace(found(n, db), generation=generation) for n, db in (("block2/add", 3.0), ("stem/relu", 1.0))}
    demo.session.handle(Sensitivity(generation, rows, 2, 54))
    assert demo.view.state.selected == (WIDE,)  # two of many are no answer yet
    demo.cause.run()
    assert demo.view.state.selected == ("block2/add",)
    assert demo.errors.text.text().startswith("Still looking (2 of 54). block2/add costs most")
    better = replace(found("stem/relu", 9.0), generation=generation)
    demo.session.handle(Sensitivity(generation, {"stem/relu": better}, 27, 54))
    assert demo.view.state.selected == ("stem/relu",)
    assert demo.errors.text.text().startswith("stem/relu costs most")


@pytest.mark.slow
def test_what_a_user_selects_meanwhile_stays_selected(demo: MainWindow, qtbot: QtBot) -> None:
    demo.session.set_spec(WIDE, bits=7)
    demo.cause.run()
    demo.view.update(selected=("block2/add",))
    qtbot.waitUntil(lambda: searched(demo), timeout=WAIT)
    assert demo.view.state.selected == ("block2/add",)


def test_asked_for_before_anything_is_known_it_comes_as_soon_as_it_is(demo: MainWindow, qtbot: QtBot) -> None:
    demo.session.set_spec("block2/add", bits=7)
    demo.view.update(selected=("block2/add",))
    press(demo)
    qtbot.waitUntil(lambda: demo.view.state.selected == (WIDE,), timeout=WAIT)


def test_without_data_it_says_what_is_missing(window: MainWindow, qtbot: QtBot) -> None:
    window.documents.open_document(Document(str(sample("digits_cnn.onnx"))), None)
    qtbot.waitUntil(lambda: window.session.graph is not None, timeout=WAIT)
    window.cause.run()
    assert "open data first" in window.errors.text.text()


# --- eight actions ----------------------------------------------------------------------------------------------


class Hand:
    """What a user does, counted."""

    def __init__(self, window: MainWindow) -> None:
        self.window, self.actions = window, 0

    def drop(self, path: Path) -> None:
        self.actions += 1
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        self.window.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, LEFT, NO_KEY))

    def enter_in_the_data_dialog(self) -> None:
        """Press Enter in the dialog that the next drop opens, once it has found the preprocessing."""
        self.actions += 1

        def press_enter() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, DataDialog) or dialog.tryout.best is None or dialog.tryout.busy:
                QTimer.singleShot(50, press_enter)
            else:
                QTest.keyClick(dialog, Qt.Key.Key_Return)

        QTimer.singleShot(0, press_enter)

    def key(self, key: Qt.Key) -> None:
        self.actions += 1
        QTest.keyClick(self.window, key, CTRL)

    def drag_maximum(self, to: float) -> None:
        """Take the maximum's handle and pull it to `to`: a far too wide one into view first, then on."""
        self.actions += 1
        plot = self.window.editor.plot
        port, handle = plot.viewport(), plot.pair.handles["max"]

        tab = handle.tab().center()

        def at(x: float) -> QPoint:
            return plot.mapFromScene(QPointF(x, tab.y()))

        def move(x: float) -> None:
            spot = QPointF(at(x))
            kind, none, alt = QMouseEvent.Type.MouseMove, Qt.MouseButton.NoButton, Qt.KeyboardModifier.AltModifier
            QApplication.sendEvent(port, QMouseEvent(kind, spot, port.mapToGlobal(spot), none, LEFT, alt))

        x = tab.x()
        QTest.mousePress(port, LEFT, NO_KEY, at(x))
        for _ in range(400):  # the hand follows what it sees
            subject = self.window.editor.subject()
            assert subject is not None
            if subject.requested[1] <= 1.15 * to:
                break
            x -= max(1.0, (handle.x_at - plot.scene_x(to)) / 8)
            move(x)
        QTest.mouseRelease(port, LEFT, NO_KEY, at(x))


def widened(session: Session, name: str) -> Encodings:
    """The committed encodings with one range a hundred times too wide."""
    requested = edits.requested_range(session.committed[name])
    assert requested is not None
    return session.with_range(name, WIDER * min(requested.low), WIDER * max(requested.high))


@pytest.mark.skipif(not REAL.exists(), reason="the real models are not here")
def test_from_an_empty_window_to_repaired_encodings_in_eight_actions(
    window: MainWindow, settled: Settled, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, session, out = Hand(window), window.session, tmp_path / "repaired.encodings"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_kwargs: (str(out), ""))
    hand.drop(REAL / "resnet20.onnx")
    qtbot.waitUntil(lambda: session.graph is not None, timeout=WAIT)
    hand.enter_in_the_data_dialog()
    hand.drop(REAL / "test_500.npz")
    settled(window)
    window.activateWindow()  # as a window manager does when the dialog goes
    assert session.result is not None
    healthy, float_ = session.result.metric, session.result.float_metric
    assert float_ > 90  # the preprocessing was found
    wide = [n for n, q in session.quantizers.items() if q.kind == "activation" and q.op == "Relu"][6]
    right = max(edits.requested_range(session.committed[wide]).high)  # type: ignore[union-attr]
    session.commit(widened(session, wide), "A calibration that went wrong")
    settled(window)
    assert session.result.metric < healthy - 20
    hand.key(Qt.Key.Key_J)
    qtbot.waitUntil(lambda: window.view.state.selected == (wide,), timeout=4 * WAIT)
    hand.drag_maximum(to=right)
    settled(window)
    assert session.result.metric > healthy - 3
    hand.key(Qt.Key.Key_E)
    hand.actions += 1  # Enter in the dialog, which the system draws
    assert hand.actions <= 8
    with Session.open(str(REAL / "resnet20.onnx"), session.document.data, str(out)) as elsewhere:  # type: ignore[union-attr]
        assert elsewhere.simulate().metric == pytest.approx(session.result.metric, abs=0.5)
