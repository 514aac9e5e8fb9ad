"""The batch of a model: found where it is free, freed where it is fixed and that is right."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import onnx

from qviz.graph.feeds import can_draw
from qviz.graph.free import free_batch
from qviz.graph.runtime import RuntimeErrors
from qviz.graph.shapes import Shape, dtype_of, real_inputs, shape_of
from qviz.graph.trial import Arrays, Axes, make_trial, stands
from qviz.graph.weights import Weighted

MOST_TRIES = 24
TREES = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")


@dataclass(frozen=True)
class Batch:
    """A model as it is fed: `model` with its batch free where that is right, and the axes that count samples.

    `feeds` are samples of the check: one, and where the batch is free two together; none where the model did not run,
    or has other free dimensions.
    """

    model: Weighted
    free: bool
    input_axes: Axes = field(default_factory=dict)
    output_axes: Axes = field(default_factory=dict)
    feeds: tuple[Arrays, ...] = ()


def find_batch(model: Weighted, limits: Mapping[str, int], cancelled: Callable[[], bool]) -> Batch:
    """`model` with a free batch, if some choice of one axis an input stands the check; else as declared.

    `limits` are the lengths of the tables that integer inputs index. The check: two different random samples run
    together equal the two run apart, in shape and value, for every output. A batch that is a symbol already needs no
    change; it is believed where the model cannot run with its other free dimensions at 1.
    """
    proto, inputs = model.proto, real_inputs(model.proto)
    if not all(can_draw(dtype_of(i)) for i in inputs):
        return Batch(model, False)
    declared = {i.name: shape_of(i) or () for i in inputs}
    leading = next((shape[0] for shape in declared.values() if shape), 1)
    sizes = {n: tuple(d if isinstance(d, int) else _default(proto, n) for d in s) for n, s in declared.items()}
    feeds: tuple[Arrays, ...] = ()
    try:
        session = model.session
        for axes in itertools.islice(_choices(declared, leading), MOST_TRIES):
            if cancelled():
                break
            trial = make_trial(session, inputs, sizes, axes, limits)
            freed = replace(model, proto=free_batch(proto, axes, sizes)) if isinstance(leading, int) else model
            output_axes = stands(freed, trial)
            feeds = (trial.feeds[0],) if _fixed_but_for(declared, axes) else ()
            if output_axes is not None:
                return Batch(freed, True, axes, output_axes, (*feeds, trial.together) if feeds else ())
    except RuntimeErrors:  # it does not run with these shapes: nothing can be checked
        if isinstance(leading, str):
            axes = next(_choices(declared, leading))
            return Batch(model, True, axes, _axes_of_symbol(proto, leading))
    return Batch(model, False, feeds=feeds)


def _default(proto: onnx.ModelProto, name: str) -> int:
    """What a free dimension is in the check: 1, or as many features as a tree ensemble that reads `name` knows."""
    trees = [n for n in proto.graph.node if n.op_type in TREES and n.input[0] == name]
    ids = [max(a.ints) for n in trees for a in n.attribute if a.name == "nodes_featureids" and a.ints]
    return max(ids, default=0) + 1


def _choices(declared: Mapping[str, Shape], leading: int | str | None) -> Iterator[dict[str, int | None]]:
    """Choices of a batch axis for every input, likeliest first: the axes as long, or named, as the leading one."""
    options = {name: _options(shape, leading) for name, shape in declared.items()}
    ranked = sorted(itertools.product(*options.values()), key=lambda axes: sum(a or 0 for a in axes))
    for axes in ranked:
        if any(a is not None for a in axes):
            yield dict(zip(options, axes, strict=True))


def _options(shape: Shape, leading: int | str | None) -> list[int | None]:
    same: list[int | None] = [i for i, d in enumerate(shape) if d == leading]
    if isinstance(leading, int):
        return same or [None]
    unnamed: list[int | None] = [0] if shape and not isinstance(shape[0], int) else [None]
    return same[:1] or unnamed


def _axes_of_symbol(proto: onnx.ModelProto, symbol: str) -> dict[str, int | None]:
    shapes = {o.name: shape_of(o) or () for o in proto.graph.output}
    return {name: shape.index(symbol) if symbol in shape else 0 if shape else None for name, shape in shapes.items()}


def _fixed_but_for(declared: Mapping[str, Shape], batch: Axes) -> bool:
    """Whether the batch is the only free dimension of the inputs."""
    return all(isinstance(d, int) for n, shape in declared.items() for i, d in enumerate(shape) if i != batch[n])
