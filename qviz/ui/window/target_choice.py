"""Choosing a target, and the notice that says what that changed and takes it back."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from qviz.encodings import Encodings
from qviz.session import Session
from qviz.targets import targets
from qviz.ui.bridge import Bridge
from qviz.ui.view_state import View
from qviz.ui.window.banner import Banner, Notice
from qviz.ui.window.documents import Documents


class TargetChoice(QObject):
    """Speaks to the session; its notice goes with the next edit."""

    def __init__(
        self, session: Session, bridge: Bridge, view: View, banner: Banner, documents: Documents, menu: QMenu
    ) -> None:
        super().__init__(banner)
        self._menu = menu
        self._choices: dict[str | None, QAction] = {}
        self._session, self._view, self._banner, self._documents = session, view, banner, documents
        self._notice: Notice | None = None
        self._about: Encodings | None = None  # the state that the notice is about
        self._awaited: str | None = None  # label of the edit that is to be told
        bridge.encodings.connect(self._encodings_changed)
        bridge.model.connect(self.fill_menu)
        bridge.failed.connect(self._check_menu)

    def fill_menu(self) -> None:
        """An action for each target, once a model is open: reading them takes a moment."""
        if self._session.graph is None:
            return
        self._menu.clear()
        self._choices = {}
        titles: list[tuple[str | None, str]] = [(None, self.tr("None")), *((n, t.title) for n, t in targets().items())]
        for name, title in titles:
            action = self._menu.addAction(title, lambda name=name: self.choose(name))
            action.setCheckable(True)
            action.setProperty("verbatim", True)
            self._choices[name] = action
        self._check_menu()

    def _check_menu(self) -> None:
        for name, action in self._choices.items():
            action.setChecked(name == self._session.committed.target)

    def choose(self, name: str | None) -> None:
        """Choose a target, or none; what it changed is told, and can be undone."""
        self._check_menu()  # a click on the one chosen leaves it checked
        if name != self._session.committed.target:
            self._do(lambda: self._session.set_target(name), "No target" if name is None else targets()[name].title)

    def repair(self) -> None:
        """Bring all that the target cannot run to what it can."""
        if target := self._session.target:
            self._do(lambda: self._session.set_as_target_wants(self._session.violating()), f"As {target.title} wants")

    def _do(self, edit: Callable[[], None], label: str) -> None:
        """The edit may be committed later, once its ranges are found: then its label names it in the history."""
        self._awaited = label
        with self._documents.told():
            edit()

    def _tell(self) -> None:
        session, history = self._session, self._session.history
        self._awaited = None
        before = history.entries[history.index - 1].encodings
        changed, stuck = len(session.committed.changed(before)), len(session.violating())
        buttons = [(lambda: self.tr("Undo"), session.undo)]
        if stuck:
            buttons.append((lambda: self.tr("Select them"), self._select))
        self._about = session.committed
        self._notice = Notice("warning" if stuck else "info", lambda: self._text(changed, stuck), tuple(buttons))
        self._banner.tell(self._notice)

    def _text(self, changed: int, stuck: int) -> str:
        target = self._session.target
        if target is None:
            return self.tr("No target: every setting can be chosen, and none was changed.")
        if not stuck:
            return self.tr("{0}: {1} quantizers changed, all can run.").format(target.title, changed)
        return self.tr("{0}: {1} quantizers changed, {2} cannot run as set.").format(target.title, changed, stuck)

    def _select(self) -> None:
        self._view.update(selected=tuple(self._session.violating()), node=None)

    def _encodings_changed(self) -> None:
        if not self._session.previewing:
            self._check_menu()
        if self._notice is not None and self._session.committed is not self._about:
            if self._banner.notice is self._notice:
                self._banner.clear()
            self._notice = self._about = None
        if self._awaited is not None and self._session.history.undo_label == self._awaited:
            self._tell()
