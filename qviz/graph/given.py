"""What the user said about free dimensions, and what to say where something is still missing."""

import copy
from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray

from qviz.errors import QvizError
from qviz.graph.graph import Graph
from qviz.graph.runtime import plain_reason
from qviz.graph.shapes import Shape, real_inputs, shape_of


def fix_dimensions(proto: onnx.ModelProto, shapes: Mapping[str, tuple[int, ...]]) -> onnx.ModelProto:
    """A copy of `proto` whose free input dimensions are as given; a batch that is free stays so.

    A symbol given for one input counts for all. Raises QvizError for a name or a shape that does not fit the model.
    """
    if not shapes:
        return proto
    fixed = copy.deepcopy(proto)
    inputs = {i.name: i for i in real_inputs(fixed)}
    declared = {name: shape_of(i) or () for name, i in inputs.items()}
    batch = next((s[0] for s in declared.values() if s), 1)
    bound: dict[str, int] = {}
    for name, given in shapes.items():
        _check(name, given, declared)
        free = [(d, size) for d, size in zip(declared[name], given, strict=True) if d != batch]
        bound.update((d, size) for d, size in free if isinstance(d, str))
    for name, info in inputs.items():
        for axis, dim in enumerate(declared[name]):
            size = bound.get(dim) if isinstance(dim, str) else None
            if dim is None and name in shapes and (axis or batch is not None):
                size = shapes[name][axis]
            if size is not None:
                info.type.tensor_type.shape.dim[axis].dim_value = size
    return fixed


def run_failed(graph: Graph, error: Exception, feed: Mapping[str, NDArray[np.generic]]) -> QvizError:
    """What to tell where the model fails on `feed`: the free dimension that was left at 1, if any, else the reason."""
    for port in graph.inputs:
        sizes = np.shape(feed[port.name]) if port.name in feed else ()
        dims = list(enumerate(zip(port.shape, sizes, strict=False)))
        left = [
            d or f"dimension {a}" for a, (d, n) in dims if not isinstance(d, int) and a != port.batch_axis and n == 1
        ]
        if left:
            example = [str(n) if isinstance(d, int) else "1" if a == port.batch_axis else "…" for a, (d, n) in dims]
            return QvizError(
                "The model does not run with {dimensions} of input {name} left at 1: give the input's shape with "
                "--shape {name}={example}.",
                name=port.name,
                dimensions=", ".join(map(str, left)),
                example=",".join(example),
            )
    return QvizError("The model does not run on this data: {reason}", reason=plain_reason(error))


def _check(name: str, given: tuple[int, ...], declared: Mapping[str, Shape]) -> None:
    if name not in declared:
        raise QvizError(
            "--shape names {name}, but the model's inputs are {inputs}.", name=name, inputs=", ".join(declared)
        )
    shape = declared[name]
    pairs = zip(shape, given, strict=False)
    fits = len(shape) == len(given) and all(d in (g, None) or isinstance(d, str) for d, g in pairs)
    if not fits or any(g < 1 for g in given):
        raise QvizError(
            "--shape {name}={given} does not fit: the model declares {shape}.",
            name=name,
            given=",".join(map(str, given)),
            shape=", ".join("?" if d is None else str(d) for d in shape),
        )
