"""What an engine tells whoever listens. Every class is a plain value that travels between processes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from qviz.data.options import DataInfo
from qviz.encodings import Encodings
from qviz.errors import Text
from qviz.graph.graph import Graph
from qviz.quant.histogram import Histogram
from qviz.sim.arrange import Arranged
from qviz.sim.detail import WeightPixels
from qviz.sim.find import RangesFound
from qviz.sim.inspect import Pictures
from qviz.sim.judge_blocks import BlocksJudged
from qviz.sim.result import Mode, Result, SensitivityRow
from qviz.sim.trial import Tried

Task = Literal["model", "data", "calibrate", "simulate", "explore", "export", "check", "ranges"]


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
    encodings: Encodings
    weight_bytes: int


@dataclass(frozen=True)
class DataLoaded:
    info: DataInfo


@dataclass(frozen=True)
class Calibrated:
    """Histograms by quantizer: of params as soon as the model is there, of activations after a calibration pass.

    Those of a large model come in several parts, one right after another; `complete`: this is the last.
    """

    histograms: Mapping[str, Histogram]
    kind: Literal["param", "activation"]
    complete: bool = True


@dataclass(frozen=True)
class Simulated:
    result: Result


@dataclass(frozen=True)
class Modes:
    """How each node runs, told with the first simulation and where it changes."""

    modes: Mapping[str, Mode]


@dataclass(frozen=True)
class Memory:
    """Bytes that the engine's cache of results holds, and may hold."""

    used: int
    budget: int


@dataclass(frozen=True)
class Sensitivity:
    """Rows by quantizer as they are found, each twice: without and then with `alone_db`. `done` of `total` what-ifs."""

    generation: int
    rows: Mapping[str, SensitivityRow]
    done: int
    total: int


@dataclass(frozen=True)
class Exported:
    """The file that an Export asked for is written."""

    path: str


@dataclass(frozen=True)
class Checked:
    """The complete answer on the check set."""

    result: Result


@dataclass(frozen=True)
class Failed:
    """A task ended: `text` says why. `cancelled` where the user did it."""

    task: Task
    text: Text
    cancelled: bool = False


@dataclass(frozen=True)
class EngineGone:
    """The engine's process died. `restarting`: a new one is being started; else it died too often."""

    restarting: bool


@dataclass(frozen=True)
class EngineBack:
    """A new engine process answers, with the model and data being loaded again."""


Event = (
    Progress
    | ModelLoaded
    | DataLoaded
    | Calibrated
    | Simulated
    | Checked
    | Sensitivity
    | Modes
    | Memory
    | Exported
    | WeightPixels
    | Pictures
    | Tried
    | Arranged
    | RangesFound
    | BlocksJudged
    | Failed
    | EngineGone
    | EngineBack
)
