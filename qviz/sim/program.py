"""What runs under given encodings: the form of every segment, and the key of every cut tensor."""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from qviz.graph.model import Model
from qviz.quant.encoding import Encoding
from qviz.sim.applied import Applied
from qviz.sim.fake_quant import has_codes
from qviz.sim.form import Form, Local, local_settings
from qviz.sim.lowering import Lowering
from qviz.sim.plan import Plan, Segment

KEPT_FORMS = 8  # a segment's, by settings


@dataclass(frozen=True, eq=False)
class Program:
    """Forms by segment, and for each cut tensor a key of all that its value depends on, samples apart.

    `digests` are those of the segments' own settings.
    """

    applied: Applied
    forms: tuple[Form, ...]
    keys: Mapping[str, bytes]
    digests: tuple[bytes, ...]


class Programs:
    """Makes programs; a segment whose settings are as before keeps its form, and what was not edited is not looked at.

    Used by one thread at a time.
    """

    def __init__(self, model: Model, plan: Plan) -> None:
        self._plan = plan
        self._lowering = Lowering(model)
        self._forms: dict[int, OrderedDict[Hashable, tuple[Form, bytes]]]
        self._forms = {s.index: OrderedDict() for s in plan.segments}
        self._tensors = [frozenset((*s.inputs, *s.outputs, *s.constants)) for s in plan.segments]
        self._newest: Program | None = None

    @property
    def lowering(self) -> Lowering:
        return self._lowering

    def of(self, applied: Applied) -> Program:
        """The program of these encodings."""
        before = self._newest
        edited = None if before is None else _edited(before.applied, applied)
        grids: dict[str, Encoding] = {}
        keys: dict[str, bytes] = {}
        last: set[str] = set()
        forms, digests = [], []
        for name in sorted(self._plan.cuts - self._plan.producer.keys()):
            encoding = applied.activations.get(name)
            keys[name] = _digest("input", name, encoding.key if encoding is not None else None)
            if encoding is not None and has_codes(encoding):
                grids[name] = encoding
        for segment in self._plan.segments:
            if before is not None and edited is not None and edited.isdisjoint(self._tensors[segment.index]):
                form, digest = before.forms[segment.index], before.digests[segment.index]
            else:
                form, digest = self._form(segment.index, local_settings(segment, applied, grids, last))
                if before is not None and edited is not None and form is not before.forms[segment.index]:
                    edited.update(segment.outputs)
            forms.append(form)
            digests.append(digest)
            grids.update(form.grids)
            last.update(form.last)
            keys.update(_keys(segment, digest, keys, before))
        self._newest = Program(applied, tuple(forms), keys, tuple(digests))
        return self._newest

    def _form(self, index: int, local: Local) -> tuple[Form, bytes]:
        kept, key = self._forms[index], (local.key, local.last)
        if key not in kept:
            kept[key] = self._lowering.form(self._plan.segments[index], local), local.digest
            if len(kept) > KEPT_FORMS:
                kept.popitem(last=False)
        kept.move_to_end(key)
        return kept[key]


def _edited(before: Applied, after: Applied) -> set[str] | None:
    """Tensors whose settings differ; None where all may."""
    if before.integer != after.integer:
        return None
    sides = ((before.activations, after.activations), (before.constants, after.constants))
    found = {n for a, b in sides for n in a.keys() | b.keys() if a.get(n) is not b.get(n)}
    biases = before.biases.keys() | after.biases.keys()
    return found | {n for n in biases if before.biases.get(n) != after.biases.get(n)}


def _keys(segment: Segment, digest: bytes, keys: Mapping[str, bytes], before: Program | None) -> Mapping[str, bytes]:
    """Keys of what a segment yields; those of `before` where nothing that decides them differs."""
    same = before is not None and digest == before.digests[segment.index]
    if before is None or not same or any(keys[i] != before.keys[i] for i in segment.inputs):
        return output_keys(segment, digest, keys)
    return {n: before.keys[n] for n in segment.outputs}


def output_keys(segment: Segment, digest: bytes, keys: Mapping[str, bytes]) -> dict[str, bytes]:
    """Keys of what a segment yields, by those of what it reads and the digest of its settings."""
    own = _digest(segment.index, digest, *(keys[i] for i in segment.inputs))
    return {name: own + name.encode() for name in segment.outputs}


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
