"""From per-sample statistics to an answer: the paired estimate, its interval, and changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from qviz.sim.metrics import Agreement, SampleMetric, Sqnr, Top1, Top5, estimate, mcnemar, paired_change
from qviz.sim.result import Interval, Metric, Result, TensorError

Stats = tuple[NDArray[np.float64], ...]  # one array (samples, k) a metric, in evaluation order


@dataclass(frozen=True, eq=False)
class Anchors:
    """Complete statistics that a partial answer leans on: of the float model, the last complete state, baseline B."""

    reference: Stats | None = None
    last: Stats | None = None
    baseline: Stats | None = None


def join(parts: Sequence[Stats]) -> Stats:
    """Statistics of consecutive micro-batches as one."""
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def summarise(
    metrics: Sequence[SampleMetric],
    stats: Stats,
    reference: Stats,
    anchors: Anchors,
    generation: int,
    total: int,
    tensors: Mapping[str, TensorError],
    seconds: float,
) -> Result:
    """The answer after the samples in `stats`; `reference` are the float model's statistics of the same samples."""
    done = len(stats[0])
    figures = []
    for i, metric in enumerate(metrics):
        figures.append(_figure(metric, i, stats[i], reference[i], anchors, total))
    sqnr = next((f.quantized for f, m in zip(figures, metrics, strict=True) if isinstance(m, Sqnr)), float("nan"))
    agreement = next((i for i, m in enumerate(metrics) if isinstance(m, Agreement)), None)
    return Result(
        generation=generation,
        samples=done,
        total=total,
        metrics=tuple(figures),
        output_sqnr_db=sqnr,
        agreement=None if agreement is None else figures[agreement].quantized,
        flips=None if agreement is None else int(done - stats[agreement].sum()),
        tensors=tensors,
        seconds=seconds,
    )


def _figure(
    metric: SampleMetric,
    i: int,
    new: NDArray[np.float64],
    reference: NDArray[np.float64],
    anchors: Anchors,
    total: int,
) -> Metric:
    done = len(new)
    last = anchors.last[i] if anchors.last is not None else None
    ci95: Interval | None = None
    if done < total and last is not None:
        estimated = estimate(metric, new, last)
        value, ci95 = estimated[0], _interval(estimated)
    else:
        value = metric.value(new)
    of = None if done == total else total  # complete: the interval is that of a test set of this size
    difference = paired_change(new, reference, metric, of)
    pinned = None if anchors.baseline is None else anchors.baseline[i]
    baseline = None if pinned is None else paired_change(new, pinned[:done], metric, of)
    tested = done == total and isinstance(metric, Top1 | Top5)
    whole = anchors.reference[i] if anchors.reference is not None else reference
    return Metric(
        name=metric.name,
        output=metric.output,
        unit=metric.unit,
        float=metric.value(whole),
        quantized=value,
        ci95=ci95,
        difference=_known(difference[0]),
        difference_ci95=_interval(difference),
        change=_known(baseline[0]) if baseline else None,
        change_ci95=_interval(baseline) if baseline else None,
        difference_p=mcnemar(new, reference) if tested else None,
        change_p=mcnemar(new, pinned) if tested and pinned is not None else None,
    )


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _interval(estimated: tuple[float, float, float]) -> Interval | None:
    return estimated[1:] if isfinite(estimated[1]) and isfinite(estimated[2]) else None
