"""A folder of .npy files: one file a sample, or one file a model input."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qviz.data.arrays import array_columns, fit, join_samples, shared_columns
from qviz.data.dataset import Array, Column, ColumnSet, column_set
from qviz.data.npz import LABELS
from qviz.data.options import DataOptions
from qviz.data.shapes import Shape, input_shapes, shape_text
from qviz.data.spool import DAMAGED, LARGE
from qviz.errors import QvizError
from qviz.graph.graph import Graph, Port


@dataclass(frozen=True, eq=False)
class FileColumn:
    """One .npy a sample, read when it is needed."""

    paths: Sequence[Path]
    port: Port
    shape: Shape
    batch_free: bool

    @property
    def count(self) -> int:
        return len(self.paths)

    def take(self, indices: Sequence[int]) -> Array:
        samples = [self.sample(int(index)) for index in indices]
        axis = self.port.batch_axis
        return join_samples(np.stack(samples), None) if axis is None else np.concatenate(samples, axis)

    def sample(self, index: int) -> Array:
        """One sample as fed. Raises QvizError where the file holds no such sample."""
        path, axis = self.paths[index], self.port.batch_axis
        array = read_npy(path)
        if axis is not None and array.ndim == len(self.shape) - 1:
            array = np.expand_dims(array, axis)
        column = fit(array, self.port, self.shape, self.batch_free, path.name)
        if column.count is not None:
            raise QvizError(
                "{file} holds {count} samples of {name}: in a folder of .npy files each file is one sample.",
                file=path.name, count=column.count, name=self.port.name,
            )  # fmt: skip
        return column.take([0])


def has_npy(path: Path) -> bool:
    """Whether a folder, or a folder in it, holds .npy files."""
    return any(path.glob("*.npy")) or any(path.glob("*/*.npy"))


def read_npy(path: Path, map_only: bool = False) -> Array:
    """The array of one .npy, or with `map_only` a view that has read no more than its header."""
    try:
        return np.asarray(np.load(path, allow_pickle=False, mmap_mode="r" if map_only else None))
    except DAMAGED:
        raise QvizError("{path} is not an .npy of numbers, or it is damaged.", path=path) from None


def open_npy_folder(path: Path, options: DataOptions, graph: Graph) -> ColumnSet:
    """The samples of a folder. `labels.npy` beside them holds the labels.

    Files named as the model's inputs hold all samples, as the arrays of an .npz do. Otherwise each file is one sample,
    in the order of their names: of the only input, or of the input that its sub-folder is named after.
    """
    files = {file.stem: file for file in sorted(path.glob("*.npy"))}
    labels_file = files.pop(LABELS, None)
    labels = None if labels_file is None else read_npy(labels_file)
    names = [port.name for port in graph.inputs if port.name not in options.values]
    if all(name in files for name in names):
        arrays = {name: read_npy(files[name], map_only=files[name].stat().st_size > LARGE) for name in names}
        return column_set(array_columns(arrays, graph, options, path.name), labels, path, options.limit)
    columns = shared_columns(graph, options)
    shapes = input_shapes(graph, options)
    for port in graph.inputs:
        if port.name in names:
            paths = list(files.values()) if len(names) == 1 and files else sorted((path / port.name).glob("*.npy"))
            columns[port.name] = _column(paths, port, shapes[port.name], graph.batch_free, path.name)
    return column_set(columns, labels, path, options.limit)


def _column(paths: Sequence[Path], port: Port, shape: Shape, batch_free: bool, folder: str) -> Column:
    """One input's files, their shapes checked by their headers."""
    if not paths:
        raise QvizError(
            "The folder {folder} holds no .npy of input {name}: put one file a sample into {folder}/{name}.",
            folder=folder, name=port.name,
        )  # fmt: skip
    first = read_npy(paths[0], map_only=True).shape
    for file in paths:
        found = read_npy(file, map_only=True).shape
        if found != first:
            raise QvizError(
                "The files of input {name} ({shape}) have different shapes: {a} is {first}, {b} is {found}.",
                name=port.name, shape=shape_text(port, shape), a=paths[0].name, first=first, b=file.name, found=found,
            )  # fmt: skip
    if port.batch_axis is None and batch_free:
        return fit(np.stack([read_npy(file) for file in paths]), port, shape, batch_free, folder)
    column = FileColumn(paths, port, shape, batch_free)
    column.sample(0)  # says at once what does not fit
    return column
