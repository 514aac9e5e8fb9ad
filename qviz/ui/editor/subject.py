"""What the editor shows: one quantizer, its setting, its histogram, and the range that its handles stand for."""

from dataclasses import dataclass
from typing import Literal

from qviz.encodings import Setting
from qviz.graph.graph import Quantizer
from qviz.quant.histogram import Histogram
from qviz.quant.spec import Scheme
from qviz.session import Session

Edge = Literal["min", "max"]
EDGES: tuple[Edge, Edge] = ("min", "max")


@dataclass(frozen=True)
class Subject:
    """The selected quantizer. For a channel-wise setting, ranges are the envelope over channels."""

    name: str
    quantizer: Quantizer
    setting: Setting
    histogram: Histogram | None

    @property
    def has_range(self) -> bool:
        return self.setting.encoding is not None

    @property
    def requested(self) -> tuple[float, float]:
        """Where the handles stand; only where `has_range`."""
        if self.setting.range is not None and self.setting.stored is None:
            return min(self.setting.range.low), max(self.setting.range.high)
        return self.effective

    @property
    def effective(self) -> tuple[float, float]:
        """The range that the grid really covers; only where `has_range`."""
        encoding = self.setting.encoding
        assert encoding is not None
        return float(encoding.min.min()), float(encoding.max.max())

    @property
    def editable(self) -> bool:
        return self.has_range and not self.setting.locked

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
        """Whether `edge` is the zero edge of a one-sided tensor."""
        if self.mirrored or self.requested[EDGES.index(edge)] != 0:
            return False
        if self.histogram is None or not self.histogram.total:
            return True
        return self.histogram.min >= 0 if edge == "min" else self.histogram.max <= 0


def subject_of(session: Session, name: str | None) -> Subject | None:
    """The quantizer called `name` as it is now (previews included); None where there is none."""
    if name is None or name not in session.quantizers or name not in session.encodings:
        return None
    return Subject(name, session.quantizers[name], session.encodings[name], session.histograms.get(name))
