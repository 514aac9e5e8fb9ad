"""What each card of the graph says, gathered from the session as plain values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication

from qviz.encodings import Setting
from qviz.graph.graph import Graph, Node, Quantizer
from qviz.graph.grouping import Group
from qviz.quant.histogram import Histogram
from qviz.session import Session
from qviz.ui.graphview.overlay import OFF, SCALES, node_value
from qviz.ui.graphview.remembered import per_histogram
from qviz.ui.graphview.tint import shade
from qviz.ui.text import decibel, number

THUMBNAIL_BARS = 28
THUMBNAIL_MASS = 0.998


@dataclass(frozen=True)
class Badge:
    """Bits of the weight ("W") or the output ("A"); None: left in float."""

    letter: str
    bits: int | None
    wrong: bool = False  # the target cannot run it as set

    @property
    def text(self) -> str:
        return f"{self.letter}{'·' if self.bits is None else self.bits}{'!' if self.wrong else ''}"


@dataclass(frozen=True)
class Marks:
    """What-ifs of a card; `idle`: its own quantizers are all left in float, by a mute or another's solo."""

    possible: bool = False  # it has quantizers of its own
    muted: bool = False
    soloed: bool = False
    idle: bool = False


@dataclass(frozen=True)
class Card:
    """One node, or a group drawn as one. `thumbnail` are heights from 0 to 1.

    `value` is what the overlay says and `level` where that is between clean (0) and worst (1); None: nothing.
    """

    name: str
    op: str  # of a group: ""
    title: str
    lines: tuple[str, str] = ("", "")
    badges: tuple[Badge, ...] = ()
    thumbnail: tuple[float, ...] = ()
    value: float | None = None
    level: float | None = None
    count: int = 0  # nodes in the group; 0: a node
    marks: Marks = Marks()


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

    def own(self, node: str) -> tuple[str, ...]:
        """The quantizers of the node's own output and weight."""
        return tuple(q for q in (self.own_output(node), self.params.get(node)) if q is not None)

    def chosen(self, node: str) -> str | None:
        """What a click on the node selects: its output's quantizer, else its weight's."""
        return self.outputs.get(node) or self.params.get(node)


def card_of(session: Session, node: Node, index: QuantizerIndex, overlay: str) -> Card:
    """The card of one node as things stand."""
    assert session.graph is not None
    output, param = index.own_output(node.name), index.params.get(node.name)
    own = {n for n in (output, param) if n is not None and n in session.encodings}
    badges = (_badge(session, "W", param), _badge(session, "A", output))
    histogram = None if output is None else session.histograms.get(output)
    value = None if overlay == OFF else node_value(session, overlay, node, output, param)
    return Card(
        name=node.name,
        op=node.op,
        title=node.op,
        lines=(node.name, shape_text(session.graph, node)),
        badges=tuple(b for b in badges if b is not None),
        thumbnail=() if histogram is None else thumbnail(histogram),
        value=value,
        level=None if value is None else shade(SCALES[overlay].level(value)),
        marks=_marks(session, own),
    )


def group_card(session: Session, group: Group, index: QuantizerIndex, overlay: str) -> Card:
    """The card of nodes drawn as one: how many, and the worst of what the overlay says of them."""
    assert session.graph is not None
    nodes = [session.graph.node_by_name[m] for m in group.members]
    values: list[float] = []
    for node in nodes if overlay != OFF else ():
        value = node_value(session, overlay, node, index.own_output(node.name), index.params.get(node.name))
        values += [] if value is None or math.isnan(value) else [value]
    worst = SCALES[overlay].worse(values) if values else None
    own = {n for m in group.members for n in index.own(m) if n in session.encodings}
    return Card(
        name=group.name,
        op="",
        title=group_title(group),
        lines=(_place(group), _worst(worst, overlay)),
        value=worst,
        level=None if worst is None else shade(SCALES[overlay].level(worst)),
        count=len(nodes),
        marks=_marks(session, own),
    )


def value_text(value: float, overlay: str) -> str:
    """A value of an overlay with its unit."""
    scale = SCALES[overlay]
    shown = {"%": number(100 * value, 3), "dB": decibel(value)}.get(scale.unit, number(value))
    return f"{shown} {scale.unit}"


def group_title(group: Group) -> str:
    """What it is and how often that repeats, else the name of the scope."""
    if group.block is None:
        return group.name
    names = {
        "recurrent": _tr("Recurrent block"),
        "attention": _tr("Attention block"),
        "residual": _tr("Residual block"),
        "stage": _tr("Stage"),
        "branching": _tr("Branching block"),
        "normalization": _tr("Normalization"),
        "plain": _tr("Block"),
    }
    return f"{names[group.block.kind]} ×{group.block.count}"


def _place(group: Group) -> str:
    size = len(group.members)
    if group.block is None:
        return _tr("{0} nodes").format(size)
    return _tr("{0} of {1} · {2} nodes").format(group.block.nth, group.block.count, size)


def _worst(value: float | None, overlay: str) -> str:
    return "" if value is None else _tr("worst {0}").format(value_text(value, overlay))


def _tr(text: str) -> str:
    return QCoreApplication.translate("GraphCards", text)


def _marks(session: Session, own: set[str]) -> Marks:
    soloed, muted = bool(own & session.soloed), bool(own) and own <= session.muted
    idle = bool(own) and all(n in session.muted or (session.soloed and n not in session.soloed) for n in own)
    return Marks(bool(own), muted, soloed, idle)


def shape_text(graph: Graph, node: Node) -> str:
    """Shape of the first output, such as 1×16×32×32."""
    tensor = next((graph.tensors[o] for o in node.outputs if o in graph.tensors), None)
    return "" if tensor is None else sizes_text(tensor.shape)


def sizes_text(shape: Sequence[int | str | None] | None) -> str:
    """A shape such as 1×16×32×32; nothing where it is not known, or of a scalar."""
    return "×".join("?" if d is None else str(d) for d in shape or ())


@per_histogram
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
    return Badge(letter, setting.spec.bits if setting.enabled else None, name in session.violating())
