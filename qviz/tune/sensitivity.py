"""Sensitivity: for each quantizer two what-ifs, all quantized but this one, and only this one quantized.

Accuracies on a prefix of the samples are noise, so the ranking is by output SQNR; the headline metric goes beside it.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from math import inf, isfinite, isnan, log10, nan
from typing import TYPE_CHECKING

from qviz.encodings import Encodings, what_if
from qviz.sim.metrics import SampleMetric, Sqnr, paired_change
from qviz.sim.result import SensitivityRow
from qviz.sim.summary import Stats

if TYPE_CHECKING:
    from qviz.sim.engine import Engine  # it imports onnxruntime, which the window's process must not

Stop = Callable[[], bool]
ALONE_SAMPLES, ALONE_SHARE = 128, 4  # what one costs alone rests on a quarter of the samples, and at least so many


def never() -> bool:
    """Nothing stops the work."""
    return False


def output_sqnr_db(metrics: Sequence[SampleMetric], stats: Stats) -> float:
    """SQNR of the model's outputs in dB: of noise over signal, averaged over the outputs; inf where nothing differs.

    For one output this is its SQNR. nan where a shape differs or no output carries a signal.
    """
    means = [s.mean(axis=0) for m, s in zip(metrics, stats, strict=True) if isinstance(m, Sqnr)]
    ratios = [float(noise / signal) for signal, noise in means if signal != 0]
    ratio = sum(ratios) / len(ratios) if ratios else nan
    return inf if ratio == 0 else -10 * log10(ratio) if isfinite(ratio) else nan


def most_regained(rows: Collection[SensitivityRow]) -> list[SensitivityRow]:
    """Rows by regained SQNR, the largest first; those without a figure last."""
    return sorted(rows, key=lambda row: inf if isnan(row.regained_db) else -row.regained_db)


class Sweep:
    """The sensitivity of every quantizer of one state, in steps that can be given up and taken up again.

    Two rounds: what leaving each one in float regains, the quantizer of the worst error of its own first; then what
    each one costs alone, for which fewer samples do: an SQNR settles soon. Only statistics are remembered, so that
    the what-ifs do not drive the user's own states from the memo.
    """

    def __init__(self, engine: "Engine", encodings: Encodings, generation: int = 0, samples: int | None = None) -> None:
        """On the micro-batches that hold the first `samples`; None: on those of a simulation's first stage."""
        self._engine = engine
        self._encodings = encodings
        self._generation = generation
        self._samples = samples
        self._base: Stats | None = None
        self._waiting: deque[tuple[str, bool]] | None = None  # quantizer, and whether alone
        self._rows: dict[str, SensitivityRow] = {}
        self.total = 2 * sum(s.active is not None for s in encodings.settings.values())

    @property
    def done(self) -> int:
        """How many of `total` what-ifs are answered."""
        return 0 if self._waiting is None else self.total - len(self._waiting)

    def step(self, stop: Stop = never) -> SensitivityRow | None:
        """The row of one more what-if; None where none is left. Raises Cancelled between micro-batches."""
        if self._waiting is None:
            self._base = self._measure(self._encodings, stop, remember=True)
            self._waiting = self._ordered(stop)
        if not self._waiting:
            return None
        name, alone = self._waiting[0]
        row = self._alone(name, stop) if alone else self._without(name, stop)
        self._waiting.popleft()
        self._rows[name] = row
        return row

    def _ordered(self, stop: Stop) -> deque[tuple[str, bool]]:
        local = self._engine.local_sqnr(self._encodings, stop)
        active = [n for n, s in self._encodings.settings.items() if s.active is not None]
        names = sorted(active, key=lambda n: local.get(n, inf))
        return deque([(n, alone) for alone in (False, True) for n in names])

    def _without(self, name: str, stop: Stop) -> SensitivityRow:
        assert self._base is not None
        stats = self._measure(what_if(self._encodings, muted={name}), stop)
        evaluation = self._engine.evaluation
        metrics, base = evaluation.metrics, self._base
        # Of the population, also where all samples are done: one flip in 32 tells nothing about the model.
        change, low, high = paired_change(stats[0], base[0], metrics[0], total=None)
        before, after = output_sqnr_db(metrics, base), output_sqnr_db(metrics, stats)
        return SensitivityRow(
            name=name,
            generation=self._generation,
            samples=len(stats[0]),
            all_db=before,
            regained_db=0.0 if after == before else after - before,  # inf - inf is nan
            metric=metrics[0].name,
            unit=metrics[0].unit,
            change=change if isfinite(change) else None,
            change_ci95=(low, high) if isfinite(low) and isfinite(high) else None,
        )

    def _alone(self, name: str, stop: Stop) -> SensitivityRow:
        if self.done == self.total // 2:  # float values up to this quantizer are what every run alone starts from
            nothing = what_if(self._encodings, muted=self._encodings.settings.keys())
            self._engine.measure(nothing, self._alone_samples, stop, remember=True)
        stats = self._engine.measure(what_if(self._encodings, soloed={name}), self._alone_samples, stop, remember=False)
        alone = output_sqnr_db(self._engine.evaluation.metrics, stats)
        return replace(self._rows[name], alone_db=alone, alone_samples=len(stats[0]))

    @property
    def _alone_samples(self) -> int | None:
        if self._samples is None:
            return None
        return max(ALONE_SAMPLES, min(self._samples, self._engine.evaluation.total) // ALONE_SHARE)

    def _measure(self, encodings: Encodings, stop: Stop, remember: bool = False) -> Stats:
        return self._engine.measure(encodings, self._samples, stop, remember)
