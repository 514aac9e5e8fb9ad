"""What is known of each quantizer's sensitivity, while it streams in and after edits made some of it old."""

from collections.abc import Mapping

from qviz.sim.events import Sensitivity
from qviz.sim.result import SensitivityRow
from qviz.tune.sensitivity import most_regained


class Findings:
    """Rows by quantizer. A row counts as current while the committed encodings are those that it is about."""

    def __init__(self) -> None:
        self.rows: Mapping[str, SensitivityRow] = {}
        self.done, self.total = 0, 0  # what-ifs of the current state
        self._since = 0  # generation that the committed encodings have had from

    @property
    def complete(self) -> bool:
        """Whether every what-if of the current state is answered."""
        return self.total > 0 and self.done == self.total

    @property
    def stale(self) -> frozenset[str]:
        """Quantizers whose row is about an older state."""
        return frozenset(n for n, row in self.rows.items() if row.generation < self._since)

    def forget(self) -> None:
        """Another model or other data: nothing is known."""
        self.rows, self.done, self.total = {}, 0, 0

    def committed(self, generation: int) -> None:
        """The committed encodings are others from this generation on; rows that are there become stale."""
        self._since, self.done, self.total = generation, 0, 0

    def add(self, event: Sensitivity) -> bool:
        """Take rows in; whether they are about the current state."""
        if event.generation < self._since:
            return False
        self.rows = {**self.rows, **event.rows}
        self.done, self.total = event.done, event.total
        return True

    def cause(self) -> str | None:
        """The quantizer that regains most output SQNR when left in float; None where none is known to regain any."""
        current = [row for row in self.rows.values() if row.generation >= self._since and row.regained_db > 0]
        return most_regained(current)[0].name if current else None
