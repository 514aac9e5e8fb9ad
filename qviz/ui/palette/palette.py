"""A box in which one types a few letters and gets a command done, or a quantizer shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHeaderView, QLabel, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from qviz.ui.palette.fuzzy import best

SHOWN = 50
WIDTH, HEIGHT, TOP = 560, 380, 84
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True)
class Command:
    """`name` is searched, `title` shown; `hint` stands at the right: a shortcut, or what kind of thing it is."""

    name: str
    title: str
    hint: str
    run: Callable[[], object]


def commands_of(menus: Sequence[tuple[str, QAction]]) -> list[Command]:
    """Actions that can be chosen now, each behind the title of its menu."""
    return [
        Command(
            _plain(action.text()),
            f"{_plain(menu)}: {_plain(action.text())}",
            action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
            action.trigger,
        )
        for menu, action in menus
        if action.isEnabled() and action.text()
    ]


class CommandPalette(QFrame):
    """Lies over its window. Arrows choose, Enter or a click runs, Esc or a click elsewhere closes."""

    def __init__(self, commands: Sequence[Command], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._commands = commands
        self._names = [command.name for command in commands]
        self.query, self.list, self.nothing = QLineEdit(), QTreeWidget(), QLabel()
        self._build(parent)
        self.query.textChanged.connect(self._search)
        self.query.returnPressed.connect(self._run)
        self.query.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self._run())
        self.list.ensurePolished()  # before rows: their height is the style's
        self._search("")

    def _build(self, window: QWidget) -> None:
        self.query.setPlaceholderText(self.tr("Type a command or the name of a quantizer"))
        self.query.setAccessibleName(self.tr("Command or quantizer"))
        self.list.setAccessibleName(self.tr("Commands and quantizers"))
        self.nothing.setText(self.tr("Nothing found"))
        self.nothing.setProperty("role", "caption")
        self.nothing.setMargin(10)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.list.setProperty("verbatim", True)
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.query)
        column.addWidget(self.list)
        column.addWidget(self.nothing, 1)
        width = min(WIDTH, window.width() - 48)
        self.resize(width, min(HEIGHT, window.height() - TOP - 24))
        self.move((window.width() - width) // 2, TOP)

    def open(self) -> None:
        """Show it in front of everything and take the keyboard."""
        self.show()
        self.raise_()
        self.query.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that move in the list, while the focus stays in the line."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in MOVES:
            steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}
            self._move(steps[Qt.Key(event.key())])
            return True
        if event.type() == QEvent.Type.FocusOut and not self.list.underMouse():
            self.close()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _move(self, steps: int) -> None:
        count = self.list.topLevelItemCount()
        if count:
            at = self.list.indexOfTopLevelItem(self.list.currentItem())
            self._choose(min(max(at + steps, 0), count - 1))

    def _search(self, text: str) -> None:
        self.list.clear()
        for index in best(text, self._names, SHOWN):
            command = self._commands[index]
            item = QTreeWidgetItem([command.title, command.hint])
            item.setData(0, Qt.ItemDataRole.UserRole, index)
            item.setToolTip(0, command.title)
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.list.addTopLevelItem(item)
        found = self.list.topLevelItemCount() > 0
        self.list.setVisible(found)
        self.nothing.setVisible(not found)
        self._choose(0)

    def _choose(self, index: int) -> None:
        item = self.list.topLevelItem(index)
        if item is not None:
            self.list.setCurrentItem(item)

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            command = self._commands[item.data(0, Qt.ItemDataRole.UserRole)]
            self.close()
            command.run()


def _plain(text: str) -> str:
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")
