"""Close looks are answered on a thread of their own: no simulation waits for them, and none ends because of them."""

import queue
import threading
from collections.abc import Callable

from qviz.sim.arrange import Arrange
from qviz.sim.detail import WeightImage
from qviz.sim.inspect import PictureRequest
from qviz.sim.trial import TrialRequest

Close = WeightImage | PictureRequest | TrialRequest | Arrange


class DetailDesk:
    """`post` returns at once; answers come in order. What is looked at never changes, so another thread may read it."""

    def __init__(self, look: Callable[[Close], None]) -> None:
        self._look = look
        self._asked: queue.SimpleQueue[Close] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="qviz-details", daemon=True).start()

    def post(self, request: Close) -> None:
        self._asked.put(request)

    def _serve(self) -> None:
        while True:
            self._look(self._asked.get())
