"""What an engine tells whoever listens. Every class is a plain value that travels between processes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from qviz.data.options import DataInfo
from qviz.encodings import Encodings
from qviz.errors import Text
from qviz.graph.graph import Graph
from qviz.graph.layout import Layout
from qviz.quant.histogram import Histogram
from qviz.sim.result import Result

Task = Literal["model", "data", "calibrate", "simulate", "histogram", "export"]


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps of a task; total 0 where unknown."""

    task: Task
    done: int
    total: int


@dataclass(frozen=True)
class ModelLoaded:
    """`encodings` are those of a QDQ model, else the rules' quantizers without ranges."""

    path: str
    graph: Graph
    layout: Layout
    encodings: Encodings
    weight_bytes: int


@dataclass(frozen=True)
class DataLoaded:
    info: DataInfo


@dataclass(frozen=True)
class Calibrated:
    """Histograms of every quantizer (activations after data, params as soon as the model is there) and min-max ranges."""

    histograms: Mapping[str, Histogram]
    ranges: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]  # per channel where the quantizer has an axis


@dataclass(frozen=True)
class Simulated:
    result: Result


@dataclass(frozen=True)
class Exported:
    path: str


@dataclass(frozen=True)
class Failed:
    """A task ended: `text` says why. `cancelled` where the user did it."""

    task: Task
    text: Text
    cancelled: bool = False


@dataclass(frozen=True)
class EngineGone:
    """The engine's process died; a new one is being started."""

    restarting: bool


Event = Progress | ModelLoaded | DataLoaded | Calibrated | Simulated | Exported | Failed | EngineGone
