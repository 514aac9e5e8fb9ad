"""Running one micro-batch through the segments, with everything remembered that can be."""

import hashlib
import time
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from qviz.errors import QvizError
from qviz.graph.model import Model
from qviz.sim.applied import Applied
from qviz.sim.fake_quant import Codes, fake_quantize
from qviz.sim.memo import Memo
from qviz.sim.plan import Plan, Segment
from qviz.sim.sessions import Sessions

Arrays = dict[str, NDArray[np.generic]]
Keys = Mapping[str, bytes]  # cut tensor -> what its value depends on, samples apart


class Executor:
    """Evaluates cut tensors. A value's key is made of its segment's settings and the keys of what that reads."""

    def __init__(self, model: Model, plan: Plan, memo: Memo) -> None:
        self._plan = plan
        self._memo = memo
        self._sessions = Sessions(model, plan)

    @property
    def plan(self) -> Plan:
        return self._plan

    def keys(self, applied: Applied) -> Keys:
        """The key of every cut tensor under these encodings."""
        keys: dict[str, bytes] = {}
        for name in sorted(self._plan.cuts - self._plan.producer.keys()):
            keys[name] = _digest("input", name, _key_of(applied, name))
        for segment in self._plan.segments:
            own = _digest(segment.index, self._sessions.key(segment, applied), *(keys[i] for i in segment.inputs))
            for name in segment.outputs:
                keys[name] = _digest(own, name, _key_of(applied, name))
        return keys

    def run(
        self,
        feed: Mapping[str, NDArray[np.generic]],
        batch: object,
        wanted: Collection[str],
        applied: Applied,
        keys: Keys,
        remember: bool = True,
    ) -> Arrays:
        """Values of the cut tensors `wanted` for one micro-batch, named `batch` in the memo (None: not remembered).

        `remember` False: read from the memo, but keep nothing that is not there yet.

        An output of the model that is a constant may be wanted too. Raises QvizError where an operator fails.
        """
        constants = {n: self._sessions.constant(n, applied) for n in wanted if n not in keys}
        wanted = [n for n in wanted if n in keys]
        needed, known = self._needed(wanted, batch, keys)
        uses = _uses(needed, wanted)
        batch = batch if remember else None
        values: Arrays = {}
        for name in known:
            values[name] = known[name]
        for name in feed:
            if name in uses and name not in values:
                values[name] = self._quantized(np.array(feed[name], order="C"), name, batch, applied, keys, 0.0)
        for segment in needed:
            started = time.perf_counter()
            outputs = self._run_segment(segment, values, applied)
            for name in segment.inputs:
                uses[name] -= 1
                if not uses[name]:
                    del values[name]
            seconds = time.perf_counter() - started
            for name, value in zip(segment.outputs, outputs, strict=True):
                if name in uses:
                    values[name] = self._quantized(value, name, batch, applied, keys, seconds)
        return {name: values[name] for name in wanted} | constants

    def _run_segment(self, segment: Segment, values: Arrays, applied: Applied) -> list[NDArray[np.generic]]:
        session = self._sessions.get(segment, applied)
        try:
            return session.run(list(segment.outputs), {i: values[i] for i in segment.inputs})
        except Exception as error:
            raise QvizError(
                "ONNX Runtime failed in {nodes}: {reason}. If an input has a free dimension, set it with "
                "--shape NAME=1,3,224,224.",
                nodes=", ".join(segment.nodes),
                reason=str(error).split("\n")[0],
            ) from error

    def _needed(self, wanted: list[str], batch: object, keys: Keys) -> tuple[list[Segment], Arrays]:
        """Segments to run, in order, and the values that the memo still holds."""
        known: Arrays = {}
        needed: set[int] = set()
        stack = list(wanted)
        seen: set[str] = set()
        while stack:
            name = stack.pop()
            if name in seen or name not in self._plan.producer:
                continue
            seen.add(name)
            kept = self._memo.get((keys[name], batch)) if batch is not None else None
            if kept is not None:
                known[name] = kept.values() if isinstance(kept, Codes) else kept
            elif self._plan.producer[name] not in needed:
                needed.add(self._plan.producer[name])
                stack.extend(self._plan.segments[self._plan.producer[name]].inputs)
        return [self._plan.segments[i] for i in sorted(needed)], known

    def _quantized(
        self, value: NDArray[np.generic], name: str, batch: object, applied: Applied, keys: Keys, seconds: float
    ) -> NDArray[np.generic]:
        encoding = applied.activations.get(name)
        keep = batch is not None and self._memo.budget > 0 and isinstance(value, np.ndarray) and seconds > 0
        kept: Codes | NDArray[np.generic] = value
        if encoding is not None:
            floats = np.asarray(value, np.float32, order="C")
            codes = fake_quantize(floats, encoding, keep)
            value, kept = floats, codes if codes is not None else floats
        if keep:
            self._memo.put((keys[name], batch), kept, kept.nbytes, seconds)
        return value


def _uses(needed: list[Segment], wanted: list[str]) -> dict[str, int]:
    uses: dict[str, int] = {}
    for name in wanted:
        uses[name] = uses.get(name, 0) + 1
    for segment in needed:
        for name in segment.inputs:
            uses[name] = uses.get(name, 0) + 1
    return uses


def _key_of(applied: Applied, name: str) -> object:
    encoding = applied.activations.get(name)
    return encoding.key if encoding is not None else None


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
