"""What each card of the graph says, gathered from the session as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from qviz.encodings import Setting
from qviz.graph.graph import Graph, Node, Quantizer
from qviz.quant.histogram import Histogram
from qviz.session import Session

THUMBNAIL_BARS = 28
THUMBNAIL_MASS = 0.998


@dataclass(frozen=True)
class Badge:
    """Bits of the weight ("W") or the output ("A"); None: left in float."""

    letter: str
    bits: int | None

    @property
    def text(self) -> str:
        return f"{self.letter}{'·' if self.bits is None else self.bits}"


@dataclass(frozen=True)
class Card:
    """One node as drawn. `thumbnail` are heights from 0 to 1."""

    name: str
    op: str
    shape: str
    badges: tuple[Badge, ...] = ()
    thumbnail: tuple[float, ...] = ()
    sqnr_db: float | None = None


@dataclass(frozen=True)
class QuantizerIndex:
    """Which quantizers belong to a node (by name), for selecting and for badges."""

    outputs: Mapping[str, str]  # the quantizer whose grid the node's output is on
    params: Mapping[str, str]
    makers: frozenset[str]  # nodes whose output that quantizer quantizes, instead of one before them

    @classmethod
    def empty(cls) -> "QuantizerIndex":
        return cls({}, {}, frozenset())

    @classmethod
    def of(cls, graph: Graph, quantizers: Mapping[str, Quantizer]) -> "QuantizerIndex":
        own = {t: q.name for q in quantizers.values() for t in q.tensors}
        owner = {t: q.name for q in quantizers.values() for t in q.followers} | own
        outputs: dict[str, str] = {}
        params: dict[str, str] = {}
        for node in graph.nodes:
            if node.outputs and node.outputs[0] in owner:
                outputs[node.name] = owner[node.outputs[0]]
            weight = next((i for i in node.inputs if i in owner and quantizers[owner[i]].kind == "param"), None)
            if weight is not None:
                params[node.name] = owner[weight]
        makers = frozenset(n.name for n in graph.nodes if any(o in own for o in n.outputs))
        return cls(outputs, params, makers)

    def own_output(self, node: str) -> str | None:
        """The quantizer of what this node makes."""
        return self.outputs[node] if node in self.makers and node in self.outputs else None

    def chosen(self, node: str) -> str | None:
        """What a click on the node selects: its output's quantizer, else its weight's."""
        return self.outputs.get(node) or self.params.get(node)


def card_of(session: Session, node: Node, index: QuantizerIndex) -> Card:
    """The card of one node as things stand."""
    assert session.graph is not None
    output = index.own_output(node.name)
    badges = (_badge(session, "W", index.params.get(node.name)), _badge(session, "A", output))
    histogram = None if output is None else session.histograms.get(output)
    return Card(
        name=node.name,
        op=node.op,
        shape=shape_text(session.graph, node),
        badges=tuple(b for b in badges if b is not None),
        thumbnail=() if histogram is None else thumbnail(histogram),
        sqnr_db=_sqnr(session, node, output),
    )


def shape_text(graph: Graph, node: Node) -> str:
    """Shape of the first output, such as 1×16×32×32."""
    tensor = next((graph.tensors[o] for o in node.outputs if o in graph.tensors), None)
    if tensor is None or tensor.shape is None:
        return ""
    return "×".join("?" if d is None else str(d) for d in tensor.shape)


@lru_cache(maxsize=4096)
def thumbnail(histogram: Histogram) -> tuple[float, ...]:
    """Heights of the bulk in a few bars, as square roots so that tails show; empty where there are no values."""
    low, high = histogram.mass_range(THUMBNAIL_MASS)
    if not histogram.total or not high > low:
        return ()
    counts = np.sqrt(histogram.resample(np.linspace(low, high, THUMBNAIL_BARS + 1)))
    return tuple(float(h) for h in counts / max(counts.max(), 1e-9))


def _badge(session: Session, letter: str, name: str | None) -> Badge | None:
    if name is None or name not in session.encodings:
        return None
    setting: Setting = session.encodings[name]
    return Badge(letter, setting.spec.bits if setting.enabled else None)


def _sqnr(session: Session, node: Node, output: str | None) -> float | None:
    if session.result is None:
        return None
    errors = session.result.tensors
    names = [*node.outputs, *([] if output is None else [output])]
    found = next((errors[n] for n in names if n in errors), None)
    return None if found is None else found.sqnr_db
