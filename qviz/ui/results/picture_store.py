"""Pictures of samples, asked of the engine page by page as they come into view; the store is bounded."""

from collections import OrderedDict

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from qviz.session import Session
from qviz.sim.inspect import PictureRequest, Pictures
from qviz.ui.bridge import Bridge

SIDE = 96  # pixels: a picture is at most this wide and high, 28 kB
PAGE = 24  # pictures asked for at a time
KEPT = 600
PAUSE_MS = 15  # so that a page gathers what one repaint asks for


class PictureStore(QObject):
    """`picture(i)` answers at once, with None while it is not here; `arrived` tells that more are."""

    arrived = Signal()

    def __init__(self, session: Session, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._kept: OrderedDict[int, QImage | None] = OrderedDict()
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._asked: PictureRequest | None = None
        self._data = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        bridge.pictures.connect(self._take)
        bridge.engine.connect(self._ask_again)
        for signal in (bridge.model, bridge.data):
            signal.connect(self.forget)

    def picture(self, sample: int) -> QImage | None:
        """The picture of a sample; None where it has none, or not yet."""
        if sample in self._kept:
            self._kept.move_to_end(sample)
            return self._kept[sample]
        self._wanted[sample] = None
        self._wanted.move_to_end(sample)
        if not self._timer.isActive() and self._asked is None:
            self._timer.start()
        return None

    def known(self, sample: int) -> bool:
        """Whether it is known what a sample looks like, if anything."""
        return sample in self._kept

    def forget(self) -> None:
        """Other data."""
        self._data += 1
        self._kept.clear()
        self._wanted.clear()
        self._asked = None

    def _ask(self) -> None:
        """Ask for those that were wanted last: the others have left the view."""
        page = [self._wanted.popitem()[0] for _ in range(min(PAGE, len(self._wanted)))]
        while len(self._wanted) > PAGE:
            self._wanted.popitem(last=False)
        if page and self._session.data is not None:
            self._asked = PictureRequest(self._data, tuple(page[::-1]), SIDE)
            self._session.look(self._asked)

    def _ask_again(self) -> None:
        if self._asked is not None and self._session.engine_alive:
            self._session.look(self._asked)

    def _take(self, told: Pictures) -> None:
        if told.request != self._asked:
            return
        self._asked = None
        for sample, pixels in zip(told.request.samples, told.pixels, strict=False):
            image = None
            if pixels is not None:
                height, width = pixels.shape[:2]
                image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
            self._kept[sample] = image
            self._wanted.pop(sample, None)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        if self._wanted:
            self._timer.start()
        self.arrived.emit()
