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
    """Makes programs; a segment whose settings are as before keeps its form."""

    def __init__(self, model: Model, plan: Plan) -> None:
        self._plan = plan
        self._lowering = Lowering(model)
        self._forms: dict[int, OrderedDict[Hashable, tuple[Form, bytes]]]
        self._forms = {s.index: OrderedDict() for s in plan.segments}

    @property
    def lowering(self) -> Lowering:
        return self._lowering

    def of(self, applied: Applied) -> Program:
        """The program of these encodings."""
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
            form, digest = self._form(segment.index, local_settings(segment, applied, grids, last))
            forms.append(form)
            digests.append(digest)
            grids.update(form.grids)
            last.update(form.last)
            keys.update(output_keys(segment, digest, keys))
        return Program(applied, tuple(forms), keys, tuple(digests))

    def _form(self, index: int, local: Local) -> tuple[Form, bytes]:
        kept, key = self._forms[index], (local.key, local.last)
        if key not in kept:
            kept[key] = self._lowering.form(self._plan.segments[index], local), local.digest
            if len(kept) > KEPT_FORMS:
                kept.popitem(last=False)
        kept.move_to_end(key)
        return kept[key]


def output_keys(segment: Segment, digest: bytes, keys: Mapping[str, bytes]) -> dict[str, bytes]:
    """Keys of what a segment yields, by those of what it reads and the digest of its settings."""
    own = _digest(segment.index, digest, *(keys[i] for i in segment.inputs))
    return {name: own + name.encode() for name in segment.outputs}


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
