"""A user who does anything in any order: nothing breaks, and the last answer is that of the state one stands in."""

import os
import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QGraphicsView,
    QLineEdit,
    QTabBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from qviz.encodings import Encodings
from qviz.session import Session
from qviz.ui.palette.palette import CommandPalette
from qviz.ui.start.sample import the_sample
from qviz.ui.window.main_window import MainWindow

Settled = Callable[[MainWindow], None]
LEFT, NO_KEY, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KINDS = (QComboBox, QAbstractSpinBox, QCheckBox, QLineEdit, QAbstractItemView, QGraphicsView, QTabBar)
VIEW_KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Tab, Qt.Key.Key_F, Qt.Key.Key_0,
    Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Return, Qt.Key.Key_Backspace, Qt.Key.Key_M, Qt.Key.Key_S,
)  # fmt: skip
SHORTCUTS = (
    (Qt.Key.Key_Z, CTRL), (Qt.Key.Key_Z, CTRL), (Qt.Key.Key_Y, CTRL), (Qt.Key.Key_Escape, NO_KEY),
    (Qt.Key.Key_B, NO_KEY),
    (Qt.Key.Key_B, SHIFT), (Qt.Key.Key_J, CTRL), (Qt.Key.Key_F, CTRL), (Qt.Key.Key_F, CTRL | SHIFT),
    *((key, CTRL) for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5, Qt.Key.Key_6)),
)  # fmt: skip
DIALOGS = ((Qt.Key.Key_K, CTRL), (Qt.Key.Key_F1, NO_KEY))
WORDS = ("conv", "", "block2", "3", "-1.5", "0.02", "nonsense", "1e9")


