"""How the simulation runs, as the window shows it: integer kernels or fake-quant, with reasons, and the cache."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from qviz.session import Session
from qviz.ui.window.cache_dialog import CacheDialog, remembered_cache
from qviz.ui.window.main_window import MainWindow
from qviz.ui.window.run_line import RunLine

Settled = Callable[[MainWindow], None]


def line(window: MainWindow) -> RunLine:
    return window.status.running.line


def listed(window: MainWindow) -> list[str]:
    """What the list behind the count says."""
    line(window).menu.aboutToShow.emit()
    return [action.text() for action in line(window).menu.actions() if action.text()]


def test_nothing_is_said_before_a_model_runs(window: MainWindow) -> None:
    assert not line(window).modes.isVisible()
    assert not line(window).cache.isVisible()


def test_operators_are_counted_and_the_reasons_listed(demo: MainWindow) -> None:
    kinds = [mode.kind for mode in demo.session.running.modes.values()]
    assert len(kinds) == len(demo.session.graph.nodes)  # type: ignore[union-attr]
    assert line(demo).modes.text() == f"{len(kinds) - kinds.count('float')} integer · {kinds.count('float')} fake-quant"
    assert line(demo).modes.isVisible()


def test_a_wide_tensor_is_named_as_the_reason(demo: MainWindow, settled: Settled) -> None:
    name = next(n for n, q in demo.session.quantizers.items() if not q.constant and q.op == "Add")
    demo.session.set_spec(name, bits=12)
    settled(demo)
    (reason,) = [text for text in listed(demo) if text.startswith(f"{name} has more than 8 bits.")]
    menu = next(m for m in line(demo).menu.findChildren(QMenu) if m.title() == reason)
    first = menu.actions()[0]
    first.trigger()
    assert demo.view.state.node == first.text()
    demo.view.update(selected=(name,), node=None)
    assert demo.inspector.form.runs.text() == f"Runs as fake-quant. {name} has more than 8 bits."


def test_the_switch_simulates_all_as_fake_quant_and_back(demo: MainWindow, settled: Settled) -> None:
    switch, before = demo.actions_["integer"], demo.session.running.modes
    history = len(demo.session.history.entries)
    assert switch.isChecked()
    switch.trigger()
    settled(demo)
    assert line(demo).modes.text() == "All as fake-quant"
    assert {mode.kind for mode in demo.session.running.modes.values()} == {"float"}
    assert listed(demo)[0].startswith("Integer kernels are switched off.")
    assert "Integer kernels are switched off." in demo.inspector.form.runs.text()
    assert len(demo.session.history.entries) == history
    switch.trigger()
    settled(demo)
    assert demo.session.running.modes == before


@pytest.mark.slow
def test_the_switch_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    from qviz.ui.app import make_window

    window.actions_["integer"].trigger()
    again = make_window()
    qtbot.addWidget(again)
    assert not again.session.running.integer
    assert not again.actions_["integer"].isChecked()
    again.session.close()


def test_the_cache_shrinks_at_once_and_is_remembered(demo: MainWindow, qtbot: QtBot, settled: Settled) -> None:
    qtbot.waitUntil(lambda: demo.session.running.memory is not None)  # told after the answer
    memory = demo.session.running.memory
    assert memory is not None
    assert memory.used > 1 << 20
    dialog = CacheDialog(demo.session, demo)
    assert dialog.default.isChecked()
    dialog.default.setChecked(False)
    dialog.size_box.setValue(0.0)
    with qtbot.waitSignal(demo.bridge.memory):
        dialog.accept()
    memory = demo.session.running.memory
    assert memory is not None
    assert (memory.used, memory.budget) == (0, 0)
    assert line(demo).cache.text() == "Cache 0.00 of 0.00 GB"
    assert remembered_cache() == 0
    score = demo.session.result.metric  # type: ignore[union-attr]
    name = next(iter(demo.session.quantizers))
    demo.session.set_enabled(name, False)
    demo.session.undo()
    settled(demo)
    assert demo.session.result.metric == score  # type: ignore[union-attr]
    assert demo.session.running.memory.used == 0  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_quarter_of_the_memory_again(demo: MainWindow, qtbot: QtBot) -> None:
    QSettings().setValue("cache", 1 << 20)
    dialog = CacheDialog(demo.session, demo)
    dialog.default.setChecked(False)
    dialog.default.setChecked(True)
    before = demo.session.running.memory
    with qtbot.waitSignal(demo.bridge.memory):
        dialog.accept()
    assert remembered_cache() is None
    assert demo.session.running.memory.budget == before.budget  # type: ignore[union-attr]


def test_a_session_file_keeps_how_it_ran(demo: MainWindow, tmp_path: object) -> None:
    demo.session.set_integer(False)
    demo.session.save(f"{tmp_path}/work.qviz")
    from qviz.sim.client import LocalClient

    again = Session(LocalClient())
    again.restore(f"{tmp_path}/work.qviz")
    assert not again.running.integer
    again.close()
