"""Following the session without holding the window up."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from qviz.session import Session

MANY = 2000  # quantizers; of fewer, all panels together are refreshed in a moment


class Later(QObject):
    """`work` when asked for; of a model with many quantizers in an event of its own, once for all that asked before."""

    def __init__(self, session: Session, work: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._work = session, work
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(work)

    def ask(self, _detail: object = None) -> None:
        """Do it, now or soon."""
        if len(self._session.quantizers) > MANY:
            self._timer.start()
        else:
            self._work()
