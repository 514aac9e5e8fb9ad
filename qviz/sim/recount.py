"""AIMET's histograms of the calibration batches: a second pass over the data, when a calibrator first needs them."""

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor as Pool

from qviz.data.dataset import DataSet
from qviz.graph.model import Model
from qviz.quant.batches import BatchStats
from qviz.quant.histogram import Histogram
from qviz.sim.batches import MicroBatch
from qviz.sim.calibration import in_turn, reader
from qviz.sim.executor import Executor
from qviz.sim.memo import Memo
from qviz.sim.plan import make_plan
from qviz.sim.watching import Glimpse, Values, Watching

Group = tuple[str, ...]  # the tensors of one quantizer


class Recount:
    """Counts the batches of all tensors that it was told of at once. Any thread may ask."""

    def __init__(self, model: Model, data: DataSet, batches: Sequence[MicroBatch], pool: Pool) -> None:
        self._model, self._data, self.batches, self._pool = model, data, batches, pool
        self._known: dict[Group, BatchStats] = {}
        self._groups: dict[Group, None] = {}
        self._lock = threading.Lock()

    def serve(self, histograms: Iterable[Histogram]) -> None:
        """Count for those whose batches are not counted yet, when they ask."""
        for histogram in histograms:
            watched = histogram.watched
            if watched is not None and not isinstance(watched.whole, BatchStats):
                self._groups[watched.whole.tensors] = None
                watched.whole.count_again = self.stats

    def stats(self, tensors: Group) -> BatchStats:
        """Of the batches of some tensors together. Raises QvizError where an operator fails."""
        with self._lock:
            if tensors not in self._known:
                groups = {"\n".join(g): g for g in [*self._groups, tensors] if g not in self._known}
                found = self._count(groups)
                self._known |= {group: found[name] for name, group in groups.items()}
            return self._known[tensors]

    def _count(self, groups: dict[str, Group]) -> dict[str, BatchStats]:
        plan = make_plan(self._model.graph, {t for g in groups.values() for t in g})
        read = reader(Executor(self._model, plan, Memo(0)), self._data, groups)
        watching = Watching(groups, self.batches, read)

        def look(batch: MicroBatch) -> dict[str, Glimpse]:
            values: Values = read(batch, groups)
            return watching.look(batch, values)

        try:
            for batch, glimpses in zip(self.batches, in_turn(self._pool, look, self.batches), strict=True):
                watching.take(batch, glimpses)
        finally:
            watching.end()
        return watching.stats
