"""Two samples run together against the same two run apart: whether a freed batch is right."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime as ort

from qviz.graph.draft import Array
from qviz.graph.feeds import random_array
from qviz.graph.runtime import RuntimeErrors, run
from qviz.graph.shapes import dtype_of
from qviz.graph.weights import Weighted

Axes = Mapping[str, int | None]
Arrays = dict[str, Array]
TOLERANCE, HALF_TOLERANCE = 1e-3, 2e-2  # of the largest value; what a wrong batch yields is off by far more


@dataclass(frozen=True)
class Trial:
    """Two feeds of the declared shape, what each gives, and the input axes along which samples are put together."""

    axes: Axes
    feeds: tuple[Arrays, Arrays]
    apart: tuple[Arrays, Arrays]

    @property
    def together(self) -> Arrays:
        first, second = self.feeds
        return {n: first[n] if a is None else np.concatenate([first[n], second[n]], a) for n, a in self.axes.items()}


def make_trial(
    session: ort.InferenceSession,
    inputs: list[onnx.ValueInfoProto],
    sizes: Mapping[str, tuple[int, ...]],
    axes: Axes,
    limits: Mapping[str, int],
) -> Trial:
    """Random feeds and their results; an input without an axis has one value for both. Raises RuntimeErrors."""
    rng = np.random.default_rng(0)

    def draw(info: onnx.ValueInfoProto) -> Array:
        return random_array(rng, np.dtype(dtype_of(info)), sizes[info.name], limits.get(info.name))

    first = {i.name: draw(i) for i in inputs}
    second = {i.name: draw(i) if axes[i.name] is not None else first[i.name] for i in inputs}
    return Trial(axes, (first, second), (run(session, first), run(session, second)))


def stands(freed: Weighted, trial: Trial) -> dict[str, int | None] | None:
    """The batch axis of every output if `freed` gives together what the declared model gave apart, else None.

    Where a feed holds several entries, the first of them alone must give the first part of the results, too.
    """
    try:
        session = freed.session
        together = run(session, trial.together)
        outputs: dict[str, int | None] = {}
        for name, value in together.items():
            agrees, outputs[name] = _joined(value, trial.apart[0][name], trial.apart[1][name])
            if not agrees:
                return None
        return outputs if _entries_alone(session, trial, outputs) else None
    except RuntimeErrors:
        return None


def _joined(together: Array, first: Array, second: Array) -> tuple[bool, int | None]:
    """Whether `together` is the other two, and along which axis; None where all three are the same."""
    if together.ndim == first.ndim == second.ndim:
        for axis in range(first.ndim):
            others = [np.delete(a.shape, axis).tolist() for a in (first, second)]
            if others[0] == others[1] and _same(together, np.concatenate([first, second], axis)):
                return True, axis
    return _same(together, first) and _same(together, second), None


def _entries_alone(session: ort.InferenceSession, trial: Trial, outputs: Axes) -> bool:
    feed = trial.feeds[0]
    entries = {feed[n].shape[a] for n, a in trial.axes.items() if a is not None}
    if entries == {1}:
        return True
    alone = run(session, {n: feed[n] if a is None else feed[n].take([0], a) for n, a in trial.axes.items()})
    return len(entries) == 1 and all(
        _same(alone[n], whole if outputs[n] is None else _part(whole, outputs[n], entries))
        for n, whole in trial.apart[0].items()
    )


def _part(whole: Array, axis: int | None, entries: set[int]) -> Array:
    """What one of the entries yields of `whole`."""
    assert axis is not None
    return whole.take(range(whole.shape[axis] // min(entries)), axis)


def _same(a: Array, b: Array) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind != "f" or not a.size:
        return bool((a == b).all())
    tolerance = HALF_TOLERANCE if a.dtype == np.float16 else TOLERANCE
    x, y = a.astype(np.float64), b.astype(np.float64)
    scale = np.abs(y[np.isfinite(y)]).max(initial=0.0)
    return np.allclose(x, y, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
