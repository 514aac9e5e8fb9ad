"""Ranges that calibrators found, kept as long as the histogram they were found in.

Whoever must not wait asks inside `wishing()`: what would take long is then noted instead of looked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from qviz.errors import QvizError
from qviz.quant.calibrators import NEEDS_BATCHES, range_of
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Spec, TernarySpec, UniformSpec
from qviz.quant.statistics import MinMax, Range
from qviz.quant.thin import ThinHistogram

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
        return self.quick or (self.method, self.spec) in _known.get(self.histogram, {})

    @property
    def quick(self) -> bool:
        """Whether what the histogram knows tells at once; of thinned channels, the best size of ternary does not."""
        thin = isinstance(self.histogram, ThinHistogram) and isinstance(self.spec, TernarySpec)
        return self.method in AT_ONCE and not by_block(self.spec) and not thin

    def same(self, other: "Wish") -> bool:
        """Whether both ask for one range."""
        return self.histogram is other.histogram and (self.method, self.spec) == (other.method, other.spec)

    def find(self) -> Range:
        """Let the calibrator look. Raises QvizError as it does."""
        counted = self.histogram.full if isinstance(self.histogram, ThinHistogram) and not self.quick else None
        return range_of(self.histogram if counted is None else counted(), self.spec, self.method)

    def keep(self, found: Range) -> None:
        """Remember what was found."""
        _known.setdefault(self.histogram, {})[self.method, self.spec] = found


def by_block(spec: Spec) -> bool:
    """Whether it takes the weight itself to find ranges."""
    return isinstance(spec, UniformSpec) and spec.per_block


def block_wish(histogram: Histogram, spec: Spec) -> Wish:
    """The extremes of blocks, whatever else `spec` says; who holds the weight finds them."""
    assert isinstance(spec, UniformSpec)
    return Wish(histogram, UniformSpec(granularity=spec.granularity, block=spec.block), "minmax")


def known_extremes(histogram: Histogram, spec: Spec) -> Range | None:
    """The extremes of blocks where they have been found; else they are wished for, and None."""
    wish, wishes = block_wish(histogram, spec), _wishes.get()
    if wish.known:
        return _known[histogram]["minmax", wish.spec]
    if wishes is not None:
        wishes.append(wish)
    return None


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

    Per-block it is each block's own extremes, whatever the method. Raises QvizError where it needs the batches and
    nobody watched them, and for blocks that nobody has looked at.
    """
    if by_block(spec):
        found = known_extremes(histogram, spec)
        if found is None and _wishes.get() is None:
            raise QvizError("The ranges of the blocks are not known yet: set the form again.")
        return MinMax().range(histogram.collapsed(), spec) if found is None else found
    wish, wishes = Wish(histogram, spec, method), _wishes.get()
    if wish.quick or (method in NEEDS_BATCHES and histogram.watched is None):
        return wish.find()
    if not wish.known:
        if wishes is not None:
            wishes.append(wish)
            return MinMax().range(histogram, spec)
        wish.keep(wish.find())
    return _known[histogram][method, spec]
