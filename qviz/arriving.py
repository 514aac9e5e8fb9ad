"""Histograms on their way from an engine: part after part, each with the ranges that follow from it."""

from collections.abc import Mapping

from qviz import edits
from qviz.encodings import Encodings
from qviz.quant.histogram import Histogram


class Arriving:
    """What has come of one calibration so far. Thousands of ranges at once would hold a window up."""

    def __init__(self) -> None:
        self.histograms: dict[str, Histogram] = {}
        self._from: Encodings | None = None
        self._state = Encodings()

    def take(self, part: Mapping[str, Histogram], committed: Encodings) -> Encodings:
        """The committed encodings with ranges by min-max of all that has come, hand-made ones apart."""
        self.histograms |= part
        if self._from is not committed:
            self._from, self._state, part = committed, committed, self.histograms
        names = [n for n in part if n in committed.settings]
        self._state = edits.calibrate(self._state, part, names, "minmax", keep_hand_made=True)
        return self._state
