"""Freeing a fixed batch, where two samples run together give what they give apart."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import onnx
import onnxruntime as ort

from qviz.graph.draft import Array
from qviz.graph.feeds import random_array
from qviz.graph.free import free_batch
from qviz.graph.runtime import RuntimeErrors, run, session_of
from qviz.graph.shapes import Shape, dtype_of, shape_of

Axes = Mapping[str, int | None]
MOST_TRIES = 24


@dataclass(frozen=True)
class Batch:
    """A model as it is fed: `proto` with its batch free where that is right, and the axes that count samples."""

    proto: onnx.ModelProto
    free: bool
    input_axes: Axes = field(default_factory=dict)
    output_axes: Axes = field(default_factory=dict)


@dataclass(frozen=True)
class _Trial:
    """Feeds of two samples, what they give apart, and the axes along which to put them together."""

    axes: Axes
    feeds: tuple[dict[str, Array], dict[str, Array]]
    apart: tuple[dict[str, Array], dict[str, Array]]


def find_batch(proto: onnx.ModelProto, limits: Mapping[str, int], cancelled: Callable[[], bool]) -> Batch:
    """`proto` with a free batch, if some choice of one axis an input stands the check; else as declared.

    `limits` are the lengths of the tables that integer inputs index. The check: two different random samples run
    together equal the two run apart, in shape and value, for every output. A batch that is a symbol already needs no
    change; it is believed where the model cannot run with its other free dimensions at 1.
    """
    inputs = real_inputs(proto)
    declared = {i.name: shape_of(i) or () for i in inputs}
    symbol = _batch_symbol(declared)
    sizes = {name: tuple(d if isinstance(d, int) else 1 for d in shape) for name, shape in declared.items()}
    try:
        session = session_of(proto)
        for axes in itertools.islice(_choices(declared, symbol), MOST_TRIES):
            if cancelled():
                break
            trial = _try_apart(session, inputs, sizes, axes, limits)
            freed = proto if symbol else free_batch(proto, axes, sizes)
            output_axes = _check(freed, trial)
            if output_axes is not None:
                return Batch(freed, True, axes, output_axes)
    except RuntimeErrors:  # it does not run with these shapes: nothing can be checked
        if symbol:
            axes = next(_choices(declared, symbol))
            return Batch(proto, True, axes, _axes_of_symbol(proto, symbol))
    return Batch(proto, False)


def real_inputs(proto: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs to be fed: those that are not initializers."""
    constant = {t.name for t in proto.graph.initializer}
    return [i for i in proto.graph.input if i.name not in constant]


def _batch_symbol(declared: Mapping[str, Shape]) -> str | None:
    """The symbol, or "" for a nameless free dimension, that stands first in the first input; None where it is fixed."""
    first = next((shape[0] for shape in declared.values() if shape), 1)
    return None if isinstance(first, int) else first or ""


def _choices(declared: Mapping[str, Shape], symbol: str | None) -> Iterator[dict[str, int | None]]:
    """Choices of a batch axis for every input, likeliest first."""
    batch = next((shape[0] for shape in declared.values() if shape), 1)
    options = {name: _options(shape, batch, symbol) for name, shape in declared.items()}
    ranked = sorted(itertools.product(*options.values()), key=lambda axes: sum(a or 0 for a in axes))
    for axes in ranked:
        if any(a is not None for a in axes):
            yield dict(zip(options, axes, strict=True))


def _options(shape: Shape, batch: object, symbol: str | None) -> list[int | None]:
    if symbol is not None:
        named = [i for i, d in enumerate(shape) if d == symbol]
        free = [0] if shape and not isinstance(shape[0], int) else []
        return [*(named or free or [None])][:1]
    same: list[int | None] = [i for i, d in enumerate(shape) if d == batch]
    return same or [None]


def _axes_of_symbol(proto: onnx.ModelProto, symbol: str) -> dict[str, int | None]:
    shapes = {o.name: shape_of(o) or () for o in proto.graph.output}
    return {name: shape.index(symbol) if symbol in shape else 0 if shape else None for name, shape in shapes.items()}


def _try_apart(
    session: ort.InferenceSession,
    inputs: list[onnx.ValueInfoProto],
    sizes: Mapping[str, tuple[int, ...]],
    axes: Axes,
    limits: Mapping[str, int],
) -> _Trial:
    rng = np.random.default_rng(0)

    def draw(info: onnx.ValueInfoProto) -> Array:
        return random_array(rng, np.dtype(dtype_of(info)), sizes[info.name], limits.get(info.name))

    first = {i.name: draw(i) for i in inputs}
    second = {i.name: draw(i) if axes[i.name] is not None else first[i.name] for i in inputs}
    return _Trial(axes, (first, second), (run(session, first), run(session, second)))


def _check(freed: onnx.ModelProto, trial: _Trial) -> dict[str, int | None] | None:
    """The batch axis of every output if `freed` stands the check, else None."""
    first, second = trial.feeds
    both = {}
    for name, axis in trial.axes.items():
        both[name] = first[name] if axis is None else np.concatenate([first[name], second[name]], axis)
    try:
        together = run(session_of(freed), both)
    except RuntimeErrors:
        return None
    axes: dict[str, int | None] = {}
    for name, value in together.items():
        found = _axis(value, trial.apart[0][name], trial.apart[1][name])
        if found == "differs":
            return None
        axes[name] = found
    return axes


def _axis(together: Array, first: Array, second: Array) -> int | None | str:
    """The axis along which `together` is the two others; None if all three are the same; else "differs"."""
    for axis in range(first.ndim):
        if first.ndim != second.ndim or first.ndim != together.ndim:
            break
        rest = [first.shape[:axis] + first.shape[axis + 1 :], second.shape[:axis] + second.shape[axis + 1 :]]
        if rest[0] == rest[1] and _same(together, np.concatenate([first, second], axis)):
            return axis
    return None if _same(together, first) and _same(together, second) else "differs"


def _same(a: Array, b: Array) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind != "f" or not a.size:
        return bool((a == b).all())
    tolerance = 2e-2 if a.dtype == np.float16 else 1e-3
    x, y = a.astype(np.float64), b.astype(np.float64)
    scale = np.abs(y[np.isfinite(y)]).max(initial=0.0)
    return np.allclose(x, y, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
