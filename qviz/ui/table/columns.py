"""The table's columns and their values, one array a column, so that numpy sorts and filters them."""

from collections.abc import Iterable, Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from qviz.encodings import Encodings, Setting
from qviz.graph.graph import Quantizer
from qviz.sim.result import TensorError
from qviz.ui.settings.selection import requested


class Column(IntEnum):
    """Columns from left to right."""

    NAME = 0
    OP = 1
    ENABLED = 2
    BITS = 3
    SCHEME = 4
    GRANULARITY = 5
    LOW = 6
    HIGH = 7
    LOCAL = 8
    CUMULATIVE = 9


NUMBERS = (Column.BITS, Column.LOW, Column.HIGH, Column.LOCAL, Column.CUMULATIVE)


class Columns:
    """Values of all quantizers. NaN stands for "not known"."""

    def __init__(self, quantizers: Mapping[str, Quantizer]) -> None:
        self.names = list(quantizers)
        self.row = {name: i for i, name in enumerate(self.names)}
        self._tensors = [q.tensors for q in quantizers.values()]
        self.kinds = [q.kind for q in quantizers.values()]
        n = len(self.names)
        self.values: dict[Column, NDArray[np.generic]] = {
            Column.NAME: np.array(self.names, dtype=np.str_),
            Column.OP: np.array([q.op for q in quantizers.values()], dtype=np.str_),
            Column.ENABLED: np.zeros(n, bool),
            Column.SCHEME: np.full(n, "", "<U24"),
            Column.GRANULARITY: np.full(n, "", "<U16"),
            **{c: np.full(n, np.nan) for c in NUMBERS},
        }
        text = [f"{name}\n{q.op}\n{q.kind}".lower() for name, q in quantizers.items()]
        self._searched = np.array(text, dtype=np.str_)

    def read(self, encodings: Encodings, names: Iterable[str]) -> None:
        """Take the settings of `names` over."""
        for name in names:
            if name in self.row and name in encodings:
                self._read_setting(self.row[name], encodings[name])

    def _read_setting(self, row: int, setting: Setting) -> None:
        low, high = requested(setting) or (np.nan, np.nan)
        values = self.values
        values[Column.ENABLED][row] = setting.enabled
        values[Column.BITS][row] = setting.spec.bits
        values[Column.SCHEME][row] = str(setting.spec.scheme)
        values[Column.GRANULARITY][row] = str(setting.spec.granularity)
        values[Column.LOW][row] = low
        values[Column.HIGH][row] = high

    def read_errors(self, errors: Mapping[str, TensorError]) -> None:
        """Cumulative SQNR of each quantizer: of its worst tensor that the simulation told."""
        told = ([errors[t].sqnr_db for t in tensors if t in errors] for tensors in self._tensors)
        self.values[Column.CUMULATIVE][:] = [min(found, default=np.nan) for found in told]

    def order(self, column: Column | None, descending: bool, needle: str) -> NDArray[np.intp]:
        """Rows that contain `needle` (in name, operator or kind), sorted stably; what is not known comes last."""
        rows = np.arange(len(self.names))
        if needle and len(rows):
            rows = np.flatnonzero(np.char.find(self._searched, needle.lower()) >= 0)
        if column is None:
            return rows
        values = self.values[column][rows]
        known = ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(rows), bool)
        return np.concatenate([rows[known][_argsort(values[known], descending)], rows[~known]])


def _argsort(values: NDArray[np.generic], descending: bool) -> NDArray[np.intp]:
    if not descending:
        return np.argsort(values, kind="stable")
    return len(values) - 1 - np.argsort(values[::-1], kind="stable")[::-1]
