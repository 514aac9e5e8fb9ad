"""A .csv: one sample a line, features and, in the last column, an optional label."""

import csv
from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np

from qviz.data.arrays import array_columns, shared_columns
from qviz.data.dataset import Array, ColumnSet, column_set
from qviz.data.options import DataOptions
from qviz.data.shapes import Shape, input_shapes, shape_text
from qviz.errors import QvizError
from qviz.graph.graph import Graph, Port


def open_csv(path: Path, options: DataOptions, graph: Graph) -> ColumnSet:
    """Features in the order of the input's elements; one more column is the label, classes in words in sorted order.

    A first line that holds no numbers is a header. Raises QvizError naming the line that does not fit.
    """
    fixed = shared_columns(graph, options)
    ports = [port for port in graph.inputs if port.name not in fixed]
    if len(ports) != 1:
        raise QvizError(
            "{where} feeds a model with one input, but this one has {inputs}: fix the others with --input NAME=VALUE.",
            where=path.name, inputs=", ".join(port.name for port in ports) or "none left",
        )  # fmt: skip
    port, shape = ports[0], input_shapes(graph, options)[ports[0].name]
    rows, first_line = _rows(path)
    features = _feature_count(port, shape, rows, path)
    values = _numbers([row[:features] for row in rows], first_line, path)
    values = _as_samples(values, port, shape)
    labels = _labels([row[features] for row in rows]) if len(rows[0]) > features else None
    return column_set(array_columns({port.name: values}, graph, options, path.name), labels, path, options.limit)


def _rows(path: Path) -> tuple[list[list[str]], int]:
    """Lines without the header, and the number of the first in the file. All have as many columns."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise QvizError("{path} cannot be read as text.", path=path) from None
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    lines = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    header = 1 if lines and not any(_is_number(cell) for cell in lines[0]) else 0
    rows = lines[header:]
    if not rows:
        raise QvizError("{where} holds no samples.", where=path.name)
    for number, row in enumerate(rows, header + 1):
        if len(row) != len(rows[0]):
            raise QvizError(
                "Line {line} of {where} has {found} columns, the first {expected}.",
                line=number, where=path.name, found=len(row), expected=len(rows[0]),
            )  # fmt: skip
    return rows, header + 1


def _feature_count(port: Port, shape: Shape, rows: Sequence[Sequence[str]], path: Path) -> int:
    columns = len(rows[0])
    rest = [dim for axis, dim in enumerate(shape) if axis != port.batch_axis]
    sizes = [dim for dim in rest if isinstance(dim, int)]
    if len(sizes) == len(rest):
        features = prod(sizes)
    else:  # as many as there are; the last one is a label where it is no feature for sure
        features = columns if all(_is_number(row[-1]) for row in rows) else columns - 1
    if columns not in (features, features + 1) or features < 1:
        raise QvizError(
            "{where} has {columns} columns, but input {name} of shape {shape} takes {features} features, and one "
            "column may hold labels.",
            where=path.name, columns=columns, name=port.name, shape=shape_text(port, shape), features=features,
        )  # fmt: skip
    return features


def _numbers(rows: Sequence[Sequence[str]], first_line: int, path: Path) -> Array:
    try:
        return np.array(rows, np.float64)
    except ValueError:
        line, cell = next((n, c) for n, row in enumerate(rows, first_line) for c in row if not _is_number(c))
        raise QvizError(
            "Line {line} of {where} holds {cell} where a number must be.", line=line, where=path.name, cell=repr(cell)
        ) from None


def _as_samples(values: Array, port: Port, shape: Shape) -> Array:
    axis = port.batch_axis
    rest = [dim for a, dim in enumerate(shape) if a != axis]
    if not all(isinstance(dim, int) for dim in rest):
        return values
    samples = values.reshape(len(values), *(dim for dim in rest if isinstance(dim, int)))
    return samples if axis is None else np.moveaxis(samples, 0, axis)


def _labels(cells: Sequence[str]) -> Array:
    """Whole numbers as they are, other numbers as floats, words by their place among the sorted ones."""
    if all(_is_number(cell) for cell in cells):
        numbers = np.array(cells, np.float64)
        return numbers.astype(np.int64) if (np.mod(numbers, 1) == 0).all() else numbers
    return np.unique(np.array(cells), return_inverse=True)[1].astype(np.int64)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
