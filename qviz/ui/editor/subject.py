"""What the editor shows: one quantizer, its setting, its histogram, and the range that its handles stand for."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from qviz.edits import requested_range
from qviz.encodings import Setting
from qviz.graph.graph import Quantizer
from qviz.quant.blocks import BlockGrid
from qviz.quant.code_use import CodeUse, code_use
from qviz.quant.histogram import Histogram
from qviz.quant.spec import FloatSpec, Scheme
from qviz.session import Session
from qviz.ui.compared import other_name, other_setting

Edge = Literal["min", "max"]
EDGES: tuple[Edge, Edge] = ("min", "max")


@dataclass(frozen=True)
class Subject:
    """The selected quantizer. For a channel-wise setting, ranges are the envelope over channels."""

    name: str
    quantizer: Quantizer
    setting: Setting
    histogram: Histogram | None
    other: Setting | None = None  # of the state compared with, where it differs
    other_name: str = ""  # of that state

    @property
    def other_range(self) -> tuple[float, float] | None:
        """The range requested in the state compared with, where it is another than here."""
        asked = None if self.other is None else requested_range(self.other)
        edges = None if asked is None else (min(asked.low), max(asked.high))
        return None if self.has_range and edges == self.requested else edges

    @property
    def has_range(self) -> bool:
        return self.setting.grid is not None

    @property
    def ranged(self) -> bool:
        """Whether the clip range moves the levels: floats of 16 bits lie where they lie."""
        spec = self.setting.spec
        return not isinstance(spec, FloatSpec) or spec.scaled

    @property
    def requested(self) -> tuple[float, float]:
        """Where the handles stand; only where `has_range`."""
        if self.setting.range is not None and self.setting.stored is None and self.ranged:
            return min(self.setting.range.low), max(self.setting.range.high)
        return self.effective

    @property
    def effective(self) -> tuple[float, float]:
        """The range that the grid really covers; only where `has_range`."""
        grid = self.setting.grid
        assert grid is not None
        return float(grid.min.min()), float(grid.max.max())

    @cached_property
    def code_use(self) -> CodeUse | None:
        """Which levels the values take; None where the histogram does not tell."""
        if not self.judged or self.histogram is None or self.setting.grid is None:
            return None
        return code_use(self.histogram, self.setting.grid)

    @property
    def by_block(self) -> bool:
        """Whether parts of a channel have levels of their own."""
        return isinstance(self.setting.grid, BlockGrid)

    @property
    def judged(self) -> bool:
        """Whether the histogram says what the grid does; of blocks it knows nothing."""
        grid, histogram = self.setting.grid, self.histogram
        if grid is None or histogram is None or not histogram.total or self.by_block:
            return False
        return grid.channels in (1, histogram.channels)

    @property
    def editable(self) -> bool:
        return self.has_range and self.ranged and not self.setting.locked

    @property
    def mirrored(self) -> bool:
        """Whether one edge's move takes the other along."""
        spec = self.setting.spec
        return spec.symmetric and not (spec.scheme is Scheme.SYMMETRIC_UNSIGNED and self.requested[0] >= 0)

    @property
    def leading_edge(self) -> Edge:
        """The edge to sweep at first: one that can move; symmetric, the one that decides about the scale."""
        if not self.has_range:
            return "max"
        low, high = self.requested
        return "min" if self.is_fixed("max") or (self.mirrored and -low > high) else "max"

    def is_fixed(self, edge: Edge) -> bool:
        """Whether `edge` is the zero edge of a one-sided tensor, or no range moves the levels."""
        if not self.ranged:
            return True
        if self.mirrored or self.requested[EDGES.index(edge)] != 0:
            return False
        if self.histogram is None or not self.histogram.total:
            return True
        return self.histogram.min >= 0 if edge == "min" else self.histogram.max <= 0


def subject_of(session: Session, name: str | None) -> Subject | None:
    """The quantizer called `name` as it is now (previews included); None where there is none."""
    if name is None or name not in session.quantizers or name not in session.encodings:
        return None
    other = other_setting(session, name)
    told = (session.quantizers[name], session.encodings[name], session.histograms.get(name))
    return Subject(name, *told, other, "" if other is None else other_name(session))
