"""Parts of the window that no start waits for: each is made when it is needed, or soon after the first paint."""

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from qviz.ui.settings.inspector import Inspector
    from qviz.ui.window.main_window import MainWindow
    from qviz.ui.window.tensor_tabs import TensorTabs


def make_tabs(window: "MainWindow") -> "TensorTabs":
    """The centre: its plots are half of what a start would take."""
    from qviz.ui.window.tensor_tabs import TensorTabs

    tabs = TensorTabs(window.session, window.bridge, window.view, window.themes)
    tabs.range.anchor_moved.connect(window.hints.place)
    return tabs


def make_inspector(window: "MainWindow") -> "Inspector":
    """The settings, in their dock."""
    from qviz.ui.settings.inspector import Inspector
    from qviz.ui.settings.target_form import NONE

    inspector, targets = Inspector(window.session, window.bridge, window.view), window.targets
    inspector.target_form.chosen.connect(lambda name: targets.choose(None if name == NONE else name))
    inspector.target_form.repair.connect(targets.repair)
    window.docks["settings"].setWidget(inspector)
    window.accept_drops(window.docks["settings"])
    return inspector


def center_of(window: "MainWindow") -> QWidget:
    """What the middle of the window shows; with a model open the settings stand beside it."""
    if window.session.graph is None:
        return window.start
    tabs, _ = window.tabs, window.inspector
    return tabs


def make_rest(window: "MainWindow") -> None:
    """All that is not there yet, one an event."""
    _next(window, _rest(window))


def _next(window: "MainWindow", steps: Iterator[object]) -> None:
    for _ in steps:
        QTimer.singleShot(0, window, lambda: _next(window, steps))
        return


def _rest(window: "MainWindow") -> Iterator[object]:
    yield None
    for name in ("pyqtgraph", *(f"qviz.ui.{part}.panel" for part in ("editor", "channels", "weight_image"))):
        yield import_module(name)
    yield window.tabs
    yield window.inspector
