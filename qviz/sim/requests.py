"""What an engine can be asked. Every class is a plain value that travels between processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qviz.data.options import DataOptions
from qviz.encodings import BiasRule, Encodings, Setting
from qviz.sim.arrange import Arrange
from qviz.sim.detail import WeightImage
from qviz.sim.events import Task
from qviz.sim.find import FindRanges
from qviz.sim.inspect import PictureRequest
from qviz.sim.judge_blocks import JudgeBlocks
from qviz.sim.trial import TrialRequest


@dataclass(frozen=True)
class LoadModel:
    path: str
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadData:
    """Evaluation data and, where `calibration` is None, its first `calibration_samples` for calibration."""

    evaluation: DataOptions
    calibration: DataOptions | None = None
    calibration_samples: int = 256
    metric: str | None = None
    output: str | None = None


@dataclass(frozen=True)
class Calibrate:
    """One pass over the calibration samples: histograms of every activation quantizer."""


@dataclass(frozen=True)
class Update:
    """The encodings are those of the last update and these changes."""

    settings: Mapping[str, Setting] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    bias: BiasRule = "int32"


@dataclass(frozen=True)
class Pin:
    """From now on changes are against baseline B: the encodings as updated, and then by `update`."""

    update: Update = field(default_factory=Update)


@dataclass(frozen=True)
class Simulate:
    """Simulate the encodings as updated, on integer kernels where these are exact, or all as fake-quant."""

    generation: int
    integer: bool = True


@dataclass(frozen=True)
class Explore:
    """When there is nothing else to do, find the sensitivity of every quantizer of the encodings as updated.

    Any simulation that is asked for later ends it; another request only interrupts it.
    """

    generation: int


@dataclass(frozen=True)
class Export:
    """Write the model under `encodings` to `path`, by a function of the engine's process.

    `writer` names it, "module:function", taking (model, encodings, path): what writes files stands above this folder.
    """

    path: str
    encodings: Encodings
    writer: str


@dataclass(frozen=True)
class Check:
    """Simulate these encodings on samples that were kept apart, with the metric of the evaluation."""

    options: DataOptions
    encodings: Encodings


@dataclass(frozen=True)
class SetCache:
    """From now on the cache of results holds at most these bytes; None: a quarter of the memory."""

    budget: int | None


@dataclass(frozen=True)
class Cancel:
    task: Task


@dataclass(frozen=True)
class Quit:
    pass


Look = WeightImage | PictureRequest | TrialRequest | Arrange | FindRanges | JudgeBlocks | SetCache  # asked in between
Request = LoadModel | LoadData | Update | Pin | Calibrate | Simulate | Explore | Export | Check | Look | Cancel | Quit
