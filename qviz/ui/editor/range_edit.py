"""One edit of a clip range by hand: previews while it moves, one history entry at the end."""

from collections.abc import Callable
from dataclasses import replace

from qviz.encodings import Encodings
from qviz.quant.encoding import move_edge
from qviz.session import Session
from qviz.ui.editor.ghosts import Ghost
from qviz.ui.editor.subject import Edge, Subject


class RangeEdit:
    """Moves one edge of the subject's range as it was when the edit began. `label(name)` names the history entry."""

    def __init__(self, session: Session, label: Callable[[str], str]) -> None:
        self._session = session
        self._label = label
        self._start: Subject | None = None
        self._preview: Encodings | None = None

    @property
    def subject(self) -> Subject | None:
        """What is being edited, as it was before."""
        return self._start

    def begin(self, subject: Subject) -> None:
        self._start, self._preview = subject, None

    def move(self, edge: Edge, value: float, ghost: Ghost | None = None) -> None:
        """Preview the range with `edge` at `value`; on a ghost mark whose whole range this is, as that calibrator's."""
        assert self._start is not None
        self._preview = moved(self._session, self._start, edge, value, ghost)
        self._session.preview(self._preview)

    def finish(self) -> bool:
        """Commit what was previewed; False where nothing had moved."""
        start, preview = self._start, self._preview
        self._start = self._preview = None
        if start is None or preview is None:
            return False
        self._session.commit(preview, self._label(start.name))
        return True

    def cancel(self) -> None:
        if self._preview is not None:
            self._session.cancel_preview()
        self._start = self._preview = None

    def nudge(self, subject: Subject, edge: Edge, value: float) -> None:
        """Commit at once; nudges of one quantizer within a second are one entry."""
        changed = moved(self._session, subject, edge, value, None)
        self._session.commit(changed, self._label(subject.name), merge_key=nudge_key(subject.name))

    def take_back(self, name: str) -> bool:
        """Undo the nudges of this quantizer, if they are the newest entry."""
        history = self._session.history
        if history.entries[history.index].merge_key != nudge_key(name):
            return False
        self._session.undo()
        return True


def nudge_key(name: str) -> str:
    return f"nudge {name}"


def moved(session: Session, subject: Subject, edge: Edge, value: float, ghost: Ghost | None) -> Encodings:
    """The committed encodings with one edge of the subject's range at `value`."""
    low, high = move_edge(*subject.requested, subject.setting.spec, edge, value)
    encodings = session.with_range(subject.name, low, high)
    if ghost is None or (low, high) != ghost.range:
        return encodings
    setting = replace(encodings[subject.name], source=ghost.source)
    return encodings.with_settings({subject.name: setting})
