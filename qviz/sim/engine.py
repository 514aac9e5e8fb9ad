"""The engine: holds one model and its data, calibrates and simulates, here or in a process of its own."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pkgutil import resolve_name

from qviz.data.dataset import DataSet
from qviz.data.loading import open_data
from qviz.data.options import DataInfo, DataOptions
from qviz.data.order import calibration_order, evaluation_order, overlap
from qviz.encodings import Encodings
from qviz.errors import Cancelled, QvizError
from qviz.graph.graph import Graph
from qviz.graph.model import Model, load_model
from qviz.quant.histogram import Histogram
from qviz.sim.applied import Applied, apply_encodings
from qviz.sim.arrange import Arrange, Arranger
from qviz.sim.batches import split
from qviz.sim.calibration import Constants, activation_histograms, measure_sample, param_histograms, tell_histograms
from qviz.sim.detail import WeightPixels
from qviz.sim.detail_image import weight_image
from qviz.sim.evaluation import Evaluation
from qviz.sim.events import (
    Checked,
    DataLoaded,
    Event,
    Exported,
    Memory,
    ModelLoaded,
    Modes,
    Progress,
    Simulated,
    Task,
)
from qviz.sim.executor import Executor
from qviz.sim.find import FindRanges, find_ranges
from qviz.sim.inspect import PictureRequest, Pictures
from qviz.sim.inspect_pictures import pictures
from qviz.sim.judge_blocks import JudgeBlocks, blocks_judged
from qviz.sim.limits import default_budget, give_back_memory, worker_count
from qviz.sim.local import param_errors
from qviz.sim.memo import Memo
from qviz.sim.plan import make_plan
from qviz.sim.recount import Recount
from qviz.sim.reference import Reference
from qviz.sim.requests import Export, LoadData, LoadModel, Look, SetCache
from qviz.sim.result import Mode, Result
from qviz.sim.summary import Stats
from qviz.sim.trial import TrialRequest, Tried
from qviz.sim.trial_run import tried

Stop = Callable[[], bool]


def never() -> bool:
    """Nothing stops the work."""
    return False


class Engine:
    """One model, its data, and the memory of what was computed. Used by one thread at a time."""

    def __init__(
        self,
        emit: Callable[[Event], None],
        budget: int | None = None,
        threads: int | None = None,
        integer: bool = True,
    ) -> None:
        self._emit = emit
        self.integer = integer  # False: fake-quant everywhere; may change between simulations
        self._memo = Memo(default_budget() if budget is None else budget)
        self._threads = threads or worker_count()
        self._pool = ThreadPoolExecutor(self._threads, "qviz-worker")
        self._model: Model | None = None
        self._arranger = Arranger()
        self._executor: Executor | None = None
        self._reference: Reference | None = None
        self._evaluation: Evaluation | None = None
        self._calibration: tuple[DataSet, tuple[int, ...]] | None = None
        self._recount: Recount | None = None
        self._request = LoadData(DataOptions())
        self._baseline: tuple[Encodings, Applied] | None = None
        self._told_modes: dict[str, Mode] = {}
        self._weights: dict[Constants, Histogram] = {}  # of the model
        self.seconds: dict[str, float] = {}  # of the last load, calibration, float and quantized run

    def close(self) -> None:
        """End the worker threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def model(self) -> Model:
        if self._model is None:
            raise QvizError("Open a model first.")
        return self._model

    @property
    def graph(self) -> Graph:
        return self.model.graph

    @property
    def evaluation(self) -> Evaluation:
        if self._evaluation is None:
            raise QvizError("Open data first: a simulation needs samples.")
        return self._evaluation

    def load_model(self, request: LoadModel, stop: Stop = never) -> None:
        """Open a model; the one before stays where this fails. Emits ModelLoaded and the params' histograms."""
        started = time.perf_counter()
        model = load_model(request.path, request.shapes, self._progress("model", stop), stop)
        reference = Reference(model)
        self._model, self._reference, self._evaluation = model, reference, None
        self._calibration = self._recount = None
        self._memo.clear()
        self._executor, self._told_modes, self._weights = None, {}, {}
        give_back_memory()
        self.seconds = {"load": time.perf_counter() - started}
        size = sum(a.nbytes for a in model.constants.values())
        self._emit(ModelLoaded(request.path, model.graph, model.encodings, size))
        tell_histograms(self._emit, param_histograms(model, model.encodings, self._weights), "param")

    def load_data(self, request: LoadData, stop: Stop = never) -> None:
        """Open evaluation and calibration data and size micro-batches. Emits DataLoaded."""
        tell = self._progress("data", stop)
        data = open_data(request.evaluation, self.graph, tell)
        calibration = open_data(request.calibration, self.graph, tell) if request.calibration else data
        order = evaluation_order(data, request.evaluation.seed)
        chosen = tuple(int(i) for i in calibration_order(calibration, request.calibration_samples))
        executor = self._executor_for(self.model.encodings)
        size = measure_sample(executor, data.feed([int(order[0])]), self.graph)
        assert self._reference is not None
        self._evaluation = Evaluation(self.graph, data, order, size, self._reference, self._memo, request)
        self._calibration, self._request = (calibration, chosen), request
        self._recount = Recount(self.model, calibration, split(chosen, size), self._pool)
        self._memo.clear()
        common = overlap(data, order, calibration, chosen)
        info = DataInfo(data.description, len(data), data.labels is not None, data.random, calibration.description,
                        len(chosen), common)  # fmt: skip
        self._emit(DataLoaded(info))

    def calibrate(self, encodings: Encodings, stop: Stop = never) -> None:
        """One pass over the calibration samples. Emits Calibrated with a histogram of every quantized activation."""
        started = time.perf_counter()
        if self._calibration is None or self._recount is None:
            raise QvizError("Open data first: calibration needs samples.")
        data, batches = self._calibration[0], self._recount.batches
        executor, tell = self._executor_for(encodings), self._progress("calibrate", stop)
        histograms = activation_histograms(self.graph, encodings, executor, data, batches, self._pool, tell)
        self._recount.serve(histograms.values())
        give_back_memory()
        self.seconds["calibrate"] = time.perf_counter() - started
        found = param_histograms(self.model, encodings, self._weights) | histograms
        tell_histograms(self._emit, found, "activation")

    def simulate(
        self,
        encodings: Encodings,
        generation: int,
        baseline: Encodings | None = None,
        stop: Stop = never,
        outputs: bool = False,
    ) -> Iterator[Result]:
        """Answers on a growing prefix of the samples, the last one complete. Raises Cancelled after the first stage.

        Changes are against `baseline`; None: against the one before, else the state that is completed first.
        Emits Modes where they are not those told last, and Memory.
        """
        evaluation, started = self.evaluation, time.perf_counter()
        executor = self._executor_for(*(e for e in (encodings, baseline) if e is not None))
        applied = self._applied(encodings)
        against = None if baseline is None else self._applied_baseline(baseline)
        self._tell_modes(executor.modes(applied))
        try:
            yield from evaluation.run(executor, applied, generation, against, self._pool, stop, outputs)
        finally:
            self.tell_memory()
        self.seconds["float"] = evaluation.float_seconds
        self.seconds["quantized"] = time.perf_counter() - started

    def simulate_and_emit(
        self, encodings: Encodings, generation: int, baseline: Encodings | None = None, stop: Stop = never
    ) -> None:
        """`simulate`, with every answer told to whoever listens."""
        for result in self.simulate(encodings, generation, baseline, stop):
            self._emit(Simulated(result))

    def tell_memory(self) -> None:
        """Emits Memory."""
        self._emit(Memory(self._memo.used, self._memo.budget))

    def check(self, encodings: Encodings, options: DataOptions, stop: Stop = never) -> None:
        """Simulate on samples kept apart, with the evaluation's metric and nothing remembered. Emits Checked."""
        assert self._reference is not None
        data, memo = open_data(options, self.graph), Memo(0)
        request = LoadData(options, metric=self._request.metric, output=self._request.output)
        order = evaluation_order(data, options.seed)
        apart = Evaluation(self.graph, data, order, self.evaluation.size, self._reference, memo, request)
        executor = Executor(self.model, self._executor_for(encodings).plan, memo)
        for result in apart.run(executor, self._applied(encodings), 0, None, self._pool, stop, False):
            self._emit(Progress("check", result.samples, result.total))
        self._emit(Checked(result))

    def measure(
        self, encodings: Encodings, samples: int | None = None, stop: Stop = never, remember: bool = True
    ) -> Stats:
        """Statistics of the micro-batches that hold the first `samples` (None: of the first stage).

        Raises Cancelled between micro-batches. `remember` False: only the statistics go into the memo.
        """
        executor, applied = self._executor_for(encodings), self._applied(encodings)
        return self.evaluation.measure(executor, applied, samples, self._pool, stop, remember)

    def local_sqnr(self, encodings: Encodings, stop: Stop = never) -> dict[str, float]:
        """SQNR in dB of what each active quantizer makes of float values, the worst of its tensors.

        Of weights themselves, and of activations on the first samples. Raises Cancelled between two weights.
        """
        applied = self._applied(encodings)
        errors = self.evaluation.local_errors(self._executor_for(encodings), applied)
        errors |= param_errors(self.model, applied, self._memo, stop)
        groups = {n: encodings.groups.get(n, (n,)) for n in encodings.settings}
        return {n: min(errors[t] for t in g if t in errors) for n, g in groups.items() if errors.keys() & set(g)}

    def export(self, request: Export) -> None:
        """Let the writer that is named write the model under the request's encodings. Emits Exported."""
        resolve_name(request.writer)(self.model, request.encodings, request.path)
        self._emit(Exported(request.path))

    def look(self, request: Look) -> None:
        """A weight's image, pictures, a float run on a few samples, a layout, a cache, a range; any thread may ask.

        Emits WeightPixels, empty where there is no such weight, Pictures, Tried, Arranged, Memory, RangesFound
        or BlocksJudged.
        """
        if isinstance(request, PictureRequest):
            data = None if self._evaluation is None else self._evaluation.data
            self._emit(Pictures(request, () if data is None else pictures(data, self.graph, request)))
        elif isinstance(request, TrialRequest):
            known = self._reference
            self._emit(Tried(request) if known is None else tried(self.graph, known, request))
        elif isinstance(request, Arrange):
            self._arrange(request)
        elif isinstance(request, SetCache):
            self._memo.resize(default_budget() if request.budget is None else request.budget)
            self.tell_memory()
        elif isinstance(request, FindRanges):
            if self._recount is not None:
                self._recount.serve(w.histogram for w in request.wishes)
            self._emit(find_ranges(request, {} if self._model is None else self._model.constants))
        elif isinstance(request, JudgeBlocks):
            self._emit(blocks_judged(request, {} if self._model is None else self._model.constants))
        else:
            self._emit(WeightPixels(request) if self._model is None else weight_image(self._model, request))

    def _arrange(self, request: Arrange) -> None:
        """Lay out what is open, unless another model is opened meanwhile."""
        if (model := self._model) is not None:
            with suppress(Cancelled):
                self._emit(self._arranger.answer(model.graph, request, lambda: self._model is not model))

    def segment_modes(self, encodings: Encodings) -> dict[str, Mode]:
        """How each node runs under these encodings: on integer kernels, or why not."""
        return self._executor_for(encodings).modes(self._applied(encodings))

    def _tell_modes(self, modes: dict[str, Mode]) -> None:
        if modes != self._told_modes:
            self._told_modes = modes
            self._emit(Modes(modes))

    def _applied(self, encodings: Encodings) -> Applied:
        return apply_encodings(self.graph, encodings, self.integer)

    def _applied_baseline(self, baseline: Encodings) -> Applied:
        """The same object while nothing about the baseline changes: so its statistics are kept."""
        known = self._baseline
        if known is None or known[0] is not baseline or known[1].integer != self.integer:
            self._baseline = known = baseline, self._applied(baseline)
        return known[1]

    def _executor_for(self, *states: Encodings) -> Executor:
        """The executor of a plan cut at every tensor that these encodings may quantize."""
        tensors = {t for encodings in states for group in encodings.groups.values() for t in group}
        dynamic = {t for t in tensors if self.graph.tensors[t].kind != "constant"}
        if self._executor is None or not dynamic <= self._executor.plan.cuts:
            default = {t for group in self.model.encodings.groups.values() for t in group}
            plan = make_plan(self.graph, dynamic | default)
            self._executor = Executor(self.model, plan, self._memo)
            self._memo.clear()
        return self._executor

    def _progress(self, task: Task, stop: Stop) -> Callable[[int, int], None]:
        def tell(done: int, total: int) -> None:
            if stop():
                raise Cancelled
            self._emit(Progress(task, done, total))

        return tell
