"""Choosing a target in the window: what it changes is told, what it forbids is greyed, what violates it is marked."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from qviz.quant.spec import Scheme
from qviz.ui.controls.boxes import ChoiceBox, IntegerBox
from qviz.ui.palette.palette import CommandPalette
from qviz.ui.window.main_window import MainWindow
from tests.ui.conftest import WAIT

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
Choose = Callable[[MainWindow, str], None]


@pytest.fixture
def choose(qtbot: QtBot) -> Choose:
    """Choose a target in the settings and wait until its ranges are found."""

    def chosen(window: MainWindow, name: str) -> None:
        box = window.inspector.target_form.target
        box.setCurrentIndex(box.findData(name))
        box.activated.emit(box.currentIndex())
        wanted = None if name == "none" else name
        qtbot.waitUntil(lambda: window.session.committed.target == wanted, timeout=WAIT)

    return chosen


def enabled(box: ChoiceBox) -> set[str]:
    """Values of a box that can be chosen."""
    flags = Qt.ItemFlag.ItemIsEnabled
    model = box.model()
    return {box.itemData(i) for i in range(box.count()) if model.flags(model.index(i, 0)) & flags}


def reason(box: ChoiceBox, value: str) -> str:
    return str(box.itemData(box.findData(value), Qt.ItemDataRole.ToolTipRole))


def button(window: MainWindow, text: str) -> QPushButton:
    return next(b for b in window.errors.findChildren(QPushButton) if b.text() == text and b.isVisible())


def test_choosing_is_one_step_that_is_told_and_can_be_undone(demo: MainWindow, choose: Choose) -> None:
    session, form = demo.session, demo.inspector.target_form
    assert form.target.currentText() == "None"
    assert not form.about.isVisible()
    before = session.committed
    choose(demo, "tensorrt")
    changed = len(session.committed.changed(before))
    assert demo.errors.text.text() == f"NVIDIA TensorRT: {changed} quantizers changed, all can run."
    assert "Signed 8-bit integers" in form.about.text()
    assert form.exported.text() == "Exported as TensorRT calibration cache."
    QTest.mouseClick(button(demo, "Undo"), LEFT)
    assert session.committed is before
    assert form.target.currentText() == "None"
    assert not demo.errors.isVisible()


@pytest.mark.slow
def test_the_notice_goes_with_the_next_edit(demo: MainWindow, choose: Choose) -> None:
    choose(demo, "tensorrt")
    assert demo.errors.isVisible()
    demo.session.set_enabled(next(iter(demo.session.quantizers)), False)
    assert not demo.errors.isVisible()


def test_what_a_target_cannot_run_is_greyed_with_the_reason(demo: MainWindow, choose: Choose) -> None:
    form, bar = demo.inspector.form, demo.header.activations
    everything = enabled(form.scheme), enabled(bar.scheme)
    choose(demo, "tensorrt")
    for box in (form.scheme, bar.scheme):
        assert enabled(box) - {"float16", "float8_e4m3fn"} == {Scheme.SYMMETRIC, Scheme.SYMMETRIC_STRICT}
        assert "NVIDIA TensorRT takes activations symmetric strict, symmetric, not asymmetric" in reason(
            box, Scheme.ASYMMETRIC
        )
        assert "Developer Guide" in reason(box, Scheme.ASYMMETRIC)
    assert enabled(demo.header.weights.granularity) == {"per-channel"}
    choose(demo, "none")
    assert (enabled(form.scheme), enabled(bar.scheme)) == everything
    assert "No target" in demo.errors.text.text()


@pytest.mark.slow
def test_bits_that_a_target_has_not_are_neither_stepped_onto_nor_typed(
    demo: MainWindow, choose: Choose, qtbot: QtBot
) -> None:
    def now(value: int) -> bool:
        return demo.session.committed[name].spec.bits == value

    name = next(n for n, q in demo.session.quantizers.items() if q.kind == "activation")
    choose(demo, "qnn")
    demo.view.update(selected=(name,))
    bits = demo.inspector.form.bits
    bits.setFocus()
    QTest.keyClick(bits, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: now(16), timeout=WAIT)
    assert bits.stepEnabled() == IntegerBox.StepEnabledFlag.StepDownEnabled
    bits.selectAll()
    QTest.keyClicks(bits, "9")
    QTest.keyClick(bits, Qt.Key.Key_Return)
    assert now(16)
    assert bits.value() == 16
    bits.selectAll()
    QTest.keyClicks(bits, "8")
    QTest.keyClick(bits, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: now(8), timeout=WAIT)


def test_what_violates_the_target_is_listed_marked_and_repaired(demo: MainWindow, choose: Choose, qtbot: QtBot) -> None:
    session, form, top = demo.session, demo.inspector.form, demo.inspector.target_form
    weight = next(n for n, q in session.quantizers.items() if q.kind == "param")
    choose(demo, "tensorrt")
    assert not top.list.isVisible()
    session.set_spec(weight, bits=4)
    qtbot.waitUntil(lambda: session.committed[weight].spec.bits == 4, timeout=WAIT)
    assert top.trouble.text() == "Cannot run as set: 1"
    item = top.list.item(0)
    assert item.text() == weight
    assert "weights of 8 bits, not 4" in item.toolTip()
    demo.view.update(selected=())
    QTest.mouseClick(top.list.viewport(), LEFT, pos=top.list.visualItemRect(item).center())
    assert demo.view.state.selected == (weight,)
    assert "weights of 8 bits, not 4" in form.violations.text()
    assert form.bits.property("violates")
    assert not form.scheme.property("violates")
    QTest.mouseClick(top.wants, LEFT)
    qtbot.waitUntil(lambda: session.committed[weight].spec.bits == 8, timeout=WAIT)
    assert not top.list.isVisible()
    assert not form.violations.isVisible()
    assert not form.bits.property("violates")


@pytest.mark.slow
def test_what_a_target_keeps_in_float_cannot_be_switched_on(demo: MainWindow, choose: Choose) -> None:
    choose(demo, "ncnn")
    name = next(n for n, s in demo.session.committed.settings.items() if not s.enabled)
    demo.view.update(selected=(name,))
    box = demo.inspector.form.enabled
    assert not box.isEnabled()
    assert "ncnn keeps this in float" in box.toolTip()
    demo.session.set_enabled(name, True)
    assert box.isEnabled()
    assert "ncnn keeps this in float" in demo.inspector.form.violations.text()


def test_targets_are_in_the_menu_and_in_the_palette(demo: MainWindow, qtbot: QtBot) -> None:
    names = [a.text() for a in demo.actions_.targets.actions()]
    assert names[0] == "None"
    assert "NVIDIA TensorRT" in names
    QTest.keyClick(demo, Qt.Key.Key_K, CTRL)
    palette = demo.findChildren(CommandPalette)[0]
    QTest.keyClicks(palette.query, "lite int8")
    assert palette.list.topLevelItem(0).text(0) == "Target: TensorFlow Lite int8"  # type: ignore[union-attr]
    QTest.keyClick(palette.query, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: demo.session.committed.target == "tflite", timeout=WAIT)
    assert [a.text() for a in demo.actions_.targets.actions() if a.isChecked()] == ["TensorFlow Lite int8"]
    assert demo.inspector.target_form.target.value() == "tflite"


def test_the_export_offers_the_target_s_own_format_first(
    demo: MainWindow, choose: Choose, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def ask(_window: object, _title: str, name: str, _filters: str, chosen: str) -> tuple[str, str]:
        asked.append((name, chosen))
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    demo.actions_["export"].trigger()
    choose(demo, "tensorrt")
    demo.actions_["export"].trigger()
    (_, before), (name, after) = asked
    assert before.startswith("AIMET 1.0.0")
    assert after.startswith("TensorRT calibration cache")
    assert name.endswith(".cache")


def test_the_table_and_the_graph_mark_what_the_target_cannot_run(
    demo: MainWindow, choose: Choose, qtbot: QtBot
) -> None:
    name = next(n for n, q in demo.session.quantizers.items() if q.kind == "activation" and q.op == "Relu")
    node = demo.session.quantizers[name].node
    choose(demo, "tensorrt")
    demo.session.set_spec(name, bits=6)
    qtbot.waitUntil(lambda: demo.session.committed[name].spec.bits == 6, timeout=WAIT)
    model = demo.table.model
    assert list(model.columns.violations) == [model.columns.row[name]]
    assert "activations of 8 bits, not 6" in str(model.index_of(name).data(Qt.ItemDataRole.ToolTipRole))  # type: ignore[union-attr]
    marked = {n: [b.text for b in item.card.badges if b.wrong] for n, item in demo.graph.scene.nodes.items()}
    assert {n: texts for n, texts in marked.items() if texts} == {node: ["A6!"]}
