"""The table's columns and their values, one array a column, so that numpy sorts and filters them."""

from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from qviz.encodings import Encodings
from qviz.graph.graph import Quantizer
from qviz.quant.spec import CodebookSpec, Spec, UniformSpec
from qviz.sim.result import SensitivityRow, TensorError
from qviz.ui.settings.names import scheme_or_form
from qviz.ui.settings.selection import requested


class Column(IntEnum):
    """Columns from left to right."""

    NAME = 0
    REGAINED = 1
    CHANGE = 2
    MUTE = 3
    SOLO = 4
    ENABLED = 5
    BITS = 6
    SCHEME = 7
    GRANULARITY = 8
    LOW = 9
    HIGH = 10
    LOCAL = 11
    CUMULATIVE = 12
    ALONE = 13
    OP = 14
    LOCAL_B = 15
    GAIN = 16
    BITS_B = 17
    LOW_B = 18
    HIGH_B = 19


NUMBERS = (
    Column.REGAINED, Column.CHANGE, Column.BITS, Column.LOW, Column.HIGH, Column.LOCAL, Column.CUMULATIVE, Column.ALONE,
    Column.LOCAL_B, Column.GAIN, Column.BITS_B, Column.LOW_B, Column.HIGH_B,
)  # fmt: skip
SWITCHES = (Column.MUTE, Column.SOLO, Column.ENABLED)
FOUND = (Column.REGAINED, Column.CHANGE, Column.ALONE)  # by the engine in its idle time
RANGE = (Column.LOW, Column.HIGH)
OF_BASELINE = (Column.LOCAL_B, Column.GAIN, Column.BITS_B, Column.LOW_B, Column.HIGH_B)


