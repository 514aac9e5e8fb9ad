"""The right end of the status line: how operators run, and how full the cache is."""

from functools import partial

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.modes import by_reason
from qviz.ui.view_state import View

LISTED = 20  # nodes of one reason
GB = 1 << 30


class RunLine(QWidget):
    """Two buttons: one lists why operators run as fake-quant, the other changes the size of the cache."""

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        view: View,
        integer: QAction,
        cache: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._integer = session, view, integer
        self.modes, self.cache, self.menu = QToolButton(), QToolButton(), QMenu(self)
        self.modes.setMenu(self.menu)
        self.modes.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.modes.setStyleSheet("QToolButton::menu-indicator { image: none; }")  # its place is the text's
        self.cache.clicked.connect(cache.trigger)
        self.menu.aboutToShow.connect(self._fill)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(4)
        for button in (self.modes, self.cache):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setMinimumHeight(24)
            row.addWidget(button)
        for signal in (bridge.modes, bridge.memory, bridge.integer, bridge.model, bridge.engine):
            signal.connect(self._refresh)
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._refresh()
        super().changeEvent(event)

    def _refresh(self) -> None:
        running = self._session.running
        kinds = [mode.kind for mode in running.modes.values()]
        fake = kinds.count("float")
        self.modes.setVisible(bool(kinds))
        count = self.tr("{0} integer · {1} fake-quant").format(len(kinds) - fake, fake)
        _say(self.modes, count if running.integer else self.tr("All as fake-quant"))
        self.modes.setToolTip(
            self.tr("Operators simulated on integer codes, and as fake-quant in float: click for why")
        )
        memory = running.memory
        self.cache.setVisible(memory is not None and bool(kinds))
        if memory is not None:
            _say(self.cache, self.tr("Cache {0} of {1} GB").format(_gigabytes(memory.used), _gigabytes(memory.budget)))
        self.cache.setToolTip(self.tr("Memory for results, so that edits and undo answer at once: click to change it"))

    def _fill(self) -> None:
        """Reasons with their operators; one that is chosen is shown in the graph."""
        menu = self.menu
        menu.clear()
        for part in menu.findChildren(QMenu):  # `clear` leaves submenus alive
            part.deleteLater()
        reasons = by_reason(self._session.running.modes)
        if not reasons:
            menu.addAction(self.tr("All operators run on integer codes")).setEnabled(False)
        for reason, nodes in reasons.items():
            part = menu.addMenu(f"{reason or self.tr('In float')}  ({len(nodes)})".replace("&", "&&"))
            for node in nodes[:LISTED]:
                part.addAction(node.replace("&", "&&"), partial(self._show, node))
            if len(nodes) > LISTED:
                part.addAction(self.tr("and {0} more").format(len(nodes) - LISTED)).setEnabled(False)
        menu.addSeparator()
        menu.addAction(self._integer)

    def _show(self, node: str) -> None:
        """Select an operator, and a quantizer of its own if it has one."""
        own = [name for name, quantizer in self._session.quantizers.items() if quantizer.node == node]
        self._view.update(node=node, selected=tuple(own[-1:]))


def _say(button: QToolButton, text: str) -> None:
    """Another text, in the room of the widest so far: Qt would lay out the whole window for each."""
    if text != button.text():
        button.setText(text)
        wanted = button.sizeHint()
        if wanted.width() > button.maximumWidth() or wanted.height() != button.height() or not button.isVisible():
            button.setFixedSize(wanted)


def _gigabytes(size: int) -> str:
    return f"{size / GB:.2f}" if size < 10 * GB else f"{size / GB:.0f}"
