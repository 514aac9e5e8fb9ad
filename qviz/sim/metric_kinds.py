"""What a metric keeps of each sample, and the value it makes of that.

Every value is a function of the mean of per-sample statistics, so that any prefix can be summed up, two states can be
compared sample by sample, and a bootstrap needs only weighted means.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Stats = NDArray[Any]  # (samples, k), float64; one row of objects a sample for a user's metric of the whole set
Values = Mapping[str, Array | Sequence[Array]]  # by name, the first axis = samples


class SampleMetric(Protocol):
    """One figure of merit of one output."""

    @property
    def name(self) -> str: ...

    @property
    def output(self) -> str: ...

    @property
    def unit(self) -> str: ...  # "%", "dB" or ""

    @property
    def higher_is_better(self) -> bool: ...

    def stats(self, reference: Values, outputs: Values, labels: Array | None, samples: Values | None = None) -> Stats:
        """One row a sample from the float `reference`, the `outputs`, and for a user's metric the input `samples`."""

    def value(self, stats: Stats) -> float:
        """The metric over the samples of `stats`; nan where there is none."""


class MeanMetric:
    """A metric that is a function of the mean statistics."""

    def of_means(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """`means` of shape (..., k) -> values (...). The mean of the only statistic, unless a metric says otherwise."""
        return means[..., 0]

    def value(self, stats: Stats) -> float:
        return float(self.of_means(stats.mean(axis=0))) if len(stats) else float("nan")


@dataclass(frozen=True)
class Proportion(MeanMetric, ABC):
    """Percent of samples whose statistic, 0 or 1, is 1."""

    output: str
    unit: ClassVar[str] = "%"
    higher_is_better: ClassVar[bool] = True

    def of_means(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        return 100.0 * means[..., 0]

    def value(self, stats: Stats) -> float:
        return float(100.0 * stats.sum() / len(stats)) if len(stats) else float("nan")  # 84.9, not 84.89999999999999

    @abstractmethod
    def hits(self, reference: Values, outputs: Values, labels: Array | None) -> NDArray[np.bool_]: ...

    def stats(self, reference: Values, outputs: Values, labels: Array | None, samples: Values | None = None) -> Stats:
        return self.hits(reference, outputs, labels).astype(np.float64)[:, None]


@dataclass(frozen=True)
class Top1(Proportion):
    """Percent of samples whose largest score is the label's. The first of equal scores counts; NaN is wrong."""

    name: ClassVar[str] = "top1"

    def hits(self, reference: Values, outputs: Values, labels: Array | None) -> NDArray[np.bool_]:
        return predictions(outputs[self.output]) == _required(labels)


@dataclass(frozen=True)
class Top5(Proportion):
    """Percent of samples whose label is among the five largest scores, ties going to the lower index; NaN is wrong."""

    name: ClassVar[str] = "top5"

    def hits(self, reference: Values, outputs: Values, labels: Array | None) -> NDArray[np.bool_]:
        scores, wanted = class_scores(outputs[self.output]), _required(labels)[:, None]
        own = np.take_along_axis(scores, wanted, axis=1)
        ahead = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < wanted))
        return (ahead.sum(axis=1) < 5) & ~np.isnan(scores).any(axis=1)


@dataclass(frozen=True)
class Agreement(Proportion):
    """Percent of samples whose prediction is the float model's; what does not agree is a flip."""

    name: ClassVar[str] = "agreement"

    def hits(self, reference: Values, outputs: Values, labels: Array | None) -> NDArray[np.bool_]:
        expected = predictions(reference[self.output])
        return (expected == predictions(outputs[self.output])) & (expected >= 0)


