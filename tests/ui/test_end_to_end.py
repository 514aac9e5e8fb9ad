"""The whole job in one window, by hand: the demo's two repairs, undo, export; the command line agrees."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from qviz.paths import sample
from qviz.ui.window.main_window import MainWindow

Settled = Callable[[MainWindow], None]
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drag_maximum(window: MainWindow, to: float, seen: Callable[[], None]) -> None:
    """Press on the maximum's handle, move it in steps to the value `to`, release."""
    plot = window.editor.plot
    handle, port = plot.pair.handles["max"], plot.viewport()

    def at(x: float) -> QPoint:
        return plot.mapFromScene(QPointF(x, 220))

    start = handle.x_at
    low, high = plot.span
    value = plot.value_map.value
    per_pixel = (value(high) - value(low)) / plot.pixels()
    end = start + (to - window.session.encodings[window.view.state.current].range.high[0]) / per_pixel
    QTest.mousePress(port, LEFT, NO_KEY, at(start))
    for step in range(1, 21):
        point = QPointF(at(start + (end - start) * step / 20))
        alt = Qt.KeyboardModifier.AltModifier  # no snapping
        QApplication.sendEvent(
            port,
            QMouseEvent(QMouseEvent.Type.MouseMove, point, port.mapToGlobal(point), Qt.MouseButton.NoButton, LEFT, alt),
        )
        seen()
    QTest.mouseRelease(port, LEFT, NO_KEY, at(end))


def simulate(encodings: Path) -> dict:
    command = [sys.executable, "-m", "qviz", "simulate", str(sample("digits_mobile.onnx"))]
    command += ["--data", str(sample("digits_eval.npz")), "--encodings", str(encodings), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_demo_is_repaired_by_a_drag_and_a_switch_and_exported(
    qtbot: QtBot, demo: MainWindow, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, session = demo, demo.session
    broken = session.result.metric
    assert session.result.float_metric - broken > 20
    assert window.view.state.current == "block3/expand/relu"
    assert "Drag this edge inwards" in window.hints.callout.text()
    assert window.hints.callout.isVisible()

    errors: list[str] = []
    drag_maximum(window, to=6.0, seen=lambda: errors.append(window.editor.readout._values["sqnr"].text()))
    assert len(set(errors)) > 10  # the error followed the hand
    settled(window)
    dragged = session.result.metric
    assert dragged - broken >= 10
    assert session.history.index == 1
    assert "Drag this edge" not in window.hints.callout.text()

    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settled(window)
    assert session.result.metric == broken
    QTest.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    settled(window)
    assert session.result.metric == dragged

    choose(window.header.weights.granularity, "per-channel")
    settled(window)
    repaired = session.result.metric
    assert repaired - dragged >= 10
    assert session.result.float_metric - repaired < 1

    target = tmp_path / "repaired.encodings"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_kwargs: (str(target), ""))
    with qtbot.waitSignal(window.bridge.exported):
        QTest.mouseClick(window.header.export_button, LEFT)
    assert not window.hints.callout.isVisible()
    assert simulate(target)["metric"]["quantized"] == pytest.approx(repaired, abs=1e-9)


def choose(combo, text: str) -> None:
    """Choose an entry of a combo box with the keyboard."""
    combo.setFocus()
    index = next(i for i in range(combo.count()) if combo.itemText(i) == text)
    step = Qt.Key.Key_Down if index > combo.currentIndex() else Qt.Key.Key_Up
    while combo.currentIndex() != index:
        QTest.keyClick(combo, step)


def test_the_window_process_never_imports_a_runtime(demo: MainWindow) -> None:
    code = (
        "import sys; import qviz.ui.app, qviz.ui.demo; "
        "assert not {'onnx', 'onnxruntime'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert demo.session.result is not None
