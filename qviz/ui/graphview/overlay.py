"""What a card's fill can tell: overlays, their scales, and the value of each node."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from qviz.encodings import Setting
from qviz.graph.graph import Node
from qviz.quant.blocks import BlockGrid
from qviz.quant.error import QuantError, quantization_error
from qviz.quant.histogram import Histogram
from qviz.session import Session
from qviz.ui.graphview.remembered import per_histogram

OFF = "off"


@dataclass(frozen=True)
class Scale:
    """From `clean`, where nothing is wrong, to `worst`; on a logarithmic axis where `log`."""

    clean: float
    worst: float
    unit: str
    log: bool = False

    def level(self, value: float) -> float:
        """0 for clean and better, 1 for worst and beyond."""
        if math.isnan(value):
            return 0.0
        least = min(self.clean, self.worst)
        clean, worst, at = (math.log(max(v, least)) if self.log else v for v in (self.clean, self.worst, value))
        return min(max((at - clean) / (worst - clean), 0.0), 1.0)

    def at(self, level: float) -> float:
        """The value at a level."""
        if self.log:
            return self.clean * (self.worst / self.clean) ** level
        return self.clean + (self.worst - self.clean) * level

    def worse(self, values: list[float]) -> float:
        """The worst of some values."""
        return max(values, key=lambda v: (self.level(v), v if self.worst > self.clean else -v))


SCALES: Mapping[str, Scale] = {
    "cumulative": Scale(30.0, 0.0, "dB"),
    "local": Scale(50.0, 10.0, "dB"),
    "sensitivity": Scale(0.0, 12.0, "dB"),
    "bits": Scale(16.0, 2.0, "bits", log=True),
    "clipping": Scale(1e-5, 0.1, "%", log=True),
    "against_b": Scale(0.0, -20.0, "dB"),
}


def node_value(session: Session, overlay: str, node: Node, output: str | None, param: str | None) -> float | None:
    """What an overlay knows of a node with these quantizers (its own output's and its weight's); None: nothing."""
    names = [n for n in (output, param) if n is not None]
    if overlay in ("cumulative", "local"):
        return _error(session, node, output, local=overlay == "local")
    if overlay == "sensitivity":
        rows = [session.sensitivity[n].regained_db for n in names if n in session.sensitivity]
        return max(rows, default=None)
    if overlay == "bits":
        settings = [session.encodings[n] for n in names if n in session.encodings]
        return min((float(s.spec.bits) for s in settings if s.enabled), default=None)
    if overlay == "against_b":
        return min((g for n in names if (g := _gained(session, n)) is not None), default=None)
    shares = [s for n in names if (s := _clipped(session, n)) is not None]
    return max(shares, default=None)


def _error(session: Session, node: Node, output: str | None, local: bool) -> float | None:
    if session.result is None:
        return None
    errors = session.result.tensors
    names = [*node.outputs, *([] if output is None else [output])]
    found = next((errors[n] for n in names if n in errors), None)
    return None if found is None else found.local_db if local else found.sqnr_db


def _clipped(session: Session, name: str) -> float | None:
    histogram, setting = session.histograms.get(name), session.encodings.settings.get(name)
    if histogram is None or setting is None or not setting.enabled:
        return None
    return clipped_share(histogram, setting)


def _gained(session: Session, name: str) -> float | None:
    """Own SQNR as shown minus that under baseline B, dB; 0 where both are set alike, None where one is not known."""
    now, before = session.encodings.settings.get(name), session.baseline.settings.get(name)
    histogram = session.histograms.get(name)
    if now is None or before is None or histogram is None or not (now.enabled and before.enabled):
        return None
    if now == before:
        return 0.0
    found = own_error(histogram, now), own_error(histogram, before)
    return None if found[0] is None or found[1] is None else found[0].sqnr_db - found[1].sqnr_db


def clipped_share(histogram: Histogram, setting: Setting) -> float | None:
    """Share of the values beyond the effective range, 0..1; None where there is no range."""
    found = own_error(histogram, setting)
    return None if found is None else found.clipped_share


@per_histogram
def own_error(histogram: Histogram, setting: Setting) -> QuantError | None:
    """What this setting alone does to the values; None without a range, or where a histogram does not tell."""
    grid = setting.grid
    if grid is None or isinstance(grid, BlockGrid) or grid.channels not in (1, histogram.channels):
        return None
    return quantization_error(histogram, grid)
