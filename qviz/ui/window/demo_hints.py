"""The three hints of the demo, in a row: each vanishes when its action is done."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.later import Later
from qviz.ui.palette.palette import CommandPalette
from qviz.ui.start.sample import wide_quantizer
from qviz.ui.theme import Theme, ThemeSource
from qviz.ui.window.documents import Documents
from qviz.ui.window.header import Header
from qviz.ui.window.hint import Callout

if TYPE_CHECKING:
    from qviz.ui.window.main_window import MainWindow

STEPS = ("drag", "granularity", "export")


class DemoHints(QObject):
    """Points at the handle to drag, then at the granularity of the weights, then at Export."""

    def __init__(
        self, window: "MainWindow", documents: Documents, session: Session, bridge: Bridge, header: Header,
        themes: ThemeSource,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._documents, self._session = window, documents, session
        self._header = header
        self.done: set[str] = set()
        self.callout = Callout(window)
        self._theme_changed(themes.current)
        themes.changed.connect(self._theme_changed)
        self._opened = session.encodings
        bridge.encodings.connect(Later(session, self._look, self).ask)
        bridge.exported.connect(lambda _path: self._finish("export"))
        bridge.model.connect(self._restart)
        bridge.histograms.connect(self._restart)
        window.installEventFilter(self)

    def step(self) -> str | None:
        """The action that the hint asks for; None where there is no hint."""
        if not self._documents.sample or self._session.graph is None:
            return None
        return next((s for s in STEPS if s not in self.done), None)

    def place(self) -> None:
        """Show the hint at its place, or hide it."""
        step = self.step()
        target = self._target(step) if step and not self._session.previewing else None
        if step is None or target is None:
            self.callout.hide()
            return
        self.callout.setText(self._words()[step])
        self.callout.setAccessibleName(self.callout.text())
        inside = self._window.editor if step == "drag" else self._window
        right = inside.mapTo(self._window, inside.rect().topRight()).x()
        above = step == "granularity"  # beside the menus, where it hides nothing
        self.callout.point_at(
            target, above, left=self._window.menuBar().sizeHint().width() if above else 0, right=right
        )
        for palette in self._window.findChildren(CommandPalette):
            palette.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LanguageChange, QEvent.Type.LayoutRequest):
            self.place()
        return False

    def _restart(self) -> None:
        self.done = set()
        self._opened = self._session.encodings
        self.place()

    def _look(self) -> None:
        """Which of the actions the encodings show."""
        if self._session.previewing:
            self.callout.hide()  # the hand has found the handle
            return
        changed = self._session.encodings.changed(self._opened)
        if wide_quantizer(self._session.encodings) in changed:
            self._finish("drag")
        if any(self._session.quantizers[n].kind == "param" for n in changed):
            self._finish("granularity")
        self.place()

    def _finish(self, step: str) -> None:
        self.done.add(step)
        self.place()

    def _target(self, step: str) -> QPoint | None:
        if step == "drag":
            return self._handle()
        at: dict[str, Callable[[], QWidget]] = {
            "granularity": lambda: self._header.weights.granularity,
            "export": lambda: self._header.export_button,
        }
        widget = at[step]()
        y = -2 if step == "granularity" else widget.height() + 4
        return widget.mapTo(self._window, QPoint(widget.width() // 2, y))

    def _handle(self) -> QPoint | None:
        subject = self._window.editor.subject()
        if subject is None or subject.name != wide_quantizer(self._session.encodings):
            return None
        at = self._window.editor.anchor("max")
        return None if at is None else self._window.editor.mapTo(self._window, at)

    def _theme_changed(self, theme: Theme) -> None:
        self.callout.set_theme(theme)

    def _words(self) -> dict[str, str]:
        return {
            "drag": self.tr("Drag this edge inwards and watch the accuracy"),
            "granularity": self.tr("Give each weight channel its own scale"),
            "export": self.tr("Save the repaired encodings for your target"),
        }
