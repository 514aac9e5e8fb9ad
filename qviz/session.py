"""The document: model, data, encodings, history, what is saved. The window, the command line and notebooks use it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qviz.data.options import DataInfo, DataOptions
from qviz.encodings import BiasRule, Encodings, Setting
from qviz.graph.graph import Graph, Quantizer
from qviz.graph.layout import Layout
from qviz.history import History
from qviz.quant.histogram import Histogram
from qviz.sim.events import Event, Failed, Progress, Task
from qviz.sim.result import Result

ChangeKind = Literal[
    "model", "data", "encodings", "histograms", "result", "progress", "failed", "saved", "exported", "engine"
]


@dataclass(frozen=True)
class Change:
    """What observers are told: `kind` names what changed; `detail` is the event behind it, if any."""

    kind: ChangeKind
    detail: Any = None


class Session:
    """One open document. Not thread-safe: events of an engine elsewhere are handed to `handle` on the owner's thread."""

    # --- state, read only -------------------------------------------------------------------------------------
    model_path: str | None
    graph: Graph | None
    layout: Layout | None
    weight_bytes: int
    data: DataInfo | None
    quantizers: Mapping[str, Quantizer]  # of the graph's rules, and those that an imported file added
    encodings: Encodings  # what is simulated: the committed state, or the preview while something is dragged
    committed: Encodings
    history: History
    histograms: Mapping[str, Histogram]
    result: Result | None  # the newest answer shown; older than `generation` while a newer one is awaited
    generation: int  # of `encodings`
    progress: Mapping[Task, Progress]  # tasks under way
    dirty: bool  # the session has changes that were not saved to a .qviz file
    unexported: bool  # the encodings were edited and never exported since

    # --- documents --------------------------------------------------------------------------------------------
    def observe(self, observer: Callable[[Change], None]) -> Callable[[], None]: ...  # returns: stop observing
    def open_model(self, path: str) -> None: ...  # clears data-dependent state and history; answers arrive as changes
    def open_data(self, options: DataOptions, calibration: DataOptions | None = None) -> None: ...
    def open_encodings(self, path: str) -> "ImportReport": ...  # starts from all quantizers off
    def import_encodings(self, path: str) -> "ImportReport": ...  # merges and leaves the rest
    def export(self, path: str, format: str = "aimet-1.0.0") -> None: ...
    def save(self, path: str) -> None: ...  # .qviz
    def restore(self, path: str) -> None: ...
    def cancel(self, task: Task) -> None: ...
    def close(self) -> None: ...

    # --- edits (each one history entry) -----------------------------------------------------------------------
    def set_range(self, names: str | Iterable[str], low: float, high: float, merge_key: str | None = None) -> None: ...
    def set_spec(self, names: str | Iterable[str], bits: int | None = None, scheme: str | None = None, granularity: str | None = None) -> None: ...
    def set_enabled(self, names: str | Iterable[str], enabled: bool) -> None: ...
    def set_locked(self, names: str | Iterable[str], locked: bool) -> None: ...
    def set_bias(self, bias: BiasRule) -> None: ...
    def calibrate(self, method: str = "minmax", names: Iterable[str] | None = None, param_bits: int | None = None, act_bits: int | None = None) -> None: ...
    def undo(self) -> None: ...
    def redo(self) -> None: ...

    # --- preview while dragging -------------------------------------------------------------------------------
    def preview(self, encodings: Encodings) -> None: ...  # simulate without history
    def commit(self, encodings: Encodings, label: str, merge_key: str | None = None) -> None: ...
    def cancel_preview(self) -> None: ...
    def with_range(self, name: str, low: float, high: float) -> Encodings: ...  # committed, with one manual range

    # --- simulation, blocking (in-process engines only) -------------------------------------------------------
    def simulate(self) -> Result: ...
    def simulate_stream(self) -> Iterator[Result]: ...
    def handle(self, event: Event) -> None: ...
