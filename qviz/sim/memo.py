"""A memory of results with a byte budget, that forgets first what is cheap to compute again."""

import heapq
import threading
from dataclasses import dataclass
from typing import Any

OVERHEAD = 200  # bytes that an entry costs besides its arrays


@dataclass
class _Entry:
    value: Any
    size: int
    worth: float  # seconds a byte
    priority: float
    stamp: int


class Memo:
    """key -> value under `budget` bytes, by GreedyDual-Size: worth is cost a byte, aged by what was evicted.

    Correct at any budget, zero included: what does not fit is not kept. Safe to call from worker threads.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.used = 0
        self._entries: dict[object, _Entry] = {}
        self._heap: list[tuple[float, int, object]] = []
        self._age = 0.0
        self._stamp = 0
        self._lock = threading.Lock()

    def get(self, key: object) -> Any | None:
        """The value kept under `key`, or None. Being asked for makes an entry young again."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            entry.priority = self._age + entry.worth
            return entry.value

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self._entries

    def put(self, key: object, value: Any, size: int, seconds: float) -> None:
        """Keep `value` of `size` bytes that took `seconds` to compute, if the budget allows."""
        size += OVERHEAD
        with self._lock:
            if size > self.budget or key in self._entries:
                return
            self._stamp += 1
            worth = seconds / size
            entry = _Entry(value, size, worth, self._age + worth, self._stamp)
            self._entries[key] = entry
            heapq.heappush(self._heap, (entry.priority, entry.stamp, key))
            self.used += size
            while self.used > self.budget:
                self._evict()

    def resize(self, budget: int) -> None:
        """Change the budget, and forget at once what no longer fits."""
        with self._lock:
            self.budget = budget
            while self.used > self.budget:
                self._evict()

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._heap.clear()
            self.used = 0

    def _evict(self) -> None:
        priority, stamp, key = heapq.heappop(self._heap)
        entry = self._entries.get(key)
        if entry is None or entry.stamp != stamp:
            return
        if entry.priority > priority:  # asked for since it was queued
            heapq.heappush(self._heap, (entry.priority, stamp, key))
            return
        self._age = max(self._age, priority)
        self.used -= entry.size
        del self._entries[key]
