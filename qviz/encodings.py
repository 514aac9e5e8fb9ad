"""Encodings: the one immutable value that every edit makes anew and everything else reads."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from operator import is_, is_not
from types import MappingProxyType
from typing import Literal, TypeVar
from weakref import ref

import numpy as np

from qviz.quant.blocks import BlockGrid
from qviz.quant.encoding import Encoding, encoding_from_range
from qviz.quant.forms import grid_from_range, grid_from_scale
from qviz.quant.grid import Grid
from qviz.quant.levels import codebook_grid
from qviz.quant.spec import CodebookSpec, FloatSpec, Spec, UniformSpec

T = TypeVar("T")
MOST_COMPARED = 8  # other states of which an encodings remembers what differs
BiasRule = Literal["int32", "float"]
MANUAL, IMPORTED = "manual", "imported"  # other sources are names of calibrators, such as "minmax"
FIXED = "fixed"  # prescribed by the target, whatever the data say


@dataclass(frozen=True)
class ClipRange:
    """A requested range: one (low, high) a channel, or one pair for the whole tensor."""

    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Stored:
    """Scale and offset exactly as a file gave them; they win until the user edits the range."""

    scale: tuple[float, ...]
    offset: tuple[int, ...]


@dataclass(frozen=True)
class Setting:
    """How one quantizer is set. The grid (scale, offset, levels) is derived, never fed back."""

    enabled: bool = True
    spec: Spec = field(default_factory=UniformSpec)
    range: ClipRange | None = None
    stored: Stored | None = None
    source: str = ""  # "" (no range yet), MANUAL, IMPORTED, FIXED or a calibrator's name
    locked: bool = False
    centroids: tuple[float, ...] = ()  # of a codebook: found for its range, or as a file gave them

    @cached_property
    def grid(self) -> Grid | None:
        """The values that the tensor can take, in whatever form; None where there is no range yet.

        Floats of 16 bits need none. A codebook without centroids has them evenly spaced.
        """
        spec = self.spec
        if isinstance(spec, CodebookSpec):
            return self._codebook(spec)
        if isinstance(spec, UniformSpec) and spec.per_block:
            return self._blocks(spec)
        if self.stored is not None:
            return grid_from_scale(self.stored.scale, self.stored.offset, spec)
        if isinstance(spec, FloatSpec) and not spec.scaled:
            return grid_from_range(0.0, 0.0, spec)
        return None if self.range is None else grid_from_range(self.range.low, self.range.high, spec)

    @property
    def encoding(self) -> Encoding | None:
        """Scale and offset, where the form is integers (ternary too); None for another form, or without a range."""
        return self.grid if isinstance(self.grid, Encoding) else None

    @property
    def active(self) -> Grid | None:
        """The grid that a simulation applies: None where disabled or without a range."""
        return self.grid if self.enabled else None

    @property
    def is_active(self) -> bool:
        """Whether there is an `active` grid, told without making it."""
        spec = self.spec
        if not self.enabled or self.range is not None:
            return self.enabled
        if isinstance(spec, CodebookSpec):
            return bool(self.centroids)
        return self.stored is not None or (isinstance(spec, FloatSpec) and not spec.scaled)

    def _blocks(self, spec: UniformSpec) -> Grid | None:
        if self.stored is not None:
            rows = Encoding(np.array(self.stored.scale), np.array(self.stored.offset, np.int64), spec.steps)
            return BlockGrid(rows, spec.block)
        if self.range is None:
            return None
        return BlockGrid(encoding_from_range(self.range.low, self.range.high, spec), spec.block)

    def _codebook(self, spec: CodebookSpec) -> Grid | None:
        if self.centroids:
            return codebook_grid(self.centroids)
        if self.range is None:
            return None
        return codebook_grid(np.linspace(min(self.range.low), max(self.range.high), spec.size))

    def with_range(self, low: Iterable[float], high: Iterable[float], source: str) -> "Setting":
        """The same setting with another requested range; what a file stored no longer counts, nor do centroids."""
        requested = ClipRange(tuple(map(float, low)), tuple(map(float, high)))
        return replace(self, range=requested, stored=None, source=source, centroids=())


OFF = Setting(enabled=False)  # one object: laying what-ifs over the encodings sends an engine next to nothing


def _unchanging(given: Mapping[str, T]) -> Mapping[str, T]:
    return given if isinstance(given, MappingProxyType) else MappingProxyType(dict(given))


@dataclass(frozen=True, eq=False)
class Encodings:
    """Which quantizers exist (name -> Setting), which tensors each owns, the bias rule and the target.

    `groups[name]` are the tensors quantized with that setting where they are produced. Compare with `is` or `changed`.
    """

    settings: Mapping[str, Setting] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bias: BiasRule = "int32"
    target: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", _unchanging(self.settings))
        object.__setattr__(self, "groups", _unchanging(self.groups))

    def __getitem__(self, name: str) -> Setting:
        return self.settings[name]

    def __contains__(self, name: object) -> bool:
        return name in self.settings

    def __reduce__(self) -> tuple[object, ...]:
        return Encodings, (dict(self.settings), dict(self.groups), self.bias, self.target)

    def with_settings(self, changes: Mapping[str, Setting]) -> "Encodings":
        """These encodings with some settings replaced (or added, with a group of their own)."""
        added = {name: (name,) for name in changes if name not in self.groups}
        groups = {**self.groups, **added} if added else self.groups
        return replace(self, settings={**self.settings, **changes}, groups=groups)

    def with_bias(self, bias: BiasRule) -> "Encodings":
        return replace(self, bias=bias)

    def changed(self, other: "Encodings") -> frozenset[str]:
        """Names of the quantizers whose setting or group differs between the two."""
        known = self._compared.get(id(other))
        if known is None or known[0]() is not other:
            if len(self._compared) >= MOST_COMPARED:
                self._compared.clear()
            found = _differing(self.settings, other.settings) | _differing(self.groups, other.groups)
            self._compared[id(other)] = known = ref(other), frozenset(found)
        return known[1]

    @cached_property
    def _compared(self) -> dict[int, tuple["ref[Encodings]", frozenset[str]]]:
        """What is found out once is asked for by every panel."""
        return {}


def _differing(some: Mapping[str, object], others: Mapping[str, object]) -> set[str]:
    """Keys whose values differ."""
    found = {n for n, value in renewed(others, some).items() if n not in others or value != others[n]}
    return found | (others.keys() - some.keys())


def renewed(before: Mapping[str, T], after: Mapping[str, T]) -> dict[str, T]:
    """Those of `after` whose value is not the same object as before; thousands are compared in no time."""
    if before is after or not before:
        return {} if before is after else dict(after)
    if len(before) == len(after) and all(map(is_, before, after)):  # as nearly always
        return dict(compress(after.items(), map(is_not, before.values(), after.values())))
    return {n: value for n, value in after.items() if before.get(n) is not value}


def what_if(encodings: Encodings, muted: Collection[str] = (), soloed: Collection[str] = ()) -> Encodings:
    """What is simulated where `muted` quantizers are left in float and, if there are any `soloed`, all but those too.

    Soloing switches nothing on that is off. For simulation alone: ranges of what is left in float are not kept.
    """
    off = {n: OFF for n in encodings.settings if n in muted or (soloed and n not in soloed)}
    return encodings.with_settings(off) if off else encodings
