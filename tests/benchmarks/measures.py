"""The figures of one model, each against plain float ONNX Runtime at the best of its own settings, run in turn."""

import json
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

import qviz
from qviz.encodings import Encodings
from qviz.sim.engine import Engine
from qviz.sim.limits import worker_count
from qviz.tune.sensitivity import Sweep
from tests.benchmarks.networks import Case

ROUNDS, TRIES = 5, 3
BATCHES = (16, 32, 64)
MOST_EDITS = 60


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class FloatRuns:
    """Plain ONNX Runtime over all samples: several batch sizes, one session a core or one with all cores."""

    def __init__(self, engine: Engine) -> None:
        evaluation = engine.evaluation
        feeds = [evaluation._feed(b) for b in evaluation._batches]
        self.inputs = {n: np.concatenate([f[n] for f in feeds]) for n in feeds[0]}
        self._pool = ThreadPoolExecutor(worker_count())
        model = engine.model.reference.whole().SerializeToString()
        self._narrow, self._wide = (_session(model, n) for n in (1, worker_count()))

    def best(self) -> float:
        """Seconds of the fastest way."""
        ways = []
        for size in BATCHES:
            parts = self._parts(size)
            ways.append(seconds(lambda p=parts: list(self._pool.map(lambda f: self._narrow.run(None, f), p))))
            ways.append(seconds(lambda p=parts: [self._wide.run(None, f) for f in p]))
        return min(ways)

    def _parts(self, size: int) -> list[dict[str, np.ndarray]]:
        count = len(next(iter(self.inputs.values())))
        return [{n: a[i : i + size] for n, a in self.inputs.items()} for i in range(0, count, size)]


