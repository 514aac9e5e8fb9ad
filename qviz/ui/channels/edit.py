"""One edit of a channel's range, or of all as one: previews while it moves, one history entry at the end."""

from collections.abc import Callable

from qviz.edits import scaled, with_channel_range
from qviz.encodings import Encodings, Setting
from qviz.quant.encoding import move_edge
from qviz.session import Session
from qviz.ui.channels.rows import edges_of
from qviz.ui.editor.subject import EDGES, Edge, Subject

SMALLEST = 1e-3  # factor of all ranges as one: from nothing they could not be drawn out again
Label = Callable[[str, int | None], str]  # name, channel (None: all) -> name of the history entry


class ChannelEdit:
    """Moves an edge of one channel as it was when the edit began; `together` takes all channels along."""

    def __init__(self, session: Session, label: Label) -> None:
        self._session, self._label = session, label
        self.subject: Subject | None = None  # as it was before
        self._channel, self._together = 0, False
        self._preview: Encodings | None = None

    def begin(self, subject: Subject, channel: int, together: bool) -> None:
        self.subject, self._channel, self._together, self._preview = subject, channel, together, None

    def move(self, edge: Edge, value: float) -> None:
        """Preview the range with `edge` at `value`."""
        assert self.subject is not None
        self._preview = self._moved(self.subject, self._channel, self._together, edge, value)
        self._session.preview(self._preview)

    def finish(self) -> bool:
        """Commit what was previewed; False where nothing had moved."""
        subject, preview = self.subject, self._preview
        self.subject = self._preview = None
        if subject is None or preview is None:
            return False
        self._session.commit(preview, self._named(subject, self._channel, self._together))
        return True

    def cancel(self) -> None:
        if self._preview is not None:
            self._session.cancel_preview()
        self.subject = self._preview = None

    def set(self, subject: Subject, channel: int, together: bool, edge: Edge, value: float) -> None:
        """Commit at once; nudges of one channel within a second are one entry."""
        changed = self._moved(subject, channel, together, edge, value)
        key = nudge_key(subject.name, channel)
        self._session.commit(changed, self._named(subject, channel, together), merge_key=key)

    def take_back(self, name: str, channel: int) -> bool:
        """Undo the nudges of this channel, if they are the newest entry."""
        history = self._session.history
        if history.entries[history.index].merge_key != nudge_key(name, channel):
            return False
        self._session.undo()
        return True

    def _moved(self, subject: Subject, channel: int, together: bool, edge: Edge, value: float) -> Encodings:
        changed = moved(subject, channel, together, edge, value)
        return self._session.committed.with_settings({subject.name: changed})

    def _named(self, subject: Subject, channel: int, together: bool) -> str:
        one = subject.setting.spec.per_channel and not together
        return self._label(subject.name, channel if one else None)


def nudge_key(name: str, channel: int) -> str:
    return f"nudge {name} {channel}"


def moved(subject: Subject, channel: int, together: bool, edge: Edge, value: float) -> Setting:
    """The subject's setting with one edge of a channel at `value`; per-tensor, the edge of the one range.

    `together`: every other channel's edge moves in proportion; where edges mirror each other, both.
    """
    setting, histogram = subject.setting, subject.histogram
    before = edges_of(subject, channel)
    low, high = move_edge(*before, setting.spec, edge, value)
    if not setting.spec.per_channel:
        return with_channel_range(setting, histogram, 0, low, high)
    if not together:
        return with_channel_range(setting, histogram, channel, low, high)
    index = EDGES.index(edge)
    factor = max((low, high)[index] / before[index], SMALLEST) if before[index] else 1.0
    if subject.mirrored:
        return scaled(setting, histogram, factor, factor)
    return scaled(setting, histogram, *((factor, 1.0) if edge == "min" else (1.0, factor)))
