"""What is worked out of a histogram, remembered as long as the histogram is there and no longer."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from qviz.quant.histogram import Histogram

P = ParamSpec("P")
R = TypeVar("R")
MOST = 8  # answers a histogram: those of the settings of now and of B, and a few before


def per_histogram(work: Callable[Concatenate[Histogram, P], R]) -> Callable[Concatenate[Histogram, P], R]:
    """`work`, asked once for the same histogram and the same (hashable, positional) rest."""
    known: WeakKeyDictionary[Histogram, dict[object, R]] = WeakKeyDictionary()

    @wraps(work)
    def found(histogram: Histogram, *rest: P.args, **named: P.kwargs) -> R:
        answers = known.setdefault(histogram, {})
        if rest not in answers:
            if len(answers) >= MOST:
                del answers[next(iter(answers))]
            answers[rest] = work(histogram, *rest, **named)
        return answers[rest]

    return found