class Walker:
    """Picks what is visible and does something to it that a person could do."""

    def __init__(self, window: MainWindow, seed: int) -> None:
        self.window, self.dice = window, random.Random(seed)

    def step(self) -> str:
        action = self.dice.choice(
            [self.touch] * 8 + [self.press] * 2 + [self.shortcut] * 4 + [self.dialog, self.resize, self.theme]
        )
        return action()

    def touch(self) -> str:
        shown = [
            w for w in self.window.findChildren(QWidget) if isinstance(w, KINDS) and w.isVisible() and w.isEnabled()
        ]
        widget = self.dice.choice(shown)
        for kind, hand in self._hands().items():
            if isinstance(widget, kind):
                hand(widget)
                return f"{type(widget).__name__} {widget.accessibleName()}"
        raise AssertionError("no hand for it")

    def _hands(self) -> dict[type, Callable]:
        return {
            QComboBox: self._choose,
            QAbstractSpinBox: self._spin,
            QCheckBox: lambda box: QTest.mouseClick(box, LEFT, NO_KEY, QPoint(10, box.height() // 2)),
            QLineEdit: self._type,
            QAbstractItemView: self._pick,
            QGraphicsView: self._draw,
            QTabBar: lambda bar: QTest.mouseClick(
                bar, LEFT, NO_KEY, bar.tabRect(self.dice.randrange(bar.count())).center()
            ),
        }

    def press(self) -> str:
        """A button of a panel; those of the toolbar, banners and settings would ask for files."""
        panels = (self.window.tabs, self.window.graph, self.window.bottom)
        shown = [
            b for panel in panels for b in panel.findChildren(QAbstractButton)
            if b.isVisible() and b.isEnabled() and not isinstance(b, QCheckBox) and not self._opens_a_menu(b)
        ]  # fmt: skip
        if not shown:
            return "no button"
        button = self.dice.choice(shown)
        QTest.mouseClick(button, LEFT)
        return f"button {button.text()} {button.accessibleName()}"

    def _opens_a_menu(self, button: QAbstractButton) -> bool:
        return button.text() == "⋯" or (isinstance(button, QToolButton) and button.menu() is not None)

    def dialog(self) -> str:
        """One that needs no answer: looked at, typed into, and closed."""
        key, keys = self.dice.choice(DIALOGS)
        QTest.keyClick(self.window, key, keys)
        palette = self.window.findChild(CommandPalette)
        shown = QApplication.activeModalWidget() or (palette if palette is not None and palette.isVisible() else None)
        if shown is not None:
            QTest.keyClicks(shown.focusWidget() or shown, self.dice.choice(WORDS))
            QTest.keyClick(shown.focusWidget() or shown, Qt.Key.Key_Escape)
            assert not shown.isVisible()
        return f"dialog {key.name}"

    def _choose(self, combo: QComboBox) -> None:
        combo.setFocus()
        QTest.keyClick(combo, self.dice.choice([Qt.Key.Key_Up, Qt.Key.Key_Down]))

    def _spin(self, box: QAbstractSpinBox) -> None:
        box.setFocus()
        if self.dice.random() < 0.5:
            QTest.keyClick(box, self.dice.choice([Qt.Key.Key_Up, Qt.Key.Key_Down]))
        else:
            box.selectAll()
            QTest.keyClicks(box, self.dice.choice(WORDS))
            QTest.keyClick(box, Qt.Key.Key_Return)

    def _type(self, line: QLineEdit) -> None:
        if isinstance(line.parent(), QAbstractSpinBox | QComboBox):
            return
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, self.dice.choice(WORDS))

    def _pick(self, items: QAbstractItemView) -> None:
        area = items.viewport().rect()
        at = QPoint(self.dice.randint(0, area.width()), self.dice.randint(0, area.height()))
        keys = self.dice.choice([NO_KEY, NO_KEY, CTRL, Qt.KeyboardModifier.ShiftModifier])
        QTest.mouseClick(items.viewport(), LEFT, keys, at)

    def _draw(self, view: QGraphicsView) -> None:
        """A drag from anywhere to anywhere, or a turn of the wheel, or a key."""
        port = view.viewport()
        spots = [QPoint(self.dice.randint(1, port.width()), self.dice.randint(1, port.height())) for _ in range(3)]
        kind = self.dice.randint(0, 3)
        if kind == 0:
            self._wheel(port, spots[0])
        elif kind == 1:
            view.setFocus()
            QTest.keyClick(view, self.dice.choice(VIEW_KEYS))
        else:
            QTest.mousePress(port, LEFT, NO_KEY, spots[0])
            for spot in map(QPointF, spots[1:]):
                QApplication.sendEvent(
                    port,
                    QMouseEvent(
                        QMouseEvent.Type.MouseMove, spot, port.mapToGlobal(spot), Qt.MouseButton.NoButton, LEFT, NO_KEY
                    ),
                )
            if self.dice.random() < 0.2:
                QTest.keyClick(view, Qt.Key.Key_Escape)
            QTest.mouseRelease(port, LEFT, NO_KEY, spots[2])

    def _wheel(self, port: QWidget, at: QPoint) -> None:
        spot, delta = QPointF(at), QPoint(0, self.dice.choice([-240, -120, 120, 240]))
        turned = QWheelEvent(
            spot, port.mapToGlobal(spot), QPoint(), delta, Qt.MouseButton.NoButton, NO_KEY,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(port, turned)

    def shortcut(self) -> str:
        key, keys = self.dice.choice(SHORTCUTS)
        QTest.keyClick(self.window, key, keys)
        return f"key {key.name}"

    def resize(self) -> str:
        self.window.resize(self.dice.randint(1024, 1600), self.dice.randint(640, 1000))
        return "resize"

    def theme(self) -> str:
        self.window.themes.choose(self.dice.choice([True, False]))
        return "theme"


def simulated_afresh(encodings: Encodings) -> float:
    document = the_sample().document
    with Session.open(document.model, document.data, calibration=document.calibration) as session:
        session.commit(encodings, "Walk")
        return session.simulate().metric


def walk(window: MainWindow, settled: Settled, steps: int) -> None:
    seed = int(os.environ.get("QVIZ_SEED", random.randrange(1_000_000)))
    print(f"seed {seed}: QVIZ_SEED={seed} repeats this walk")
    walker = Walker(window, seed)
    for number in range(steps):
        print(number, walker.step())
        QApplication.processEvents()
        assert QApplication.activeModalWidget() is None
    window.session.cancel_preview()
    window.session.clear_what_if()
    window.session.show_baseline(False)
    settled(window)
    result = window.session.result
    assert result is not None
    assert result.metric == pytest.approx(simulated_afresh(window.session.encodings), abs=1e-9)


def test_two_hundred_random_actions(qtbot: QtBot, demo: MainWindow, settled: Settled) -> None:
    walk(demo, settled, 200)


@pytest.mark.slow
def test_two_thousand_random_actions_do_not_grow_the_process(qtbot: QtBot, demo: MainWindow, settled: Settled) -> None:
    resource = pytest.importorskip("resource", reason="memory of a process is read through Unix's resource module")
    walk(demo, settled, 500)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    walk(demo, settled, 1500)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000  # kilobytes on Linux; caches have their bounds
