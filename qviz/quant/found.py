"""Ranges that calibrators found, kept as long as the histogram they were found in.

Whoever must not wait asks inside `wishing()`: what would take long is then noted instead of looked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from qviz.quant.calibrators import NEEDS_BATCHES, range_of
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Spec
from qviz.quant.statistics import MinMax, Range

AT_ONCE = frozenset(("minmax", "moving-average", "sigma", "aimet-minmax"))  # below a millisecond: never noted
Known = dict[tuple[str, Spec], Range]


@dataclass(frozen=True, eq=False)
class Wish:
    """A range that somebody needs."""

    histogram: Histogram
    spec: Spec
    method: str

    @property
    def known(self) -> bool:
        """Whether the range has been found, or nobody needs to look for it."""
        return self.method in AT_ONCE or (self.method, self.spec) in _known.get(self.histogram, {})

    def same(self, other: "Wish") -> bool:
        """Whether both ask for one range."""
        return self.histogram is other.histogram and (self.method, self.spec) == (other.method, other.spec)

    def find(self) -> Range:
        """Let the calibrator look. Raises QvizError as it does."""
        return range_of(self.histogram, self.spec, self.method)

    def keep(self, found: Range) -> None:
        """Remember what was found."""
        _known.setdefault(self.histogram, {})[self.method, self.spec] = found


_known: WeakKeyDictionary[Histogram, Known] = WeakKeyDictionary()
_wishes: ContextVar[list[Wish] | None] = ContextVar("wishes", default=None)


@contextmanager
def wishing() -> Iterator[list[Wish]]:
    """Inside, ranges not known yet are listed rather than looked for, unless that is quick; min-max stands in."""
    wishes: list[Wish] = []
    token = _wishes.set(wishes)
    try:
        yield wishes
    finally:
        _wishes.reset(token)


def calibrated_range(histogram: Histogram, spec: Spec, method: str) -> Range:
    """What the calibrator `method` finds: (low, high), shape (channels,) where `spec` is per-channel, else (1,).

    Raises QvizError where it needs the batches and nobody watched them.
    """
    wish, wishes = Wish(histogram, spec, method), _wishes.get()
    if method in AT_ONCE or (method in NEEDS_BATCHES and histogram.watched is None):
        return wish.find()
    if not wish.known:
        if wishes is not None:
            wishes.append(wish)
            return MinMax().range(histogram, spec)
        wish.keep(wish.find())
    return _known[histogram][method, spec]
