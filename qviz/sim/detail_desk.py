"""Close looks are answered on a thread of their own: no simulation waits for them, and none ends because of them."""

import queue
import threading
from collections.abc import Callable

from qviz.sim.detail import WeightImage


class DetailDesk:
    """`post` returns at once; answers come in order. Weights never change, so another thread may read them."""

    def __init__(self, look: Callable[[WeightImage], None]) -> None:
        self._look = look
        self._asked: queue.SimpleQueue[WeightImage] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="qviz-details", daemon=True).start()

    def post(self, request: WeightImage) -> None:
        self._asked.put(request)

    def _serve(self) -> None:
        while True:
            self._look(self._asked.get())
