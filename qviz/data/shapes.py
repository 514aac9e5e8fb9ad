"""What shapes and types the model's inputs take, with what the user said about free dimensions."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from qviz.data.options import DataOptions
from qviz.errors import QvizError
from qviz.graph.graph import Dim, Graph, Port

Shape = tuple[Dim, ...]


def feed_dtype(port: Port) -> np.dtype[Any]:
    """The type a feed has: the port's, but float32 for floats of 16 bits (the simulation runs in float32)."""
    if port.dtype in ("float16", "bfloat16"):
        return np.dtype(np.float32)
    try:
        dtype = np.dtype(port.dtype)
    except TypeError:
        dtype = np.dtype(object)
    if dtype.kind not in "fiub":
        raise QvizError("Input {name} takes {dtype}, which qviz cannot feed.", name=port.name, dtype=port.dtype)
    return dtype


def input_shapes(graph: Graph, options: DataOptions) -> dict[str, Shape]:
    """Shape of each input, its free dimensions filled from `options.shapes`; the batch axis stays as it is.

    A symbol given for one input counts for all. Raises QvizError for a name or shape that does not fit.
    """
    ports = {port.name: port for port in graph.inputs}
    _check_names(options.shapes, ports, "--shape")
    _check_names(options.values, ports, "--input")
    bound: dict[str, int] = {}
    for name, given in options.shapes.items():
        _check_given(ports[name], given)
        axis = ports[name].batch_axis
        pairs = enumerate(zip(ports[name].shape, given, strict=True))
        bound |= {dim: size for a, (dim, size) in pairs if isinstance(dim, str) and a != axis}
    return {port.name: _fill(port, options.shapes.get(port.name), bound) for port in graph.inputs}


def one_sample(port: Port, shape: Shape) -> tuple[int, ...]:
    """Shape of one sample as fed: 1 on the batch axis and for every dimension left free."""
    return tuple(1 if axis == port.batch_axis or not isinstance(d, int) else d for axis, d in enumerate(shape))


def shape_text(port: Port, shape: Shape) -> str:
    """A shape for a message: "(N, 3, 32, 32)", N for the batch, a free dimension by its symbol or "?"."""
    parts = ["N" if axis == port.batch_axis else "?" if d is None else str(d) for axis, d in enumerate(shape)]
    return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"


def _fill(port: Port, given: tuple[int, ...] | None, bound: Mapping[str, int]) -> Shape:
    def size(axis: int, dim: Dim) -> Dim:
        if isinstance(dim, int) or axis == port.batch_axis:
            return dim
        if given is not None:
            return given[axis]
        return None if dim is None else bound.get(dim, dim)

    return tuple(size(axis, dim) for axis, dim in enumerate(port.shape))


def _check_given(port: Port, given: tuple[int, ...]) -> None:
    fits = len(given) == len(port.shape) and all(
        d == g or not isinstance(d, int) or axis == port.batch_axis
        for axis, (d, g) in enumerate(zip(port.shape, given, strict=True))
    )
    if not fits or any(size < 1 for size in given):
        raise QvizError(
            "--shape {name}={given} does not fit: the model declares {shape}.",
            name=port.name, given=",".join(map(str, given)), shape=shape_text(port, port.shape),
        )  # fmt: skip


def _check_names(names: Iterable[str], ports: Mapping[str, Port], option: str) -> None:
    for name in names:
        if name not in ports:
            raise QvizError(
                "{option} names {name}, but the model's inputs are {inputs}.",
                option=option, name=name, inputs=", ".join(ports),
            )  # fmt: skip
