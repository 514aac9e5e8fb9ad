"""Close looks are answered on a thread of their own: no simulation waits for them, and none ends because of them."""

import queue
import threading
from collections.abc import Callable

from qviz.sim.requests import Look


class DetailDesk:
    """`post` returns at once; answers come in order. What is looked at never changes, so another thread may read it."""

    def __init__(self, look: Callable[[Look], None]) -> None:
        self._look = look
        self._looking = False
        self._asked: queue.SimpleQueue[Look] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="qviz-details", daemon=True).start()

    def post(self, request: Look) -> None:
        self._asked.put(request)

    @property
    def busy(self) -> bool:
        """Whether something waits to be looked at, or is: idle work gives way to it."""
        return self._looking or not self._asked.empty()

    def _serve(self) -> None:
        while True:
            request = self._asked.get()
            self._looking = True
            self._look(request)
            self._looking = False
