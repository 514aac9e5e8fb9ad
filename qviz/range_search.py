"""Edits whose ranges take long to find: the engine's process looks for them, and whoever edits goes on meanwhile."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from qviz.changes import Change, ChangeKind, Observer
from qviz.encodings import Encodings
from qviz.errors import QvizError, Text
from qviz.quant.found import Wish, wishing
from qviz.sim.events import EngineBack, EngineGone, Failed, Progress, Task
from qviz.sim.find import FindRanges, RangesFound

UNDER_WAY = 2  # requests at a time: one is worked on while the other waits beside it
QUICK, SLOW = 0.1, 0.3  # seconds between a request and its answer, below and above which the next holds more, or less
MOST = 32  # ranges in a request


class Searched(Protocol):
    """The session that a search is about."""

    progress: dict[Task, Progress]

    @property
    def previewing(self) -> bool: ...
    def observe(self, observer: Observer) -> Callable[[], None]: ...
    def look(self, request: FindRanges) -> None: ...
    def commit(self, encodings: Encodings, label: str) -> None: ...


@dataclass(frozen=True)
class Edit:
    """What is to be committed under `label`: `make` makes it of the state that is committed by then."""

    make: Callable[[], Encodings]
    label: str


@dataclass(frozen=True)
class Sent:
    """A request under way, sent at `at` seconds."""

    wishes: tuple[Wish, ...]
    at: float


class RangeSearch:
    """Commits edits in order, each as one step as soon as all of its ranges are known, on top of what was done since.

    Ghost marks are looked for in between. Not thread-safe.
    """

    def __init__(self, session: Searched, tell: Callable[[ChangeKind, object], None]) -> None:
        self._session, self._tell = session, tell
        self._edits: deque[Edit] = deque()
        self._wishes: deque[Wish] = deque()  # of the first edit
        self._marks: deque[Wish] = deque()
        self._sent: dict[int, Sent] = {}
        self._ticket = self._total = 0
        self._size = 1  # ranges in a request, so that a cancel, and what else is looked at, waits for little
        session.observe(self._follow)

    @property
    def pending(self) -> bool:
        """Whether an edit waits for its ranges."""
        return bool(self._edits)

    def edit(self, edit: Edit) -> None:
        """Commit an edit: at once, where all its ranges are known and none waits before it. Raises QvizError."""
        made, wishes = tried(edit)
        if not self._edits and not wishes:
            self._session.commit(made, edit.label)
            return
        self._edits.append(edit)
        if len(self._edits) == 1:
            self._await(wishes)

    def mark(self, wishes: Iterable[Wish]) -> None:
        """Look for ranges that only a picture needs, in the place of those asked for before; tells "ranges"."""
        self._marks = deque(self._unsent(wishes))
        self._send()

    def cancel(self) -> None:
        """Give up the edits that wait; everything stays as it was."""
        if self._edits:
            self._edits.clear()
            self._wishes.clear()
            self._session.progress.pop("ranges", None)
            self._tell("failed", Failed("ranges", Text("Cancelled."), cancelled=True))

    def _await(self, wishes: list[Wish]) -> None:
        """The first edit needs these."""
        self._wishes, self._total = deque(self._unsent(wishes)), len(wishes)
        self._show_progress()
        self._send()

    def _commit_first(self) -> None:
        if not self._edits or self._session.previewing:
            return  # a drag goes on from the state it began with: `_follow` comes back when it has ended
        try:
            made, wishes = tried(self._edits[0])
        except QvizError as error:  # what was edited meanwhile does not go together with it
            self._drop_first(error)
            return
        if wishes:  # the state has changed meanwhile
            self._await(wishes)
            return
        edit = self._edits.popleft()
        self._session.progress.pop("ranges", None)
        self._session.commit(made, edit.label)  # tells "encodings": `_follow` goes on with the next edit

    def _drop_first(self, error: QvizError) -> None:
        self._edits.popleft()
        self._session.progress.pop("ranges", None)
        self._tell("failed", Failed("ranges", error.text))
        self._commit_first()

    def _follow(self, change: Change) -> None:
        if isinstance(change.detail, RangesFound):
            self._take(change.detail)
        elif change.kind in ("model", "data"):
            self.cancel()
        elif change.kind == "engine":
            self._engine_changed(change.detail)
        elif change.kind == "encodings" and self._edits and not self._under_way():
            self._commit_first()

    def _take(self, found: RangesFound) -> None:
        sent = self._sent.pop(found.ticket, None)
        if sent is None:
            return  # of an engine that died
        for wish, range in zip(sent.wishes, found.ranges, strict=True):
            if range is not None:
                wish.keep(range)
        if found.problem is not None and self._edits:
            self._tell("failed", Failed("ranges", found.problem))
            self.cancel()
        self._fit(time.monotonic() - sent.at)
        self._send()
        if self._edits:
            self._show_progress()
            if not self._under_way():
                self._commit_first()

    def _fit(self, seconds: float) -> None:
        """How many ranges the next request holds, by how long this one took."""
        if seconds < QUICK:
            self._size = min(2 * self._size, MOST)
        elif seconds > SLOW:
            self._size = max(self._size // 2, 1)

    def _unsent(self, wishes: Iterable[Wish]) -> list[Wish]:
        under_way = [w for sent in self._sent.values() for w in sent.wishes]
        return [w for w in wishes if not any(w.same(other) for other in under_way)]

    def _under_way(self) -> bool:
        return any(not w.known for w in (*self._wishes, *(w for s in self._sent.values() for w in s.wishes)))

    def _send(self) -> None:
        while len(self._sent) < UNDER_WAY and (self._wishes or self._marks):
            waiting = self._wishes or self._marks
            wishes = tuple(w for w in (waiting.popleft() for _ in range(min(self._size, len(waiting)))) if not w.known)
            if wishes:
                self._ticket += 1
                self._sent[self._ticket] = Sent(wishes, time.monotonic())
                self._session.look(FindRanges(self._ticket, wishes))

    def _show_progress(self) -> None:
        left = len(self._wishes) + sum(len(sent.wishes) for sent in self._sent.values())
        progress = Progress("ranges", max(self._total - left, 0), self._total)
        self._session.progress["ranges"] = progress
        self._tell("progress", progress)

    def _engine_changed(self, event: EngineGone | EngineBack) -> None:
        """What the dead engine was looking for, the next one is asked again."""
        if isinstance(event, EngineGone):
            self._wishes.extendleft(w for sent in self._sent.values() for w in sent.wishes)
            self._sent.clear()
        else:
            self._send()
            if self._edits:
                self._show_progress()


def tried(edit: Edit) -> tuple[Encodings, list[Wish]]:
    """What the edit makes, and the ranges that it needs and nobody knows, each once; with any, others stand in."""
    with wishing() as wishes:
        made = edit.make()
    once = {(id(w.histogram), w.method, w.spec): w for w in wishes}
    return made, list(once.values())
