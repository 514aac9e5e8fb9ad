"""Ghost marks: where calibrators would put the edges. Which merge, which are labelled, which a drag snaps to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qviz.quant.calibrators import CALIBRATORS, NEEDS_BATCHES, QUICK
from qviz.quant.found import Wish, calibrated_range, wishing
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Spec

SNAP = 6.0  # pixels
MERGE = 4.0  # pixels
QUICK_CHANNELS = 128
NAMED = 3  # calibrators that one mark names
ROWS = 4  # lines of labels
BESIDE = 4.0  # pixels between a mark and its label

_Named = tuple[float, tuple[str, ...]]  # x, and who points there


@dataclass(frozen=True)
class Ghost:
    """A calibrator's range; for a channel-wise spec the envelope over channels."""

    source: str
    range: tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """A place on the screen that one or more calibrators point at.

    `label_x` is where its text begins, None where there is no room for it; `row` the line of text it stands in, from
    the top. The mark itself reaches down to its row.
    """

    x: float
    names: tuple[str, ...]
    label_x: float | None
    row: int = 0

    @property
    def label(self) -> str:
        return joined(self.names)


def ghosts_of(histogram: Histogram, spec: Spec) -> tuple[tuple[Ghost, ...], list[Wish]]:
    """The calibrators' ranges for this histogram that are known or found at once, and those still to be found.

    Without AIMET's own, which lie beside their namesakes; of many channels only those that are quickly found.
    """
    quick = spec.per_channel and histogram.channels > QUICK_CHANNELS
    found, missing = [], []
    for source in (s for s in CALIBRATORS if not s.startswith("aimet-") and (s in QUICK or not quick)):
        if source in NEEDS_BATCHES and histogram.watched is None:
            continue
        with wishing() as wishes:
            low, high = calibrated_range(histogram, spec, source)
        if wishes:
            missing += wishes
        else:
            found.append(Ghost(source, (float(low.min()), float(high.max()))))
    return tuple(found), missing


def snap(x: float, places: Sequence[float]) -> int | None:
    """Index of the nearest place within 6 pixels of `x`."""
    near = sorted((abs(x - p), i) for i, p in enumerate(places))
    return near[0][1] if near and near[0][0] <= SNAP else None


def mark_at(found: Sequence[Mark], x: float) -> Mark | None:
    """The nearest mark within 6 pixels of `x`."""
    nearest = snap(x, [mark.x for mark in found])
    return None if nearest is None else found[nearest]


def marks(
    places: Sequence[tuple[float, str]],
    width: Callable[[str], float],
    left: float,
    right: float,
    lines: Sequence[float] = (),
    rows: int = ROWS,
) -> list[Mark]:
    """Marks of (x, name) pairs: closer than 4 pixels merge. Labels stand beside their marks and cross no line.

    Where marks crowd, their labels go up in steps, to the right or to the left, in at most `rows` lines of text.
    """
    result: list[Mark] = []
    crowds = _crowds(_merged(places, left, right), width)
    for i, crowd in enumerate(crowds):
        following = crowds[i + 1][0][0] - BESIDE if i + 1 < len(crowds) else right
        result += _labelled(crowd, width, lines, (left, following), rows)
        left = max(m.x if m.label_x is None else max(m.x, m.label_x + width(m.label)) for m in result) + BESIDE
    return result


def joined(names: Sequence[str]) -> str:
    """At most NAMED names in words, the others as a number."""
    named = " · ".join(names[:NAMED])
    return named if len(names) <= NAMED else f"{named} +{len(names) - NAMED}"


def _merged(places: Sequence[tuple[float, str]], left: float, right: float) -> list[_Named]:
    together: list[_Named] = []
    for x, name in sorted(p for p in places if left <= p[0] <= right):
        if together and x - together[-1][0] < MERGE:
            at, names = together[-1]
            together[-1] = (at, names if name in names else (*names, name))
        else:
            together.append((x, (name,)))
    return together


def _crowds(merged: Sequence[_Named], width: Callable[[str], float]) -> list[list[_Named]]:
    """Neighbours between which one of their labels would not fit stand together."""
    crowds: list[list[_Named]] = []
    for x, names in merged:
        text = width(joined(names))
        if crowds and x - crowds[-1][-1][0] < 2 * BESIDE + max(text, width(joined(crowds[-1][-1][1]))):
            crowds[-1].append((x, names))
        else:
            crowds.append([(x, names)])
    return crowds


def _labelled(
    crowd: Sequence[_Named],
    width: Callable[[str], float],
    lines: Sequence[float],
    room: tuple[float, float],
    rows: int,
) -> list[Mark]:
    """The first few with labels to their left, the others to their right: as it gives the most labels, the highest."""
    spans = [(x, width(joined(names))) for x, names in crowd]
    mirrored, mirrored_lines = [(-x, text) for x, text in spans], [-line for line in lines]
    best: list[int | None] = []
    turn = 0
    for split in range(len(crowd) + 1):
        before = _stairs(mirrored[:split][::-1], mirrored_lines, -room[0], rows)[::-1]
        found = before + _stairs(spans[split:], lines, room[1], rows)
        if not best or _worth(found) > _worth(best):
            best, turn = found, split
    starts = [x - BESIDE - text if i < turn else x + BESIDE for i, (x, text) in enumerate(spans)]
    return [
        Mark(x, names, None if row is None else start, row or 0)
        for (x, names), start, row in zip(crowd, starts, best, strict=True)
    ]


def _stairs(spans: Sequence[tuple[float, float]], lines: Sequence[float], limit: float, rows: int) -> list[int | None]:
    """The row of each label right of its mark: below those that its text lies across. None: no room."""
    found: list[int | None] = []
    for i, (x, text) in reversed(list(enumerate(spans))):
        end = x + BESIDE + text
        crossed = [row or 0 for (at, _), row in zip(reversed(spans[i + 1 :]), found, strict=True) if at < end + BESIDE]
        row = max(crossed, default=-1) + 1
        clear = end <= limit and not any(x + 1 < line < end + 2 for line in lines)
        found.append(row if clear and row < rows else None)
    return found[::-1]


def _worth(found: Sequence[int | None]) -> tuple[int, int]:
    shown = [row for row in found if row is not None]
    return len(shown), -sum(shown)
