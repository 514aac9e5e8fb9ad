"""Equal results stop the ripple: a result that came out as before stands for the one before, whatever led to it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qviz.sim.fake_quant import Codes, Value
from qviz.sim.layout import in_memory, lies_last
from qviz.sim.memo import Memo
from qviz.sim.plan import Plan
from qviz.sim.program import Program, output_keys

HEAD = 1 << 12  # bytes that are looked at first: results that differ mostly do so there
KEPT = 256  # equalities of one micro-batch
BYTES, SECONDS = 200, 1e-5  # what a tensor's part in a record takes, and what losing it costs


class Sameness:
    """What is known of one micro-batch: the newest key of each tensor, and which keys stand for equal values."""

    def __init__(self) -> None:
        self._newest: dict[str, bytes] = {}
        self._equal: dict[bytes, bytes] = {}

    def keys(self, program: Program, plan: Plan) -> Mapping[str, bytes]:
        """Keys under `program`, with those that stand for equal values put in each other's place."""
        if not self._equal:
            return program.keys
        keys, moved = dict(program.keys), set[str]()
        for segment, digest in zip(plan.segments, program.digests, strict=True):
            own = {n: keys[n] for n in segment.outputs}
            if not moved.isdisjoint(segment.inputs):
                own = output_keys(segment, digest, keys)
            own = {n: self._equal.get(key, key) for n, key in own.items()}
            moved.update(n for n, key in own.items() if key != keys[n])
            keys |= own
        return keys

    def finds_equal(self, name: str, key: bytes, value: Value, kept: Value | None) -> bool:
        """Take note of a value just computed; whether it is `kept`, the newest before it, under another key."""
        newest = self._newest.get(name)
        if newest is not None and newest != key and kept is not None and equal(value, kept):
            if len(self._equal) >= KEPT:
                del self._equal[next(iter(self._equal))]
            self._equal[key] = newest
            return True
        self._newest[name] = key
        return False

    def newest(self, name: str) -> bytes | None:
        """The key of the value of tensor `name` that was computed last."""
        return self._newest.get(name)


def sameness_of(memo: Memo, batch: object, plan: Plan) -> Sameness:
    """The record of one micro-batch, kept in `memo` with what it is about."""
    found = memo.get(("same", batch))
    if found is None:
        found = Sameness()
        tensors = len(plan.cuts)
        memo.put(("same", batch), found, tensors * BYTES, tensors * SECONDS)
    return found


def equal(a: Value, b: Value) -> bool:
    """Whether two values are the same bit for bit: codes, scale, zero point and type, or floats."""
    if isinstance(a, Codes) and isinstance(b, Codes):
        return a.encoding == b.encoding and _same_bits(a.codes, b.codes)
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and _same_bits(a, b)


def _same_bits(a: NDArray[np.generic], b: NDArray[np.generic]) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape or a.dtype.hasobject:
        return False
    if lies_last(a) == lies_last(b):
        a, b = in_memory(a), in_memory(b)
    first, second = (np.ascontiguousarray(v).reshape(-1).view(np.uint8) for v in (a, b))
    return first[:HEAD].tobytes() == second[:HEAD].tobytes() and np.array_equal(first[HEAD:], second[HEAD:])
