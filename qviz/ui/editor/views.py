"""Which part of the value axis is shown: the bulk, the clip range, everything, and a tensor's first view."""

import math

from qviz.ui.editor.subject import Subject
from qviz.ui.editor.value_map import ValueMap

BULK = 0.999  # share of the values
NEAR = 64.0  # a handle within so many widths of the bulk is in the first view: a range far too wide looks so
PAD = 0.09  # room for the tabs of handles at both ends
KNEE = 100.0  # the symmetric-log axis turns linear at this part of the bulk

Span = tuple[float, float]  # two values


def bulk(subject: Subject) -> Span:
    """The range that holds 99.9 % of the values, with zero; without data the clip range."""
    if subject.histogram is None or not subject.histogram.total:
        return clip_range(subject)
    low, high = subject.histogram.mass_range(BULK)
    return min(low, 0.0), max(high, 0.0)


def clip_range(subject: Subject) -> Span:
    """The requested range; without one, all values."""
    return subject.requested if subject.has_range else everything(subject)


def everything(subject: Subject) -> Span:
    """All values and the clip range."""
    spans = [subject.requested] if subject.has_range else []
    if subject.histogram is not None and subject.histogram.total:
        spans.append((subject.histogram.min, subject.histogram.max))
    return min((low for low, _ in spans), default=-1.0), max((high for _, high in spans), default=1.0)


def first(subject: Subject) -> Span:
    """The bulk, widened to the handles where they are near."""
    low, high = bulk(subject)
    if not subject.has_range:
        return low, high
    reach = NEAR * (high - low)
    wanted_low, wanted_high = subject.requested
    return wanted_low if low - reach <= wanted_low < low else low, (
        wanted_high if high < wanted_high <= high + reach else high
    )


def padded(span: Span, value_map: ValueMap) -> Span:
    """A span of values as plot coordinates with a margin on both sides; never empty."""
    low, high = value_map.plot(span[0]), value_map.plot(span[1])
    if not high - low > 1e-12 * max(abs(low), abs(high)):
        low, high = low - 1.0, high + 1.0
    room = PAD * (high - low)
    return low - room, high + room


def without_void(subject: Subject, span: Span, value_map: ValueMap) -> Span:
    """A span of values as plot coordinates; of a one-sided tensor, the other side of zero takes but a margin."""
    (low, high), (least, most) = (value_map.plot(edge) for edge in span), everything(subject)
    room = PAD * (high - low)
    return max(low, -room) if least >= 0 else low, min(high, room) if most <= 0 else high


def map_for(subject: Subject, symlog: bool) -> ValueMap:
    """Plot coordinates in units of the bulk (or of its hundredth, on a symmetric-log axis)."""
    size = max(map(abs, bulk(subject)))
    size = size if math.isfinite(size) and size > 0 else 1.0
    return ValueMap(size / KNEE if symlog else size, symlog)


def zoomed(view: Span, factor: float, anchor: float) -> Span:
    """A view in plot coordinates after zooming about `anchor`, within what double precision can draw."""
    low, high = (anchor + (edge - anchor) * factor for edge in view)
    tiny = 1e-7 * max(1e-3, abs(low), abs(high))
    return (low, high) if tiny < high - low < 1e7 else view


def revealing(view: Span, place: float, share: float, side: int) -> Span:
    """The view changed on one side (-1: left, 1: right) so that `place` lies at `share` of its width."""
    low, high = view
    share = min(max(share, 0.05), 0.95)
    if side > 0:
        return low, low + (place - low) / share
    return high - (high - place) / (1 - share), high
