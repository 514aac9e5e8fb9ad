"""The session's plain observers as Qt signals on the window's thread; the only place where the two meet."""

from PySide6.QtCore import QObject, Qt, Signal

from qviz.session import Change, Session
from qviz.sim.events import Event


class Bridge(QObject):
    """One signal per kind of `Change`, carrying its detail."""

    model = Signal(object)
    data = Signal(object)
    encodings = Signal(object)
    what_if = Signal(object)
    histograms = Signal(object)
    result = Signal(object)
    checked = Signal(object)
    sensitivity = Signal(object)
    weights = Signal(object)
    progress = Signal(object)
    failed = Signal(object)
    saved = Signal(object)
    exported = Signal(object)
    engine = Signal(object)
    modes = Signal(object)
    memory = Signal(object)
    integer = Signal(object)
    baseline = Signal(object)
    pictures = Signal(object)
    tried = Signal(object)
    layout = Signal(object)
    ranges = Signal(object)
    blocks = Signal(object)
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: Session | None = None
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def attach(self, session: Session) -> None:
        """Follow this session from now on."""
        self._session = session
        session.observe(self._tell)

    def post(self, event: Event) -> None:
        """Hand over an engine's event, from any thread; the session handles it on the window's."""
        self._arrived.emit(event)

    def _deliver(self, event: Event) -> None:
        if self._session is not None:
            self._session.handle(event)

    def _tell(self, change: Change) -> None:
        getattr(self, change.kind).emit(change.detail)