@dataclass(frozen=True)
class Distance(MeanMetric, ABC):
    """How far the quantized output is from the float one; nan where their shapes differ."""

    output: str
    unit: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = True
    width: ClassVar[int] = 2

    @abstractmethod
    def columns(self, x: Array, y: Array) -> tuple[Array, ...]:
        """Per-sample statistics, `width` arrays (samples,), of float `x` and quantized `y`, (samples, elements)."""

    def stats(self, reference: Values, outputs: Values, labels: Array | None, samples: Values | None = None) -> Stats:
        expected, found = reference[self.output], outputs[self.output]
        if not _comparable(expected, found):
            return np.full((len(found), self.width), np.nan)
        x, y = (np.asarray(values, np.float64).reshape(len(values), -1) for values in (expected, found))
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack(self.columns(x, y), axis=1)


@dataclass(frozen=True)
class Sqnr(Distance):
    """10 log10(sum float^2 / sum (float - quantized)^2) over all samples, in dB: inf where nothing differs."""

    name: ClassVar[str] = "sqnr"
    unit: ClassVar[str] = "dB"

    def columns(self, x: Array, y: Array) -> tuple[Array, ...]:
        return (x * x).sum(axis=1), _squared_error(x, y)

    def of_means(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        return _decibels(means)


@dataclass(frozen=True)
class Psnr(Distance):
    """10 log10(peak^2 / mean squared error) in dB; peak = max - min of a sample's float output, rms over samples."""

    name: ClassVar[str] = "psnr"
    unit: ClassVar[str] = "dB"

    def columns(self, x: Array, y: Array) -> tuple[Array, ...]:
        return np.ptp(x, axis=1) ** 2 * x.shape[1], _squared_error(x, y)

    def of_means(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        return _decibels(means)


@dataclass(frozen=True)
class Cosine(Distance):
    """Cosine between a sample's float and quantized output, averaged; 0 where one of them alone is zero."""

    name: ClassVar[str] = "cosine"
    width: ClassVar[int] = 1

    def columns(self, x: Array, y: Array) -> tuple[Array, ...]:
        lengths = np.sqrt((x * x).sum(axis=1)) * np.sqrt((y * y).sum(axis=1))
        cosines = np.divide((x * y).sum(axis=1), lengths, out=np.zeros(len(x)), where=lengths != 0)
        both_zero = ~x.any(axis=1) & ~y.any(axis=1)
        return (np.where(both_zero, 1.0, np.clip(cosines, -1.0, 1.0)),)


@dataclass(frozen=True)
class Mse(Distance):
    """Mean of (float - quantized)^2 over all elements of all samples."""

    name: ClassVar[str] = "mse"
    higher_is_better: ClassVar[bool] = False

    def columns(self, x: Array, y: Array) -> tuple[Array, ...]:
        return _squared_error(x, y), np.full(len(x), float(x.shape[1]))

    def of_means(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        return means[..., 0] / means[..., 1]


def class_scores(output: Array | Sequence[Array]) -> NDArray[Any]:
    """Scores of shape (samples, classes) from (samples, classes) or with axes of length 1 beside the classes."""
    scores = np.asarray(output)
    return scores.reshape(len(scores), -1)


def predictions(output: Array | Sequence[Array]) -> NDArray[np.int64]:
    """Index of the largest score, the first of equal ones; -1 where a score is NaN."""
    scores = class_scores(output)
    broken = np.isnan(scores).any(axis=1) if scores.dtype.kind == "f" else np.zeros(len(scores), bool)
    return np.where(broken, -1, scores.argmax(axis=1))


def _required(labels: Array | None) -> Array:
    if labels is None:
        raise ValueError("this metric needs labels")
    return labels


def _comparable(reference: Array | Sequence[Array], output: Array | Sequence[Array]) -> bool:
    arrays = isinstance(reference, np.ndarray) and isinstance(output, np.ndarray)
    return arrays and np.shape(reference) == np.shape(output) and np.size(output) > 0


def _squared_error(x: Array, y: Array) -> Array:
    difference = x - y
    return (difference * difference).sum(axis=1)


def _decibels(means: NDArray[np.float64]) -> NDArray[np.float64]:
    signal, noise = means[..., 0], means[..., 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(noise == 0, np.inf, 10.0 * np.log10(signal / noise))
