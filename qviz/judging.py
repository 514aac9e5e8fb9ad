"""What a target cannot run of a whole model's settings, found again only where they changed."""

from collections.abc import Mapping

from qviz.encodings import Encodings
from qviz.errors import Text
from qviz.graph.graph import Graph, Quantizer
from qviz.sharing import broken, joins
from qviz.targets import Target

Reasons = Mapping[str, tuple[Text, ...]]


class Judge:
    """Of one target about the quantizers of one graph."""

    def __init__(self, target: Target, graph: Graph, quantizers: Mapping[str, Quantizer]) -> None:
        self.target, self._graph, self._quantizers = target, graph, quantizers
        self.joins = joins(graph, quantizers, target.sharing)
        self._own: dict[str, tuple[Text, ...]] = {}  # reasons that a setting gives by itself
        self._seen = Encodings()
        self._reasons: Reasons = {}

    def is_about(self, target: Target, graph: Graph, quantizers: Mapping[str, Quantizer]) -> bool:
        return self.target is target and self._graph is graph and self._quantizers is quantizers

    def reasons(self, encodings: Encodings) -> Reasons:
        """Why quantizers cannot run as set, of all that cannot, in the order of the graph."""
        if encodings is not self._seen:
            for name in encodings.changed(self._seen):
                self._look_at(name, encodings)
            self._seen, self._reasons = encodings, self._with_shared(encodings)
        return self._reasons

    def _look_at(self, name: str, encodings: Encodings) -> None:
        self._own.pop(name, None)
        if name in encodings and name in self._quantizers:
            own = self.target.violations(encodings[name], self._quantizers[name], self._graph)
            if own:
                self._own[name] = own

    def _with_shared(self, encodings: Encodings) -> Reasons:
        found = dict(self._own)
        for join in broken(encodings, self.joins):
            for name in (join.output, join.input):
                found[name] = (*found.get(name, ()), self.target.unshared(join, name))
        return {name: found[name] for name in self._quantizers if name in found} if found else {}
