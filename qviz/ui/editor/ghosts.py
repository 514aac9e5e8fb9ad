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


@dataclass(frozen=True)
class Ghost:
    """A calibrator's range; for a channel-wise spec the envelope over channels."""

    source: str
    range: tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """A place on the screen that one or more calibrators point at; `label_x` is where its text begins, if it fits."""

    x: float
    label: str
    label_x: float | None


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


def marks(
    places: Sequence[tuple[float, str]],
    width: Callable[[str], float],
    left: float,
    right: float,
    lines: Sequence[float] = (),
) -> list[Mark]:
    """Marks of (x, label) pairs: closer than 4 pixels merge; labels lie beside their mark and cross no line."""
    together: list[tuple[float, list[str]]] = []
    for x, label in sorted(p for p in places if left <= p[0] <= right):
        if together and x - together[-1][0] < MERGE:
            together[-1][1].extend([label] if label not in together[-1][1] else [])
        else:
            together.append((x, [label]))
    merged = [(x, _joined(labels)) for x, labels in together]
    result, free = [], left
    for i, (x, label) in enumerate(merged):
        text = width(label)
        following = merged[i + 1][0] if i + 1 < len(merged) else right
        clear = (p for p in (x + 4, x - 4 - text) if not any(p - 2 < line < p + text + 2 for line in lines))
        beside = next((p for p in clear if _fits(p, text, x, free, following, right)), None)
        free = max(free, x, free if beside is None else beside + text + 4)
        result.append(Mark(x, label, beside))
    return result


def _joined(labels: list[str]) -> str:
    """At most NAMED labels in words, the others as a number."""
    named = " · ".join(labels[:NAMED])
    return named if len(labels) <= NAMED else f"{named} +{len(labels) - NAMED}"


def _fits(at: float, text: float, x: float, free: float, following: float, right: float) -> bool:
    end = at + text
    return at >= free and end <= right and (end <= following - 4 if at > x else True)
