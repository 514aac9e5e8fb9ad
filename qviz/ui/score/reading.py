"""What the score strip says about a result: the rules of the live number, as text."""

from dataclasses import dataclass

from qviz.sim.result import Interval, Metric, Result
from qviz.ui.text import NOTHING, fixed

COARSE = 1.0  # wider intervals than this to each side allow no decimals

DOUBTFUL = 0.05  # of McNemar's test, which is exact where the interval is an approximation


@dataclass(frozen=True)
class Reading:
    """Each place of the strip; `direction` is -1, 0 or 1, and 0 unless the interval of the change excludes zero, and
    McNemar's test, where there is one, does not doubt it.

    `difference` is quantized minus float; `difference_p` and `change_p` are of McNemar's test, or empty.
    """

    metric: str = ""
    unit: str = ""
    float: str = NOTHING
    now: str = NOTHING
    now_interval: str = ""
    change: str = NOTHING
    change_interval: str = ""
    difference: str = ""
    difference_p: str = ""
    change_p: str = ""
    direction: int = 0
    flips: str = NOTHING
    samples: str = NOTHING
    dimmed: bool = False


def reading(result: Result | None, generation: int) -> Reading:
    """The strip for the newest answer; dimmed where it belongs to an older generation than `generation`."""
    if result is None or not result.metrics:
        return Reading()
    metric = result.metrics[0]
    interval = None if result.complete else metric.ci95
    return Reading(
        metric=metric.name,
        unit=metric.unit,
        float=fixed(metric.float, 1),
        now=fixed(metric.quantized, _decimals(interval)),
        now_interval=_plus_minus(interval),
        change=fixed(metric.change, _decimals(metric.change_ci95), signed=True),
        change_interval=_plus_minus(metric.change_ci95),
        difference=_difference(metric),
        difference_p=_probability(metric.difference_p),
        change_p=_probability(metric.change_p),
        direction=_direction(metric),
        flips=NOTHING if result.flips is None else str(result.flips),
        samples=f"{result.samples}/{result.total}",
        dimmed=result.generation < generation,
    )


def _half_width(interval: Interval) -> float:
    return (interval[1] - interval[0]) / 2


def _decimals(interval: Interval | None) -> int:
    return 0 if interval is not None and _half_width(interval) > COARSE else 1


def _plus_minus(interval: Interval | None) -> str:
    return "" if interval is None else f"± {fixed(_half_width(interval), _decimals(interval))}"


def _difference(metric: Metric) -> str:
    """What the float model loses, with its interval; empty where nothing is paired."""
    if metric.difference is None:
        return ""
    value = fixed(metric.difference, _decimals(metric.difference_ci95), signed=True)
    return f"{value} {_plus_minus(metric.difference_ci95)}".strip()


def _probability(p: float | None) -> str:
    return "" if p is None else "< 0.001" if p < 0.001 else f"= {p:.2g}"


def _direction(metric: Metric) -> int:
    if metric.change_ci95 is None or (metric.change_p or 0.0) > DOUBTFUL:
        return 0
    low, high = metric.change_ci95
    return 1 if low > 0 else -1 if high < 0 else 0