def _session(model: bytes, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Bench:
    """One model, opened, calibrated and simulated once."""

    def __init__(self, case: Case) -> None:
        self.session = qviz.Session.open(case.model, case.data)
        self.engine: Engine = self.session._client.engine  # type: ignore[attr-defined]
        self.encodings = self.session.encodings
        self.run(self.encodings)
        self.floats = FloatRuns(self.engine)
        self._edits = 0

    def run(self, encodings: Encodings) -> float:
        return seconds(lambda: list(self.engine.simulate(encodings, 1)))

    def edited(self, name: str) -> Encodings:
        """Encodings after a small edit of one quantizer that was never made before."""
        self._edits += 1
        setting = self.encodings[name]
        assert setting.encoding is not None
        factor = 1 - 1e-4 * self._edits
        low, high = setting.encoding.min * factor, setting.encoding.max * factor
        return self.encodings.with_settings({name: setting.with_range(low, high, "manual")})

    def full(self, integer: bool) -> float:
        """Seconds of simulating everything anew, the float outputs known: the input's range was edited."""
        self.engine.integer = integer
        spent = self.run(self.edited(next(iter(self.encodings.settings))))
        self.engine.integer = True
        return spent

    def ratios(self) -> dict[str, float]:
        """Full simulations and calibration over the float run; each round takes its turn, the best of each counts."""
        rounds = [(self.floats.best(), self.full(True), self.full(False), self.calibration()) for _ in range(ROUNDS)]
        plain, integer, fake, calibration = np.min(rounds, axis=0)
        return {
            "float ms": plain * 1e3,
            "integer": integer / plain,
            "fake-quant": fake / plain,
            "calibration": calibration / plain,
        }

    def calibration(self) -> float:
        """Seconds of a calibration pass, scaled to the number of evaluated samples."""
        assert self.engine._calibration is not None
        share = self.engine.evaluation.total / len(self.engine._calibration[1])
        return seconds(lambda: self.engine.calibrate(self.encodings)) * share

    def edits(self) -> dict[str, float]:
        """Edits of activations, each the best of three: to the complete answer, over a full simulation; what the
        slowest lose beyond their downstream share, in ms; to the first answer, in ms; and undo, in ms."""
        full = min(self.full(True) for _ in range(ROUNDS))
        names = [n for n, q in self.engine.graph.quantizers.items() if not q.constant and n in self.encodings]
        names = names[:: -(-len(names) // MOST_EDITS)]
        spent, first, undo, beyond, behind = [], [], [], [], []
        for name in names:
            tries = [self.edit(name) for _ in range(TRIES)]
            first.append(min(t[0] for t in tries))
            spent.append(min(t[1] for t in tries))
            undo.append(min(t[2] for t in tries))
            beyond.append(spent[-1] - 1.1 * full * self.downstream_share(name, own=True))
            behind.append(spent[-1] - 1.1 * full * self.downstream_share(name, own=False))
        self.edit_seconds = float(np.median(spent))
        return {
            "edit": float(np.median(spent)) / full,
            "edit beyond share": float(np.percentile(beyond, 95)) * 1e3,
            "without own segment": float(np.percentile(behind, 95)) * 1e3,
            "first estimate": float(np.median(first)) * 1e3,
            "undo": float(np.median(undo)) * 1e3,
        }

    def edit(self, name: str) -> tuple[float, float, float]:
        """Seconds to the first answer after an edit that was never made before, to the complete one, and of undo."""
        encodings = self.edited(name)
        start = time.perf_counter()
        answers = self.engine.simulate(encodings, 1)
        next(answers)
        first = time.perf_counter() - start
        list(answers)
        return first, time.perf_counter() - start, self.run(self.encodings)

    def downstream_share(self, name: str, own: bool) -> float:
        """The share of the segments' time that lies behind a quantizer, by what each takes when run once.

        `own`: with the segment at whose end it stands, as its rounding is the last step of that segment's kernel.
        """
        times, readers = self._segment_times(), self._readers()
        plan, waiting = self.engine._executor_for(self.encodings).plan, list(self.encodings.groups[name])
        behind = {plan.producer[t] for t in waiting if t in plan.producer} if own else set()
        while waiting:
            for index in readers.get(waiting.pop(), ()):
                if index not in behind:
                    behind.add(index)
                    waiting += plan.segments[index].outputs
        return sum(times[i] for i in behind) / sum(times)

    def _segment_times(self) -> list[float]:
        if not hasattr(self, "_times"):
            executor = self.engine._executor_for(self.encodings)
            program = executor.program(self.engine._applied(self.encodings))
            feed = self.engine.evaluation._feed(self.engine.evaluation._batches[0])
            self._times = [9e9] * len(program.forms)
            for _ in range(ROUNDS):
                for i, spent in enumerate(executor.profile(feed, program)):
                    self._times[i] = min(self._times[i], spent)
        return self._times

    def _readers(self) -> dict[str, list[int]]:
        readers: dict[str, list[int]] = {}
        for segment in self.engine._executor_for(self.encodings).plan.segments:
            for name in segment.inputs:
                readers.setdefault(name, []).append(segment.index)
        return readers

    def sensitivity(self) -> float:
        """Both what-ifs of every quantizer on all samples, over the number of quantizers times the float run."""
        sweep = Sweep(self.engine, self.encodings, samples=self.engine.evaluation.total)
        plain = min(self.floats.best() for _ in range(2))

        def work() -> None:
            while sweep.step() is not None:
                pass

        return seconds(work) / (plain * len(self.encodings.settings))

    def aimet(self, python: str, folder: Path) -> dict[str, float]:
        """AIMET's simulation beside ours: in float runs, and its change of one range and rerun over our edits."""
        onnx.save(self.engine.model.reference.whole(), folder / "aimet.onnx")
        np.savez(folder / "aimet.npz", **self.floats.inputs)
        command = [python, str(Path(__file__).with_name("aimet_run.py")), folder / "aimet.onnx", folder / "aimet.npz"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
        found = json.loads(told)
        return {
            "AIMET simulation": found["simulation"] / min(self.floats.best() for _ in range(2)),
            "AIMET rerun / edit": float(np.median(found["edits"])) / self.edit_seconds,
        }

    def close(self) -> None:
        self.session.close()
