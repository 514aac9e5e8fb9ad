"""Finding a range elsewhere: what is asked for and what is answered. Plain values that travel between processes."""

from dataclasses import dataclass

from qviz.errors import QvizError, Text
from qviz.quant.found import Wish
from qviz.quant.statistics import Range


@dataclass(frozen=True, eq=False)
class FindRange:
    """Let a calibrator look for a range. `ticket` tells answers apart."""

    ticket: int
    wish: Wish


@dataclass(frozen=True, eq=False)
class RangeFound:
    """The answer to a FindRange: a range, or why there is none."""

    ticket: int
    range: Range | None
    problem: Text | None = None


def find_range(request: FindRange) -> RangeFound:
    """The answer to `request`."""
    try:
        return RangeFound(request.ticket, request.wish.find())
    except QvizError as error:
        return RangeFound(request.ticket, None, error.text)
