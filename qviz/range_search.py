"""Edits whose ranges take long to find: the engine's process looks for them, and whoever edits goes on meanwhile."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from qviz.changes import Change, ChangeKind, Observer
from qviz.encodings import Encodings
from qviz.errors import Text
from qviz.quant.found import Wish, wishing
from qviz.sim.events import EngineBack, EngineGone, Failed, Progress, Task
from qviz.sim.find import FindRange, RangeFound

UNDER_WAY = 2  # so that what else is looked at waits for few, and a cancel ends them soon


class Searched(Protocol):
    """The session that a search is about."""

    progress: dict[Task, Progress]

    @property
    def previewing(self) -> bool: ...
    def observe(self, observer: Observer) -> Callable[[], None]: ...
    def look(self, request: FindRange) -> None: ...
    def commit(self, encodings: Encodings, label: str) -> None: ...


@dataclass(frozen=True)
class Edit:
    """What is to be committed under `label`: `make` makes it of the state that is committed by then."""

    make: Callable[[], Encodings]
    label: str


class RangeSearch:
    """Commits edits in order, each as one step as soon as all of its ranges are known, on top of what was done since.

    Ghost marks are looked for in between. Not thread-safe.
    """

    def __init__(self, session: Searched, tell: Callable[[ChangeKind, object], None]) -> None:
        self._session, self._tell = session, tell
        self._edits: deque[Edit] = deque()
        self._wishes: deque[Wish] = deque()  # of the first edit
        self._marks: deque[Wish] = deque()
        self._sent: dict[int, Wish] = {}
        self._ticket = self._total = 0
        session.observe(self._follow)

    @property
    def pending(self) -> bool:
        """Whether an edit waits for its ranges."""
        return bool(self._edits)

    def edit(self, edit: Edit) -> None:
        """Commit an edit: at once, where all its ranges are known and none waits before it. Raises QvizError."""
        wishes = self._missing(edit)
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

    def _missing(self, edit: Edit) -> list[Wish]:
        """The ranges that this edit needs and nobody knows, each once."""
        with wishing() as wishes:
            edit.make()
        once = {(id(w.histogram), w.method, w.spec): w for w in wishes}
        return list(once.values())

    def _await(self, wishes: list[Wish]) -> None:
        """The first edit needs these: it is committed once there are none."""
        self._wishes, self._total = deque(self._unsent(wishes)), len(wishes)
        if wishes:
            self._show_progress()
            self._send()
        else:
            self._commit_first()

    def _commit_first(self) -> None:
        if not self._edits or self._session.previewing:
            return  # a drag goes on from the state it began with: `_follow` comes back when it has ended
        edit = self._edits[0]
        if missing := self._missing(edit):  # the state has changed meanwhile
            self._await(missing)
            return
        self._edits.popleft()
        self._session.progress.pop("ranges", None)
        self._session.commit(edit.make(), edit.label)  # tells "encodings": `_follow` goes on with the next edit

    def _follow(self, change: Change) -> None:
        if isinstance(change.detail, RangeFound):
            self._take(change.detail)
        elif change.kind in ("model", "data"):
            self.cancel()
        elif change.kind == "engine":
            self._engine_changed(change.detail)
        elif change.kind == "encodings" and self._edits and not self._under_way():
            self._commit_first()

    def _take(self, found: RangeFound) -> None:
        wish = self._sent.pop(found.ticket, None)
        if wish is None:
            return  # cancelled with its engine
        if found.range is not None:
            wish.keep(found.range)
        elif self._edits:
            self._tell("failed", Failed("ranges", found.problem or Text("Cancelled.")))
            self.cancel()
        self._send()
        if self._edits:
            self._show_progress()
            if not self._under_way():
                self._commit_first()

    def _unsent(self, wishes: Iterable[Wish]) -> list[Wish]:
        return [w for w in wishes if not any(w.same(sent) for sent in self._sent.values())]

    def _under_way(self) -> bool:
        return any(not w.known for w in (*self._wishes, *self._sent.values()))

    def _send(self) -> None:
        while len(self._sent) < UNDER_WAY and (self._wishes or self._marks):
            wish = self._wishes.popleft() if self._wishes else self._marks.popleft()
            if not wish.known:
                self._ticket += 1
                self._sent[self._ticket] = wish
                self._session.look(FindRange(self._ticket, wish))

    def _show_progress(self) -> None:
        left = len(self._wishes) + len(self._sent)
        progress = Progress("ranges", max(self._total - left, 0), self._total)
        self._session.progress["ranges"] = progress
        self._tell("progress", progress)

    def _engine_changed(self, event: EngineGone | EngineBack) -> None:
        """What the dead engine was looking for, the next one is asked again."""
        if isinstance(event, EngineGone):
            self._wishes.extendleft(reversed(self._sent.values()))
            self._sent.clear()
        else:
            self._send()
            if self._edits:
                self._show_progress()
