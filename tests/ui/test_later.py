"""What follows the session does so at once, or in an event of its own where there is much to follow."""

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from qviz.session import Session
from qviz.sim.client import LocalClient
from qviz.ui.later import MANY, Later


def test_a_large_model_is_followed_once_when_all_was_told(qtbot: QtBot) -> None:
    session, done, owner = Session(LocalClient()), list[str](), QObject()
    later = Later(session, lambda: done.append("done"), owner)
    later.ask()
    assert done == ["done"]
    session.quantizers = dict.fromkeys(map(str, range(MANY + 1)))  # type: ignore[assignment]
    later.ask()
    later.ask()
    assert done == ["done"]
    qtbot.waitUntil(lambda: done == ["done", "done"])
    session.close()
