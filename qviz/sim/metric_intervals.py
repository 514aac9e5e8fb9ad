"""How sure a figure is: intervals of one state, of the change between two, and the estimate from a part of the samples.

All intervals are at 95 %. `new` and `old` are statistics of the same samples in the same order, as a metric's `stats`
gives them.
"""

from functools import lru_cache
from math import comb, sqrt

import numpy as np
from numpy.typing import NDArray

from qviz.sim.metric_kinds import MeanMetric, Proportion, SampleMetric, Stats

Z = 1.959964  # standard normal quantile of 97.5 %
RESAMPLES = 200
MAX_GROUPS = 512  # keeps an interval below a millisecond, however many samples there are
Estimate = tuple[float, float, float]  # value, low, high
UNKNOWN = float("nan")


def wilson(successes: float, n: int) -> tuple[float, float]:
    """Wilson's score interval of a proportion (E. B. Wilson, 1927), in percent; 0 to 100 where n is 0."""
    if n == 0:
        return 0.0, 100.0
    p, z2 = successes / n, Z * Z / n
    centre, half = (p + z2 / 2) / (1 + z2), Z * sqrt(p * (1 - p) / n + z2 / (4 * n)) / (1 + z2)
    return 100 * max(0.0, centre - half), 100 * min(1.0, centre + half)


def ci95(metric: SampleMetric, stats: Stats) -> tuple[float, float] | None:
    """Interval of the metric itself: Wilson's for a proportion, else bootstrap, None for a user's whole-set one."""
    if isinstance(metric, Proportion):
        return wilson(float(stats[:, 0].sum()), len(stats))
    if not isinstance(metric, MeanMetric) or not np.isfinite(metric.value(stats)):
        return None
    low, high = _percentiles(metric.of_means(_resampled(stats)))
    return low, high


def paired_change(new: Stats, old: Stats, metric: SampleMetric, total: int | None) -> Estimate:
    """Change from `old` to `new` on the samples done, with the interval of the change on all `total` samples.

    `total` None: of the population the samples were drawn from ("for a test set of this size"). Proportions: normal
    interval with finite-population correction; without a flip +-3/n (rule of three), and never more than what is left
    can change. Others: bootstrap. The interval is nan where there is none, all three are nan where a value is not
    finite (SQNR of a state that equals float).
    """
    change = metric.value(new) - metric.value(old)
    if not np.isfinite(change):
        return UNKNOWN, UNKNOWN, UNKNOWN
    correction = _finite_population(len(new), total)
    if correction == 0:
        return change, change, change
    if isinstance(metric, Proportion):
        half = _half_width(new[:, 0] - old[:, 0], correction, total)
        return change, change - half, change + half
    if not isinstance(metric, MeanMetric):
        return change, UNKNOWN, UNKNOWN
    with np.errstate(invalid="ignore"):  # two infinite values: their difference is unknown
        low, high = _percentiles(metric.of_means(_resampled(new)) - metric.of_means(_resampled(old)))
    return change, change + (low - change) * correction, change + (high - change) * correction


def estimate(metric: SampleMetric, new: Stats, old: Stats) -> Estimate:
    """The metric on all samples, of which `new` holds the first: that of `old` on all, plus the paired change.

    `old` are the statistics of the last complete state on all samples. Where its value is not finite, the plain value
    of `new` with its own interval. When complete: the plain value, and no interval but itself.
    """
    done, total = len(new), len(old)
    if done == total:
        value = metric.value(new)
        return value, value, value
    change, low, high = paired_change(new, old[:done], metric, total)
    base = metric.value(old)
    if not np.isfinite(base + change):
        return metric.value(new), *(ci95(metric, new) or (UNKNOWN, UNKNOWN))
    figures = (base + change, base + low, base + high)
    if isinstance(metric, Proportion):
        figures = tuple(min(100.0, max(0.0, figure)) for figure in figures)  # type: ignore[assignment]
    return figures


def mcnemar(new: Stats, old: Stats) -> float:
    """Two-sided exact p-value of McNemar's test: whether wins and losses among the flips are equally likely.

    For statistics of 0 and 1 only: top-1 and top-5.
    """
    wins = int(((new[:, 0] > 0.5) & (old[:, 0] < 0.5)).sum())
    losses = int(((new[:, 0] < 0.5) & (old[:, 0] > 0.5)).sum())
    flips = wins + losses
    tail = sum(comb(flips, k) for k in range(min(wins, losses) + 1))
    return min(1.0, 2 * tail / 2**flips)


def _finite_population(n: int, total: int | None) -> float:
    """Standard error on `n` of `total` samples without replacement over that with: 0 when all are done."""
    if total is None:
        return 1.0
    return sqrt((total - n) / (total - 1)) if n < total else 0.0


def _half_width(differences: NDArray[np.float64], correction: float, total: int | None) -> float:
    """Of the mean of differences -1, 0 and 1, in points."""
    n = len(differences)
    if not differences.any():
        left = 1.0 if total is None else (total - n) / total
        return 100 * min(3 / n, left)
    return 100 * Z * float(differences.std(ddof=1)) / sqrt(n) * correction if n > 1 else 100.0


@lru_cache(maxsize=16)
def _weights(groups: int) -> NDArray[np.float64]:
    """How often each of `groups` is drawn in each resample, (RESAMPLES, groups), the same for the same number."""
    draws = np.random.default_rng(0).multinomial(groups, np.full(groups, 1 / groups), RESAMPLES)
    return draws.astype(np.float64)


def _resampled(stats: Stats) -> NDArray[np.float64]:
    """Mean statistics of each resample, (RESAMPLES, k). Many samples are drawn in MAX_GROUPS groups, not one by one."""
    groups = min(len(stats), MAX_GROUPS)
    group = np.arange(len(stats)) % groups
    columns = [np.bincount(group, column, groups) for column in stats.T]
    weights = _weights(groups)
    return (weights @ np.stack(columns, axis=1)) / (weights @ np.bincount(group))[:, None]


def _percentiles(values: NDArray[np.float64]) -> tuple[float, float]:
    """Of 2.5 and 97.5 percent, between two values by proportion; `np.percentile` takes as long as all the rest."""
    ordered = np.sort(values)
    low, high = np.interp(np.array((0.025, 0.975)) * (len(ordered) - 1), np.arange(len(ordered)), ordered)
    return (float(low), float(high)) if not np.isnan(ordered[-1]) else (UNKNOWN, UNKNOWN)
