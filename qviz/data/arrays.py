"""Columns made of arrays in memory: what an .npz, a .csv or a user's loader gives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qviz.data.dataset import Array, Column
from qviz.data.options import DataOptions
from qviz.data.shapes import Shape, feed_dtype, input_shapes, one_sample, shape_text
from qviz.data.spool import let_go
from qviz.errors import QvizError
from qviz.graph.graph import Graph, Port

CHECKED = 1 << 22  # elements looked through at a time for NaN


@dataclass(frozen=True, eq=False)
class ArrayColumn:
    """`values` of shape (samples, *rest); a feed has the samples on `axis`, or is one sample where `axis` is None."""

    values: Array
    axis: int | None
    dtype: np.dtype[Any]

    @property
    def count(self) -> int:
        return len(self.values)

    def take(self, indices: Sequence[int]) -> Array:
        block = self.values[np.asarray(indices, np.int64)].astype(self.dtype, copy=False)
        let_go(self.values)
        return join_samples(block, self.axis)


@dataclass(frozen=True, eq=False)
class SharedColumn:
    """One value for all samples; repeated along `axis` where that counts samples."""

    value: Array  # as fed for one sample
    axis: int | None

    @property
    def count(self) -> None:
        return None

    def take(self, indices: Sequence[int]) -> Array:
        return self.value if self.axis is None else np.repeat(self.value, len(indices), self.axis)


def join_samples(block: Array, axis: int | None) -> Array:
    """`block` of shape (samples, *rest) as a feed with the samples on `axis`; one sample alone where `axis` is None."""
    if axis is not None:
        return np.ascontiguousarray(np.moveaxis(block, 0, axis))
    if len(block) != 1:
        raise ValueError("the batch of this model is not free: feed one sample at a time")
    return np.ascontiguousarray(block[0])


def array_columns(arrays: Mapping[str, Array], graph: Graph, options: DataOptions, where: str) -> dict[str, Column]:
    """A column for every input of the model, from `arrays` by name or from --input.

    Raises QvizError for missing names, shapes or types that do not fit, and values that are not finite.
    """
    columns = shared_columns(graph, options)
    missing = [port.name for port in graph.inputs if port.name not in columns and port.name not in arrays]
    if missing:
        raise QvizError(
            "{where} lacks {missing}: the model's inputs are {inputs}, the arrays there are {found}.",
            where=where, missing=", ".join(missing),
            inputs=", ".join(port.name for port in graph.inputs), found=", ".join(arrays) or "none",
        )  # fmt: skip
    shapes = input_shapes(graph, options)
    for port in graph.inputs:
        if port.name not in columns:
            columns[port.name] = fit(arrays[port.name], port, shapes[port.name], graph.batch_free, where)
    return columns


def shared_columns(graph: Graph, options: DataOptions) -> dict[str, Column]:
    """Columns of the inputs that --input fixes."""
    shapes = input_shapes(graph, options)
    return {
        port.name: SharedColumn(
            np.full(one_sample(port, shapes[port.name]), options.values[port.name]).astype(feed_dtype(port)),
            port.batch_axis,
        )
        for port in graph.inputs
        if port.name in options.values
    }


def fit(array: Array, port: Port, shape: Shape, batch_free: bool, where: str) -> Column:
    """The column that `array` gives an input of `shape`: of the model's rank, or with one axis more in front."""
    dtype = feed_dtype(port)
    _check_type(array, port, dtype, where)
    values = _samples_first(array, port, shape, batch_free)
    if values is None:
        raise QvizError(
            "Input {name} takes the shape {expected}, but {where} holds {shape}.",
            name=port.name, expected=shape_text(port, shape), where=where, shape=tuple(array.shape),
        )  # fmt: skip
    _check_finite(values, port.name, where)
    if port.batch_axis is None and batch_free:
        return SharedColumn(_only_value(values, port, where).astype(dtype), None)
    if len(values) == 1:  # given once: serves every sample
        return SharedColumn(join_samples(values.astype(dtype), port.batch_axis), port.batch_axis)
    return ArrayColumn(values, port.batch_axis, dtype)


def _samples_first(array: Array, port: Port, shape: Shape, batch_free: bool) -> Array | None:
    """`array` with samples on axis 0, each without the batch axis where that is free; None where it does not fit."""
    axis, rank = port.batch_axis, len(shape)
    if array.ndim == rank + 1 and _fits(array.shape[1:], shape, axis):
        if axis is None:
            return array
        array = np.moveaxis(array, axis + 1, 1)  # a run of several rows is as many samples
        return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])
    if array.ndim != rank:
        return None
    if axis is not None:
        return np.moveaxis(array, axis, 0) if _fits(array.shape, shape, axis) else None
    if _fits(array.shape, shape, None):
        return array[None]
    return None if batch_free or rank == 0 else _runs(array, shape)


def _runs(array: Array, shape: Shape) -> Array | None:
    """Rows of a model with a fixed batch, taken together run by run."""
    rows = shape[0]
    if not isinstance(rows, int) or not _fits(array.shape, shape, 0) or array.shape[0] % rows:
        return None
    return array.reshape(array.shape[0] // rows, rows, *array.shape[1:])


def _fits(found: tuple[int, ...], shape: Shape, free_axis: int | None) -> bool:
    pairs = enumerate(zip(shape, found, strict=True))
    return all(axis == free_axis or not isinstance(dim, int) or dim == size for axis, (dim, size) in pairs)


def _only_value(values: Array, port: Port, where: str) -> Array:
    if len(values) == 0 or any((b != values[:1]).any() for _, b in _blocks(values)):
        raise QvizError(
            "Input {name} has one value for all samples, but {where} gives several: give it once.",
            name=port.name, where=where,
        )  # fmt: skip
    return np.asarray(values[0])


def _check_type(array: Array, port: Port, dtype: np.dtype[Any], where: str) -> None:
    numbers = array.dtype.kind in "fiub"
    to_whole = dtype.kind in "iub" and array.dtype.kind == "f"
    if not numbers or (to_whole and any((b != np.rint(b)).any() for _, b in _blocks(array))):
        raise QvizError(
            "Input {name} takes {dtype}, but {where} holds {found}.",
            name=port.name, dtype=port.dtype, where=where, found=array.dtype.name,
        )  # fmt: skip


def _check_finite(values: Array, name: str, where: str) -> None:
    """Raises QvizError naming the first sample with NaN or infinity."""
    if values.dtype.kind != "f":
        return
    for start, block in _blocks(values):
        finite = np.isfinite(block.reshape(len(block), -1)).all(axis=1)
        if not finite.all():
            raise QvizError(
                "Input {name} of {where} holds NaN or infinity in sample {index} (counted from 0).",
                name=name, where=where, index=start + int(np.argmin(finite)),
            )  # fmt: skip


def _blocks(values: Array) -> Iterator[tuple[int, Array]]:
    """`values` a few rows at a time, with the place of the first: what lies on disk is not held whole."""
    if not values.ndim:
        yield 0, values
        return
    rows = max(1, CHECKED // max(1, values[:1].size))
    for start in range(0, len(values), rows):
        yield start, values[start : start + rows]
