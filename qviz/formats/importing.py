"""Bringing a file's entries into the encodings of an open model."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np

from qviz.encodings import IMPORTED, BiasRule, Encodings, Setting, Stored
from qviz.errors import QvizError, Text
from qviz.formats.blocks import fitted_blocks
from qviz.formats.entries import EncodingsFile, FileEntry, Named
from qviz.formats.fitting import fit_to_model
from qviz.graph.graph import Bias, Graph, Quantizer
from qviz.graph.quantizers import place_any
from qviz.quant.encoding import Encoding
from qviz.quant.spec import Granularity, UniformSpec
from qviz.spec_change import check_form
from qviz.targets import target_named

NEAREST = 50  # unknown names for which near ones are looked up; it takes a millisecond and more each
BIAS_TOLERANCE = 1e-3  # of a bias's scale against s_x * s_w


@dataclass(frozen=True)
class ImportReport:
    """What became of a file's entries.

    `applied`: how many are in force. `named`: quantizers that the file sets. `new`: quantizers that appeared where
    none stood. `split`: shared quantizers of which a tensor got its own. `unknown`: names that the model has not, each
    with the nearest that it has. `refused`: entries that cannot be applied, with the reason. `bias_differs`: int32
    biases whose scale in the file is not s_x * s_w.
    """

    applied: int
    named: tuple[str, ...]
    new: tuple[str, ...]
    unknown: tuple[tuple[str, tuple[str, ...]], ...]
    split: tuple[str, ...]
    refused: tuple[Named, ...]
    bias: BiasRule
    bias_differs: tuple[str, ...]


def merge(
    encodings: Encodings, file: EncodingsFile, graph: Graph, quantizers: Mapping[str, Quantizer], start_off: bool
) -> tuple[Encodings, ImportReport, Mapping[str, Quantizer]]:
    """Encodings with the file's entries, what became of these, and the quantizers that there are now.

    `start_off`: quantizers that the file does not name are disabled (a file is opened), else they stay as they are
    (a file is imported); weights that the format leaves to its target stay in any case. The bias rule becomes int32
    where the file has int32 biases, else float; a format without biases leaves it.
    """
    return _Merge(encodings, fit_to_model(file, encodings, graph), graph, quantizers).run(start_off)


class _Merge:
    def __init__(
        self, encodings: Encodings, file: EncodingsFile, graph: Graph, quantizers: Mapping[str, Quantizer]
    ) -> None:
        self._file, self._graph = file, graph
        self._bias_names = {b.name: b for b in graph.biases} | {f"{b.node}.bias": b for b in graph.biases}
        self._settings, self._groups = dict(encodings.settings), dict(encodings.groups)
        self._quantizers = dict(quantizers)
        self._target, self._bias = encodings.target, encodings.bias
        self._owner = {t: name for name, group in self._groups.items() for t in (name, *group)}
        self._named: set[str] = set()  # quantizers that the file sets
        self._new: list[str] = []
        self._split: list[str] = []
        self._unknown: list[str] = []
        self._refused = list(file.refused)
        self._biases: list[tuple[Bias, Stored]] = []
        self._applied = 0

    def run(self, start_off: bool) -> tuple[Encodings, ImportReport, Mapping[str, Quantizer]]:
        shared: dict[str, list[tuple[str, FileEntry]]] = {}  # quantizer -> (tensor, entry)
        loose: list[tuple[str, FileEntry]] = []  # on tensors where no quantizer stands
        for entry in self._file.entries:
            tensor = self._graph.resolve(entry.name)
            if entry.kind == "bias":
                self._note_bias(entry, tensor)
            elif tensor is None:
                self._unknown.append(entry.name)
            elif tensor in self._owner:
                shared.setdefault(self._owner[tensor], []).append((tensor, entry))
            else:
                loose.append((tensor, entry))
        for name, members in shared.items():
            self._apply_shared(name, members)
        for tensor, entry in loose:
            self._apply_loose(tensor, entry)
        if start_off:
            self._disable_the_rest()
        bias = self._bias if self._file.has_bias is None else "int32" if self._file.has_bias else "float"
        result = Encodings(self._settings, self._groups, bias, self._target)
        return result, self._report(result), self._quantizers

    def _apply_shared(self, name: str, members: list[tuple[str, FileEntry]]) -> None:
        """Equal entries set the whole quantizer; members whose entry differs get quantizers of their own."""
        quantizer = self._quantizers[name]
        sets: list[tuple[Setting, list[str]]] = []  # tensors by equal setting
        for tensor, entry in members:
            setting = self._fitted(entry, quantizer)
            if setting is None:
                continue
            self._applied += 1
            same = next((tensors for known, tensors in sets if _equal(known, setting)), None)
            if same is None:
                sets.append((setting, [tensor]))
            else:
                same.append(tensor)
        sets.sort(key=lambda s: name not in s[1])  # the quantizer itself goes first
        if len(sets) > 1 and (reason := self._kept_whole(name)) is not None:
            lost = [tensor for _, tensors in sets[1:] for tensor in tensors]
            self._refused += [(tensor, reason) for tensor in lost]
            self._applied -= len(lost)
            del sets[1:]
        for i, (setting, tensors) in enumerate(sets):
            target = name if i == 0 else self._split_off(name, tensors)
            self._settings[target] = _onto(self._settings[target], setting)
            self._named.add(target)

    def _kept_whole(self, name: str) -> Text | None:
        """Why the target does not allow to split a shared quantizer; None where it does."""
        target = None if self._target is None else target_named(self._target)
        if target is None or target.sharing.splits:
            return None
        values = {"target": target.title, "quantizer": name, "source": target.sharing.source}
        return Text("{target} does not allow to split the quantizer {quantizer} ({source}).", values)

    def _split_off(self, name: str, tensors: list[str]) -> str:
        new, rest = tensors[0], tuple(t for t in self._groups[name] if t not in tensors)
        quantizer = self._quantizers[name]
        described = place_any(self._graph, new)
        self._groups[name], self._groups[new] = rest, tuple(tensors)
        self._quantizers[name] = replace(quantizer, tensors=rest)
        self._quantizers[new] = replace(described, name=new, tensors=tuple(tensors), followers=())
        self._settings[new] = self._settings[name]
        self._split.append(name)
        return new

    def _apply_loose(self, tensor: str, entry: FileEntry) -> None:
        """A new quantizer, unless what the tensor follows is already on this very grid."""
        leader = next((n for n, q in self._quantizers.items() if tensor in q.followers), None)
        if leader is not None and leader in self._named and _equal(self._settings[leader], entry.setting):
            self._applied += 1
            return
        if not entry.setting.enabled:
            self._applied += 1  # nothing stands there, and nothing is asked for
            return
        if leader is not None and (reason := self._kept_whole(leader)) is not None:
            self._refused.append((entry.name, reason))
            return
        try:
            quantizer = replace(place_any(self._graph, tensor), name=tensor, tensors=(tensor,))
        except QvizError as error:
            self._refused.append((entry.name, error.text))
            return
        setting = self._fitted(entry, quantizer)
        if setting is not None:
            self._quantizers[tensor], self._groups[tensor], self._settings[tensor] = quantizer, (tensor,), setting
            self._owner[tensor] = tensor
            self._named.add(tensor)
            self._new.append(tensor)
            self._applied += 1

    def _fitted(self, entry: FileEntry, quantizer: Quantizer) -> Setting | None:
        """The entry's setting as far as it fits the tensor; else noted as refused."""
        setting = entry.setting
        try:
            check_form(setting.spec, quantizer)
        except QvizError as error:
            self._refused.append((entry.name, error.text))
            return None
        if isinstance(setting.spec, UniformSpec) and setting.spec.per_block:
            blocks = fitted_blocks(setting, entry.axis, quantizer)
            if isinstance(blocks, Text):
                self._refused.append((entry.name, blocks))
                return None
            return blocks
        values = setting.stored.scale if setting.stored else setting.range.low if setting.range else ()
        if not setting.spec.per_channel or (len(values) == 1 and quantizer.channels == 1):
            if isinstance(setting.spec, UniformSpec) and setting.spec.per_channel and quantizer.axis is None:
                setting = replace(setting, spec=replace(setting.spec, granularity=Granularity.PER_TENSOR))
            return setting
        axis = quantizer.axis
        rank = len(quantizer.shape or ())
        if axis is None or len(values) != quantizer.channels:
            template = "It has {scales} scales, but the tensor has {channels} channels."
            self._refused.append((entry.name, Text(template, {"scales": len(values), "channels": quantizer.channels})))
            return None
        if entry.axis is not None and entry.axis % max(rank, 1) != axis:
            template = "Its channels are on axis {axis}, but the operator's are on axis {expected}."
            self._refused.append((entry.name, Text(template, {"axis": entry.axis, "expected": axis})))
            return None
        return setting

    def _note_bias(self, entry: FileEntry, tensor: str | None) -> None:
        bias = self._bias_names.get(entry.name) or self._bias_names.get(tensor or "")
        if bias is not None:
            assert entry.setting.stored is not None
            self._biases.append((bias, entry.setting.stored))
            self._applied += 1
        elif tensor is None:
            self._unknown.append(entry.name)
        else:
            self._refused.append((entry.name, Text("Only biases of layers can have 32 bits.")))

    def _disable_the_rest(self) -> None:
        for name, setting in self._settings.items():
            by_target = self._file.params_by_target and self._quantizers[name].kind == "param"
            if name not in self._named and not by_target:
                self._settings[name] = replace(setting, enabled=False)

    def _report(self, result: Encodings) -> ImportReport:
        return ImportReport(
            applied=self._applied,
            named=tuple(n for n in result.settings if n in self._named),
            new=tuple(self._new),
            unknown=tuple((n, self._nearest(n) if i < NEAREST else ()) for i, n in enumerate(self._unknown)),
            split=tuple(dict.fromkeys(self._split)),
            refused=tuple(self._refused),
            bias=result.bias,
            bias_differs=tuple(b.name for b, stored in self._biases if not _agrees(b, stored, result)),
        )

    def _nearest(self, name: str) -> tuple[str, ...]:
        known = dict.fromkeys([*self._graph.tensors, *self._graph.aliases, *self._graph.node_by_name])
        return tuple(get_close_matches(name, known, n=3, cutoff=0.6))


def _onto(old: Setting, new: Setting) -> Setting:
    """The file's setting on a quantizer that stands; one in float keeps its range for when it is enabled again."""
    if not new.enabled:
        return replace(old, enabled=False)
    return replace(new, locked=old.locked)


def _equal(a: Setting, b: Setting) -> bool:
    return (a.enabled, a.spec, a.stored, a.range) == (b.enabled, b.spec, b.stored, b.range) and b.source == IMPORTED


def _agrees(bias: Bias, stored: Stored, encodings: Encodings) -> bool:
    active = {t: s.active for n, s in encodings.settings.items() for t in (n, *encodings.groups.get(n, ()))}
    x, w = active.get(bias.input), active.get(bias.weight)
    if not (isinstance(x, Encoding) and isinstance(w, Encoding)):
        return False
    expected, given = x.scale[0] * w.scale, np.array(stored.scale)
    if len(given) > len(expected) and len(given) % len(expected) == 0:
        expected = np.tile(expected, len(given) // len(expected))  # a grouped ConvTranspose, or one scale for all
    return len(given) in (1, len(expected)) and bool(np.allclose(given, expected, BIAS_TOLERANCE, 0.0))
