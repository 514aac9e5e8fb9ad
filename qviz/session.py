"""The document: model, data, encodings, history, what is saved. The window, the command line and notebooks use it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from qviz import session_file
from qviz.changes import Change
from qviz.data.options import DataOptions, as_options
from qviz.document import Document
from qviz.encodings import Encodings
from qviz.errors import QvizError, Text
from qviz.following import Following
from qviz.formats.importing import ImportReport
from qviz.formats.plan import ImportPlan, plan_import
from qviz.formats.registry import engine_writer, export_warnings, read_encodings, write_encodings
from qviz.opening import Opening, start_at
from qviz.quant.found import Wish, by_block, wishing
from qviz.range_search import Edit, RangeSearch
from qviz.session_file import ModelChanged, SavedSession
from qviz.sim.client import EngineClient, LocalClient
from qviz.sim.events import Event, Sensitivity, Simulated, Task
from qviz.sim.find import range_found
from qviz.sim.requests import Cancel, Check, Export, SetCache
from qviz.sim.result import Result, SensitivityRow
from qviz.tune.sensitivity import Sweep

__all__ = ["Change", "Session"]


class Session(Following):
    """One open document. Not thread-safe: an engine's events are handed to `handle` on the owner's thread."""

    def __init__(self, client: EngineClient, listen: Callable[[Event], None] | None = None) -> None:
        super().__init__(client, listen)
        self._search = RangeSearch(self, self._tell)

    @classmethod
    def open(
        cls,
        model: str,
        data: DataOptions | str | None = None,
        encodings: str | None = None,
        *,
        shapes: Mapping[str, tuple[int, ...]] | None = None,
        calibration: DataOptions | str | None = None,
        check: DataOptions | str | None = None,
        calibration_samples: int = 256,
        metric: str | None = None,
        output: str | None = None,
        budget: int | None = None,
        threads: int | None = None,
    ) -> "Session":
        """A session with an engine in this process, calibrated by min-max where data is given. Raises QvizError."""
        session = cls(LocalClient(budget, threads))
        try:
            told = as_options(data), as_options(calibration), as_options(check), calibration_samples, metric, output
            session.open_document(Document(str(model), shapes or {}, *told), encodings)
        except BaseException:
            session.close()
            raise
        return session

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what is open ---------------------------------------------------------------------------------------------

    @property
    def model_path(self) -> str | None:
        return self.document.model if self.document and self.graph else None

    @property
    def dirty(self) -> bool:
        """Whether there are edits that no .qviz file holds."""
        return self.graph is not None and self._saved_state is not self.committed

    @property
    def unexported(self) -> bool:
        """Whether encodings were edited since they were opened or last exported."""
        return self.graph is not None and self._exported_state is not self.committed

    def open_document(
        self,
        document: Document,
        encodings: str | None = None,
        prepare: Callable[[Encodings], Encodings] | None = None,
    ) -> None:
        """Open model, data and an encodings file; `prepare` then changes the calibrated state that counts as opened."""
        file = read_encodings(encodings) if encodings else None
        start = None if prepare is None else lambda calibrated: start_at(prepare(calibrated))
        self._open(Opening(document, file, start))

    def open_data(
        self,
        options: DataOptions,
        calibration: DataOptions | None = None,
        calibration_samples: int = 256,
        check: DataOptions | None = None,
    ) -> None:
        """Open evaluation data for the model that is open, then calibrate and simulate; `check` is kept apart."""
        if self.document is None:
            raise QvizError("Open a model first.")
        self._request_data(
            replace(
                self.document, data=options, calibration=calibration, check=check,
                calibration_samples=calibration_samples,
            )
        )  # fmt: skip

    def cancel(self, task: Task) -> None:
        """Give up a task; an edit that waits for its ranges leaves everything as it was."""
        if task == "ranges":
            self._search.cancel()
        else:
            self._client.send(Cancel(task))

    def undo(self) -> None:
        """One step back; where an edit still waits for its ranges, it is given up instead."""
        if self._search.pending:
            self._search.cancel()
        else:
            super().undo()

    def want_ranges(self, wishes: Iterable[Wish]) -> None:
        """Have these looked for beside all else; "ranges" is told for each, or once where the engine is in here."""
        if not self._blocking:
            self._search.mark(wishes)
            return
        self._find(wishes)
        self._tell("ranges")

    def _find(self, wishes: Iterable[Wish]) -> None:
        """Have ranges found now, by an engine in this process."""
        for wish in wishes:
            wish.keep(range_found(wish, self.weights))

    def close(self) -> None:
        self._observers.clear()
        self._client.close()

    # --- files ----------------------------------------------------------------------------------------------------

    def plan_import(self, path: str, lock: bool = False, start_off: bool = False) -> ImportPlan:
        """What importing a file would do; `lock` keeps what it sets from being calibrated again.

        `start_off`: what opening it would do, where quantizers that it does not name are switched off.
        """
        if self.graph is None:
            raise QvizError("Open a model first.")
        return plan_import(self.committed, read_encodings(path), self.graph, self.quantizers, start_off, lock)

    def apply_import(self, plan: ImportPlan, label: str = "Import") -> ImportReport:
        """Do what was planned; one history entry."""
        self.quantizers, self.report = plan.quantizers, plan.report
        self.commit(plan.encodings, label)
        return plan.report

    def load_encodings(self, path: str, lock: bool = False) -> ImportReport:
        """Merge a file into the encodings and leave the rest as it is; one history entry."""
        return self.apply_import(self.plan_import(path, lock), f"Import {Path(path).name}")

    def open_encodings(self, path: str) -> ImportReport:
        """Start from all quantizers off and switch on what the file holds; one history entry."""
        return self.apply_import(self.plan_import(path, start_off=True), f"Open {Path(path).name}")

    def export(self, path: str, format: str = "aimet-1.0.0") -> tuple[Text, ...]:
        """Write the committed encodings for a target, and say what the file leaves open.

        Observers hear "exported" when the file is there: later, where an engine in its own process writes it.
        """
        if writer := engine_writer(format):
            self._exporting[path] = self.committed
            self._client.send(Export(path, self.committed, writer))
            return export_warnings(self.committed, self.quantizers, format, self.graph)
        warnings = write_encodings(path, self.committed, self.quantizers, format, self.graph)
        self._exported_state = self.committed
        self._tell("exported", path)
        return warnings

    def snapshot(self, window: str = "") -> SavedSession:
        """All that a .qviz file holds, as of now. Raises QvizError where nothing is open."""
        if self.document is None:
            raise QvizError("There is nothing to save yet: open a model first.")
        document = replace(self._loading or self.document, integer=self.running.integer)
        return SavedSession(document, self.history.entries, self.history.index, self.baseline, window, self.saved_path)

    def save(self, path: str, window: str = "") -> None:
        """Save the session as a .qviz file, with the layout of a window."""
        session_file.write(path, replace(self.snapshot(window), saved_as=None))
        self.mark_saved(path, self.committed)

    def mark_saved(self, path: str, state: Encodings) -> None:
        """A .qviz file holds `state`, and is where the session is saved from now on."""
        self._saved_state, self.saved_path = state, path
        self._tell("saved", path)

    def restore(
        self, path: str, model: str | None = None, changed_too: bool = False, recovered: bool = False
    ) -> SavedSession:
        """Open a .qviz file: its model (where it is now, if moved), data, encodings and history.

        Raises ModelMoved where the model is not there and, unless `changed_too`, ModelChanged where it is another.
        `recovered`: the file holds work that was never saved.
        """
        saved = session_file.located(session_file.read(path), path, model)
        is_changed = session_file.changed(saved)
        if is_changed and not changed_too:
            name = Path(saved.document.model).name
            raise ModelChanged("The model {model} has changed since the session was saved.", model=name)
        saved_path = saved.saved_as if recovered else path
        self._open(Opening(saved.document, None, saved.start(recovered, is_changed), saved_path))
        return saved

    def check(self) -> None:
        """Ask for the accuracy on the check set, which no edit was made for; `checked` holds the answer."""
        if self.document is None or self.document.check is None or self.data is None:
            raise QvizError("There is no check set: name one with --check, or in the data dialog.")
        self._client.send(Check(self.document.check, self.committed))

    # --- simulation -----------------------------------------------------------------------------------------------

    def set_integer(self, on: bool) -> None:
        """Simulate on integer kernels wherever they are exact, or all as fake-quant. No edit: it is not undone."""
        if on != self.running.integer:
            self.running.integer = on
            self._next_generation()
            self._tell("integer")
            self._request_simulation()

    def set_cache(self, budget: int | None) -> None:
        """Let the engine's cache of results hold at most `budget` bytes; None: a quarter of the memory."""
        if budget is not None and budget < 0:
            raise QvizError("The cache takes a number of bytes, or 0 for none, not {budget}.", budget=budget)
        self.running.cache = budget
        self._client.send(SetCache(budget))

    def simulate(self) -> Result:
        """The complete answer for the encodings as they are. Blocks; for an engine in this process."""
        return list(self.simulate_stream())[-1]

    def simulate_stream(self) -> Iterator[Result]:
        """Answers on a growing prefix of the samples. For an engine in this process."""
        client = self._local()
        self._send_update()
        for result in client.engine.simulate(self.simulated, self.generation, client.baseline, outputs=True):
            self.handle(Simulated(result))
            yield result

    def sweep(self, samples: int | None = None) -> Iterator[SensitivityRow]:
        """The sensitivity of every quantizer as committed: each row without, later again with what it costs alone.

        On the micro-batches that hold the first `samples`; None: on those of a simulation's first stage. For an engine
        in this process.
        """
        sweep = Sweep(self._local().engine, self.committed, self.generation, samples)
        while (row := sweep.step()) is not None:
            self.handle(Sensitivity(row.generation, {row.name: row}, sweep.done, sweep.total))
            yield row

    def find_cause(self) -> str | None:
        """The quantizer that regains most output SQNR when left in float; None where none is known to regain any.

        With an engine in this process, all are measured first; else it is the best of those found so far.
        """
        if isinstance(self._client, LocalClient) and not self._findings.complete:
            list(self.sweep())
        return self._findings.cause()

    def _local(self) -> LocalClient:
        """The client of an engine in this process, which runs as asked for. Raises QvizError for any other."""
        if not isinstance(self._client, LocalClient):
            raise QvizError("This session's engine runs elsewhere: observe it instead.")
        self._client.engine.integer = self.running.integer
        return self._client

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds of the last load, calibration, float and quantized run of an engine in this process."""
        return self._client.engine.seconds if isinstance(self._client, LocalClient) else {}

    @property
    def weights(self) -> Mapping[str, NDArray[Any]]:
        """The model's constants, of an engine in this process; a window never has them."""
        return self._client.engine.model.constants if isinstance(self._client, LocalClient) else {}

    def _apply(self, make: Callable[[], Encodings], label: str) -> None:
        if not self._blocking:
            self._search.edit(Edit(make, label))
            return
        with wishing() as wishes:
            make()
        self._find(w for w in wishes if by_block(w.spec))
        super()._apply(make, label)
