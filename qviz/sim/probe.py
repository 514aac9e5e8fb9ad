"""The error of every tensor, on the first samples: of its own quantizer alone, and with all before it quantized."""

import time
from collections.abc import Callable, Mapping

from qviz.data.dataset import DataSet
from qviz.graph.graph import Graph
from qviz.sim.applied import NOTHING, Applied
from qviz.sim.executor import Arrays, Executor
from qviz.sim.local import local_error, sqnr_db
from qviz.sim.memo import Memo
from qviz.sim.program import Program
from qviz.sim.result import TensorError


class Probe:
    """Some samples of one data set that errors of tensors rest on, and the float values of the tensors."""

    def __init__(self, graph: Graph, data: DataSet, memo: Memo, samples: tuple[int, ...]) -> None:
        self._graph, self._data, self._memo, self._samples = graph, data, memo, samples
        self._found: tuple[Arrays, Arrays] | None = None  # the feed, and the float values

    def errors(self, executor: Executor, program: Program) -> Callable[[], dict[str, TensorError]]:
        """What finds the cumulative and the local SQNR of every cut tensor, on any thread; programs are made here."""
        values = self._values(executor)
        return lambda: self._errors(executor, program, *values())

    def local_errors(self, executor: Executor, applied: Applied) -> dict[str, float]:
        """SQNR in dB of every quantized tensor with only its own quantizer on."""
        return self._local_errors(self._values(executor)()[1], applied)

    def _local_errors(self, reference: Arrays, applied: Applied) -> dict[str, float]:
        memo, quantized = self._memo, applied.activations.items()
        return {n: local_error(memo, n, reference[n], e) for n, e in quantized if n in reference}

    def _errors(self, executor: Executor, program: Program, feed: Arrays, reference: Arrays) -> dict[str, TensorError]:
        local, count = self._local_errors(reference, program.applied), len(self._samples)
        known = self._known(program.keys, reference)
        missing = [n for n in reference if n not in known]
        started = time.perf_counter()
        values = executor.run(feed, "probe", missing, program) if missing else {}
        keys = executor.keys(program, "probe") if missing else {}
        for name, value in values.items():
            before = self._memo.get(("error", keys[name]))
            known[name] = sqnr_db(reference[name], value) if before is None else before
            self._memo.put(("error", program.keys[name]), known[name], 8, time.perf_counter() - started)
        return {n: TensorError(known[n], count, local.get(n)) for n in reference}

    def _known(self, keys: Mapping[str, bytes], names: Arrays) -> dict[str, float]:
        kept = {n: self._memo.get(("error", keys[n])) for n in names}
        return {n: error for n, error in kept.items() if error is not None}

    def _values(self, executor: Executor) -> Callable[[], tuple[Arrays, Arrays]]:
        """What gives the feed and the float value of every cut tensor, found once."""
        names = sorted(n for n in executor.plan.cuts if self._graph.tensors[n].is_float)
        if (found := self._found) is not None and found[1].keys() == set(names):
            return lambda: found
        program = executor.program(NOTHING)

        def find() -> tuple[Arrays, Arrays]:
            feed = self._data.feed(self._samples)
            self._found = feed, executor.run(feed, None, names, program)
            return self._found

        return find
