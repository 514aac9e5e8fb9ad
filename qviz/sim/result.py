"""What a simulation yields: plain values that travel between processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qviz.errors import Text
from qviz.sim.inspect import Predictions

Kind = Literal["integer", "codes", "float"]  # integer kernels; data movement on codes; fake-quant or plain float
Interval = tuple[float, float]
Number = float  # since a field of Metric is called float


@dataclass(frozen=True)
class Mode:
    """How an operator runs; `reason` says why it does not on integer kernels."""

    kind: Kind
    reason: Text | None = None


@dataclass(frozen=True)
class Metric:
    """One figure of merit. Unit: percent for top1, top5 and agreement; dB for sqnr and psnr; else its own.

    `quantized` is the best estimate on all samples: the paired estimate while partial, with `ci95` its interval.
    `difference` is quantized - float and `change` is quantized - baseline B, both paired on the samples done; their
    `_p` are those of McNemar's test, of a complete top-1 or top-5 accuracy.
    """

    name: str
    output: str
    unit: str
    float: Number
    quantized: Number
    ci95: Interval | None = None  # None when complete
    difference: Number | None = None
    difference_ci95: Interval | None = None
    change: Number | None = None
    change_ci95: Interval | None = None
    difference_p: Number | None = None
    change_p: Number | None = None


@dataclass(frozen=True)
class TensorError:
    """Error of one tensor against float, on the first `samples` of the data.

    `sqnr_db` is cumulative, with all quantizers on; `local_db` has only its own on: None where it has none.
    """

    sqnr_db: float
    samples: int
    local_db: float | None = None


@dataclass(frozen=True)
class SensitivityRow:
    """What one quantizer costs, on the first `samples` of the data; `generation` is that of the encodings.

    `all_db`: output SQNR with all quantized. `regained_db`: with all but this one, minus `all_db`. `alone_db`: with
    only this one, on the first `alone_samples`; None until known. `change`: the headline `metric` with all but this
    one, minus with all, paired.
    """

    name: str
    generation: int
    samples: int
    all_db: float
    regained_db: float
    metric: str
    unit: str
    change: float | None
    change_ci95: Interval | None
    alone_db: float | None = None
    alone_samples: int = 0


@dataclass(frozen=True)
class Result:
    """One answer about one generation of the encodings. `metrics[0]` is the headline."""

    generation: int
    samples: int
    total: int
    metrics: tuple[Metric, ...]
    output_sqnr_db: float  # of the first output (all outputs are in metrics)
    agreement: float | None = None  # percent of samples whose prediction is the float model's
    flips: int | None = None  # samples done whose prediction is not
    tensors: Mapping[str, TensorError] = field(default_factory=dict)  # filled by the complete answer at the latest
    predictions: Predictions | None = None  # of the complete answer, where the model chooses classes
    seconds: float = 0.0
    live: bool = True  # False: too slow to follow a drag, accuracy comes on release
    outputs: Mapping[str, NDArray[np.generic]] | None = None  # in sample order; only from an engine in this process

    @property
    def complete(self) -> bool:
        return self.samples == self.total

    @property
    def metric(self) -> float:
        return self.metrics[0].quantized

    @property
    def float_metric(self) -> float:
        return self.metrics[0].float