class Columns:
    """Values of all quantizers. NaN stands for "not known"."""

    def __init__(self, quantizers: Mapping[str, Quantizer]) -> None:
        self.names = list(quantizers)
        self.row = {name: i for i, name in enumerate(self.names)}
        self._tensors = [q.tensors for q in quantizers.values()]
        self.kinds = [q.kind for q in quantizers.values()]
        self.splits = [q.axis is not None for q in quantizers.values()]
        n = len(self.names)
        self.stale = np.zeros(n, bool)  # what was found is about an older state
        self.differs = np.zeros(n, bool)  # from how baseline B sets it
        self.violations: dict[int, str] = {}  # row -> why the target cannot run it as set
        self.sure = np.zeros(n, bool)  # the interval of the change excludes zero
        self.values: dict[Column, NDArray[np.generic]] = {
            Column.NAME: np.array(self.names, dtype=np.str_),
            Column.OP: np.array([q.op for q in quantizers.values()], dtype=np.str_),
            Column.SCHEME: np.full(n, "", "<U24"),
            Column.GRANULARITY: np.full(n, "", "<U16"),
            **{c: np.zeros(n, bool) for c in SWITCHES},
            **{c: np.full(n, np.nan) for c in NUMBERS},
        }
        text = [f"{name}\n{q.op}\n{q.kind}".lower() for name, q in quantizers.items()]
        self._searched = np.array(text, dtype=np.str_)

    def read(self, encodings: Encodings, names: Iterable[str]) -> None:
        """Take the settings of `names` over."""
        known = [n for n in names if n in self.row and n in encodings]
        rows = [self.row[n] for n in known]
        settings = [encodings[n] for n in known]
        edges = [requested(s) or (np.nan, np.nan) for s in settings]
        specs = {id(s.spec): s.spec for s in settings}  # of thousands most are one object
        told = {key: (spec.bits, scheme_key(spec), granularity_key(spec)) for key, spec in specs.items()}
        keys = [id(s.spec) for s in settings]
        for column, found in (
            (Column.ENABLED, [s.enabled for s in settings]),
            (Column.BITS, [told[key][0] for key in keys]),
            (Column.SCHEME, [told[key][1] for key in keys]),
            (Column.GRANULARITY, [told[key][2] for key in keys]),
            (Column.LOW, [e[0] for e in edges]),
            (Column.HIGH, [e[1] for e in edges]),
        ):
            self.values[column][rows] = found

    def read_baseline(self, baseline: Encodings) -> None:
        """How baseline B sets every quantizer."""
        settings = [baseline.settings.get(n) for n in self.names]
        edges = [(requested(s) if s else None) or (np.nan, np.nan) for s in settings]
        self.values[Column.BITS_B][:] = [s.spec.bits if s else np.nan for s in settings]
        self.values[Column.LOW_B][:] = [e[0] for e in edges]
        self.values[Column.HIGH_B][:] = [e[1] for e in edges]

    def read_differences(self, baseline: Encodings, encodings: Encodings, names: Iterable[str]) -> None:
        """Which of `names` are set otherwise under baseline B."""
        changed = encodings.changed(baseline)
        for name in names:
            if name in self.row:
                self.differs[self.row[name]] = name in changed

    def read_local(self, column: Column, sqnr_db: Mapping[str, float]) -> None:
        """The SQNR of some quantizers' own error, now or under baseline B, and what is between the two."""
        for name, value in sqnr_db.items():
            self.values[column][self.row[name]] = value
        rows = [self.row[n] for n in sqnr_db]
        own, other = (self.values[c][rows].astype(np.float64) for c in (Column.LOCAL, Column.LOCAL_B))
        with np.errstate(invalid="ignore"):
            self.values[Column.GAIN][rows] = np.where(own == other, 0.0, own - other)

    def forget_baseline(self) -> None:
        """No baseline is pinned."""
        for column in OF_BASELINE:
            self.values[column][:] = np.nan
        self.differs[:] = False

    def read_errors(self, errors: Mapping[str, TensorError]) -> None:
        """Cumulative SQNR of each quantizer: of its worst tensor that the simulation told."""
        if not errors:
            self.values[Column.CUMULATIVE][:] = np.nan
            return
        told = ([errors[t].sqnr_db for t in tensors if t in errors] for tensors in self._tensors)
        self.values[Column.CUMULATIVE][:] = [min(found, default=np.nan) for found in told]

    def read_sensitivity(self, found: Mapping[str, SensitivityRow]) -> list[str]:
        """What leaving each quantizer in float regains; which quantizers these are."""
        known = [n for n in found if n in self.row]
        rows = [self.row[n] for n in known]
        for column, told in (
            (Column.REGAINED, [found[n].regained_db for n in known]),
            (Column.CHANGE, [_or_nan(found[n].change) for n in known]),
            (Column.ALONE, [_or_nan(found[n].alone_db) for n in known]),
        ):
            self.values[column][rows] = told
        self.sure[rows] = [is_sure(found[n]) for n in known]
        self.stale[rows] = False
        return known

    def forget_sensitivity(self) -> None:
        """Nothing is known of another model or other data."""
        for column in FOUND:
            self.values[column][:] = np.nan
        self.sure[:] = self.stale[:] = False

    def read_what_if(self, muted: Collection[str], soloed: Collection[str]) -> list[str]:
        """What is muted or soloed; which quantizers this changed."""
        changed: set[int] = set()
        for column, names in ((Column.MUTE, muted), (Column.SOLO, soloed)):
            now = np.zeros(len(self.names), bool)
            now[[self.row[n] for n in names if n in self.row]] = True
            changed.update(np.flatnonzero(now != self.values[column]).tolist())
            self.values[column] = now
        return [self.names[row] for row in changed]

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


def scheme_key(spec: Spec) -> str:
    """Scheme, or form, with the number of centroids behind it."""
    key = scheme_or_form(spec)
    return f"{key} {spec.size}" if isinstance(spec, CodebookSpec) else key


def granularity_key(spec: Spec) -> str:
    """Granularity, with the size of a block behind it."""
    return f"{spec.granularity} {spec.block}" if isinstance(spec, UniformSpec) and spec.block else str(spec.granularity)


def is_sure(row: SensitivityRow) -> bool:
    """Whether the interval of the change in accuracy excludes zero."""
    return row.change_ci95 is not None and not row.change_ci95[0] <= 0 <= row.change_ci95[1]


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _argsort(values: NDArray[np.generic], descending: bool) -> NDArray[np.intp]:
    if not descending:
        return np.argsort(values, kind="stable")
    return len(values) - 1 - np.argsort(values[::-1], kind="stable")[::-1]
