"""Undo and redo over Encodings: every edit is one entry, and undo is the value before."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qviz.encodings import Encodings

MERGE_SECONDS = 1.0  # key nudges of one quantizer closer together than this are one entry


@dataclass(frozen=True)
class Entry:
    """A committed state. `score` is the headline metric of its complete answer, once there is one."""

    encodings: Encodings
    label: str
    merge_key: str | None = None
    at: float = 0.0
    score: float | None = None


class History:
    """Entries in order and where we stand among them. A commit drops what could be redone."""

    def __init__(self, encodings: Encodings, label: str = "") -> None:
        self._entries = [Entry(encodings, label)]
        self._index = 0

    @classmethod
    def of(cls, entries: Sequence[Entry], index: int) -> "History":
        """A history that was kept: `entries`, at least one, of which `index` is the present."""
        made = cls(entries[0].encodings)
        made._entries, made._index = list(entries), index
        return made

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    @property
    def index(self) -> int:
        return self._index

    @property
    def current(self) -> Encodings:
        return self._entries[self._index].encodings

    @property
    def undo_label(self) -> str | None:
        return self._entries[self._index].label if self._index else None

    @property
    def redo_label(self) -> str | None:
        return self._entries[self._index + 1].label if self._index + 1 < len(self._entries) else None

    def commit(self, encodings: Encodings, label: str, merge_key: str | None = None) -> None:
        """Add an entry, or replace the last one where both carry the same `merge_key` within a second."""
        now = time.monotonic()
        last = self._entries[self._index]
        merges = self._index > 0 and merge_key is not None and last.merge_key == merge_key
        del self._entries[self._index + 1 :]
        if merges and now - last.at < MERGE_SECONDS:
            self._entries.pop()
            self._index -= 1
        self._entries.append(Entry(encodings, label, merge_key, now))
        self._index += 1

    def undo(self) -> Encodings:
        """Step back; stays where it is at the first entry."""
        self._index = max(0, self._index - 1)
        return self.current

    def redo(self) -> Encodings:
        """Step forward; stays where it is at the last entry."""
        self._index = min(len(self._entries) - 1, self._index + 1)
        return self.current

    def go_to(self, index: int) -> Encodings:
        """Step to an entry; what came after it can still be redone. Raises IndexError where there is none."""
        if not 0 <= index < len(self._entries):
            raise IndexError(f"there is no entry {index} of {len(self._entries)}")
        self._index = index
        return self.current

    def record_score(self, encodings: Encodings, score: float) -> None:
        """Note the headline metric of the entry that holds `encodings`."""
        for i, entry in enumerate(self._entries):
            if entry.encodings is encodings:
                self._entries[i] = replace(entry, score=score)
