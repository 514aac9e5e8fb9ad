"""The part of a session that follows its engine: what it asked for, what it was told, what is newest."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from qviz.arriving import Arriving
from qviz.changes import TOLD_AS, Change, ChangeKind, Observer
from qviz.data.options import DataInfo
from qviz.document import Document
from qviz.editing import Editing
from qviz.encodings import Encodings
from qviz.errors import QvizError
from qviz.formats.entries import EncodingsFile
from qviz.formats.importing import ImportReport, merge
from qviz.opening import Opening, Start, StartFrom, fitting, placed, start_at
from qviz.running import Running
from qviz.sim.client import EngineClient, LocalClient
from qviz.sim.events import (
    Calibrated,
    Checked,
    DataLoaded,
    EngineBack,
    EngineGone,
    Event,
    Exported,
    Failed,
    ModelLoaded,
    Progress,
    Sensitivity,
    Simulated,
    Task,
)
from qviz.sim.mailbox import difference
from qviz.sim.requests import Calibrate, Explore, LoadData, LoadModel, Look, Pin, SetCache, Simulate
from qviz.sim.result import Result, SensitivityRow
from qviz.tune.findings import Findings


class Following(Editing):
    """Sends an engine what it is to do and takes in what it tells. Not thread-safe."""

    def __init__(self, client: EngineClient, listen: Callable[[Event], None] | None = None) -> None:
        """`listen` takes the engine's events where they arrive; by default they are handled there."""
        super().__init__()
        self._client = client
        self._blocking = isinstance(client, LocalClient)  # then a simulation runs when asked for, not after each edit
        self._observers: list[Observer] = []
        self._start: StartFrom | None = None  # what the calibrated state is turned into
        self._opening: Opening | None = None  # asked for, until the engine answers
        self._loading: Document | None = None
        self._expected, self._arriving = set[str](), Arriving()  # kinds of histograms asked for, and what has come
        self._sent = Encodings()
        self._findings = Findings()
        self._found_for = self.committed, True  # the state that the findings are about, and whether on integers
        self._oldest = 0  # generations before this belong to another model or other data
        self.document: Document | None = None
        self.weight_bytes = 0
        self.data: DataInfo | None = None
        self.result: Result | None = None  # the newest answer; older than `generation` while a newer one is awaited
        self.checked: Result | None = None  # the last answer on the check set
        self.report: ImportReport | None = None  # of the last encodings file
        self.generation, self.running = 0, Running()
        self.progress: dict[Task, Progress] = {}
        self.engine_alive = True
        self.live = True  # False: too slow to follow a drag, accuracy comes on release
        self.saved_path: str | None = None
        self._saved_state: Encodings | None = None
        self._exported_state: Encodings | None = None
        self._exporting: dict[str, Encodings] = {}  # what the engine is to write, by path
        client.start(listen or self.handle)

    @property
    def awaits_data(self) -> bool:
        """Whether data were asked for and have not arrived yet."""
        return self._loading is not None

    @property
    def sensitivity(self) -> Mapping[str, SensitivityRow]:
        """What leaving each quantizer in float regains, as far as known; see `stale_sensitivity`."""
        return self._findings.rows

    @property
    def stale_sensitivity(self) -> frozenset[str]:
        """Quantizers whose row in `sensitivity` is about an older state of the encodings."""
        return self._findings.stale

    @property
    def sensitivity_progress(self) -> tuple[int, int]:
        """How many what-ifs about the committed encodings are answered, of how many; 0 of 0 before the first."""
        return self._findings.done, self._findings.total

    def look(self, request: Look) -> None:
        """Ask for what is told later, as "weights", "pictures", "tried", "layout" or "ranges"."""
        self._client.send(request)

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Be told of every change; returns what ends it."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def handle(self, event: Event) -> None:
        """Take in one event of the engine and tell observers what changed."""
        match event:
            case Progress():
                self.progress[event.task] = event
                self._tell("progress", event)
            case ModelLoaded():
                self._model_loaded(event)
            case DataLoaded():
                self._data_loaded(event)
            case Calibrated():
                self._histograms_arrived(event)
            case Simulated():
                self._result_arrived(event.result)
            case Sensitivity() if self._findings.add(event):
                self._tell("sensitivity", event)
            case Checked():
                self.progress.pop("check", None)
                self.checked = event.result
                self._tell("checked", event.result)
            case Exported():
                self._exported_state = self._exporting.pop(event.path, self._exported_state)
                self._tell("exported", event.path)
            case Failed():
                self._failed(event)
            case _ if type(event) in TOLD_AS:
                self.running.take(event)
                self._tell(TOLD_AS[type(event)], event)
            case EngineGone():
                self.engine_alive = False
                self.progress.clear()
                self._tell("engine", event)
            case EngineBack():
                self.engine_alive, self._sent = True, Encodings()
                self._client.send(SetCache(self.running.cache))
                self._send_baseline()
                self._request_simulation()
                self._tell("engine", event)

    def _model_loaded(self, event: ModelLoaded) -> None:
        self.progress.pop("model", None)
        if self._opening is None:  # an engine that came back loads again what is open here
            return
        opening, self._opening = self._opening, None
        self._start, self.saved_path = opening.start, opening.saved_path
        self.document = replace(opening.document, data=None)
        self.running.follow(opening.document)
        self.graph, self.weight_bytes = event.graph, event.weight_bytes
        self.quantizers, self.histograms, self._arriving = event.graph.quantizers, {}, Arriving()
        self.data, self.result, self._oldest = None, None, self.generation + 1
        self._sent, self._preview = Encodings(), None
        self._forget_what_ifs()
        self._start_from(event.encodings)
        if opening.file is not None:
            self._start_from(self._merged(opening.file, start_off=True))
        self._expected.add("param")
        self._loading = opening.document if opening.document.data is not None else None
        self._tell("model", event)
        self._tell("baseline")  # after the model, whose nodes it is drawn on
        if opening.document.data is not None:
            self._request_data(opening.document)

    def _data_loaded(self, event: DataLoaded) -> None:
        self.progress.pop("data", None)
        if self._loading is None:
            return
        self.document, self._loading = self._loading, None
        self.data, self.result, self.checked, self._oldest = event.info, None, None, self.generation + 1
        self._forget_what_ifs()
        self.progress["calibrate"] = Progress("calibrate", 0, self.document.calibration_samples)
        self._tell("data", event)
        self._expected.add("activation")
        self._send_update()
        self._client.send(Calibrate())

    def _histograms_arrived(self, event: Calibrated) -> None:
        self.progress.pop("calibrate", None)
        if event.kind not in self._expected:
            return
        state = self._arriving.take(event.histograms, self.committed)
        if not event.complete:
            return
        self._expected -= {"param", event.kind}  # a calibration tells of params too
        self.histograms = {**self.histograms, **self._arriving.histograms}
        self._arriving = Arriving()
        self._start_from(state)
        if event.kind == "activation" or self._loading is None:
            self._apply_start()
        self._tell("histograms", event)
        self._tell("encodings")
        if not self._blocking:  # else whoever scripts pins; the state simulated first will do
            self._send_baseline()
        self._request_simulation()

    def _result_arrived(self, result: Result) -> None:
        shown = self.result.generation if self.result is not None else self._oldest
        if result.generation < max(shown, self._oldest):
            return  # answers never go backwards
        if (before := self.result) is not None:  # the last complete answer's details stay until the next
            tensors, told = result.tensors or before.tensors, result.predictions or before.predictions
            result = replace(result, tensors=tensors, predictions=told)
        self.result, self.live = result, result.live
        self.progress.pop("simulate", None)
        if result.complete and result.generation == self.generation and not self.what_if:
            self.history.record_score(self.encodings, result.metric)
            self._request_exploration()
        self._tell("result", result)

    def _open(self, opening: Opening) -> None:
        self._opening = opening
        self._client.send(LoadModel(opening.document.model, opening.document.shapes))

    def _failed(self, event: Failed) -> None:
        self.progress.pop(event.task, None)
        if event.task == "model":
            self._opening = None
        if event.task == "data":
            self._loading = None
            if self._start is not None and "param" not in self._expected:
                self._apply_start()  # without its data a session has its settings all the same
                self._tell("encodings")
        self._tell("failed", event)

    def _apply_start(self) -> None:
        if self._start is not None and self.graph is not None:
            told, self._start = self._start(self.committed), None
            self.quantizers = placed(self.graph, self.quantizers, told.encodings)
            self._start_from(fitting(told, self.graph, self.quantizers, self.committed))
            self._tell("baseline")

    def _start_from(self, opened: Encodings | Start) -> None:
        """Make this the state as opened: nothing unsaved and, where it brings no history, nothing to undo."""
        start = opened if isinstance(opened, Start) else start_at(opened)
        self.history, self.baseline = start.history, start.baseline
        self._saved_state = None if start.unsaved else start.encodings
        self._exported_state = start.encodings
        self._next_generation()

    def _forget_what_ifs(self) -> None:
        self.muted = self.soloed = frozenset()
        self._findings.forget()

    def _request_data(self, document: Document) -> None:
        assert document.data is not None
        if document.calibration_samples < 1:
            raise QvizError("Calibration needs at least 1 sample, not {n}.", n=document.calibration_samples)
        self._loading = document
        told = (document.calibration, document.calibration_samples, document.metric, document.output)
        self._client.send(LoadData(document.data, *told))

    def _next_generation(self) -> None:
        self.generation += 1
        now, before = (self.committed, self.running.integer), self._found_for
        if now[0] is not before[0] or now[1] != before[1]:
            self._found_for = now
            self._findings.committed(self.generation)

    def _what_if_changed(self) -> None:
        self._next_generation()
        self._tell("what_if")
        self._request_simulation()

    def _encodings_changed(self) -> None:
        self._next_generation()
        self._tell("encodings")
        if self.live or not self.previewing or self.showing_baseline:
            self._request_simulation()

    def _baseline_changed(self) -> None:
        self._send_baseline()
        self._tell("baseline")
        self._request_simulation()

    def _send_baseline(self) -> None:
        self._client.send(Pin(difference(self._sent, self.baseline)))

    def _request_simulation(self) -> None:
        self._send_update()
        if self.data is not None and not self._blocking:
            self._client.send(Simulate(self.generation, self.running.integer))

    def _send_update(self) -> None:
        simulated = self.simulated
        update = difference(self._sent, simulated)
        self._sent = simulated
        self._client.send(update)

    def _request_exploration(self) -> None:
        """Let the engine look for causes while nothing else is asked."""
        if not (self._blocking or self.previewing or self._findings.complete):
            self._client.send(Explore(self.generation))

    def _merged(self, file: EncodingsFile, start_off: bool) -> Encodings:
        assert self.graph is not None
        merged, self.report, self.quantizers = merge(self.committed, file, self.graph, self.quantizers, start_off)
        return merged

    def _tell(self, kind: ChangeKind, detail: object = None) -> None:
        for observer in tuple(self._observers):
            observer(Change(kind, detail))
