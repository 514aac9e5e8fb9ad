"""Samples from a user's own function."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from qviz.data.arrays import array_columns, shared_columns
from qviz.data.dataset import Array, ColumnSet, column_set
from qviz.data.npz import LABELS
from qviz.data.options import DataOptions
from qviz.data.user_code import failure, load_function
from qviz.errors import QvizError
from qviz.graph.graph import Graph, Port

Arrays = dict[str, Array]


def open_user_loader(source: str, options: DataOptions, graph: Graph) -> ColumnSet:
    """What FILE.py:function, called without arguments, returns or yields.

    It returns all samples at once, or yields them one by one or batch by batch. What it gives is an array (for a model
    with one input), a dict of arrays by input name with optional "labels", or a pair (either of these, labels).
    Raises QvizError for a function that fails, yields nothing, or gives what does not fit the model.
    """
    function = load_function(source)
    fixed = shared_columns(graph, options)
    ports = [port for port in graph.inputs if port.name not in fixed]
    where = Path(source).name
    try:
        arrays = _collect(function(), ports, options.limit, where)
    except QvizError:
        raise
    except Exception as error:
        raise failure(where, error) from error
    labels = arrays.pop(LABELS, None)
    return column_set(array_columns(arrays, graph, options, where), labels, Path(source), options.limit)


def _collect(given: Any, ports: Sequence[Port], limit: int | None, where: str) -> Arrays:
    if isinstance(given, Mapping | tuple) or hasattr(given, "__array__"):
        return _named(given, ports, where)
    if not isinstance(given, Iterable):
        raise QvizError("{where} must return or yield arrays, not {kind}.", where=where, kind=type(given).__name__)
    parts = [_with_sample_axis(_named(part, ports, where), ports) for part in islice(given, limit)]
    if not parts:
        raise QvizError("{where} yields no samples.", where=where)
    if any(part.keys() != parts[0].keys() for part in parts):
        raise QvizError("{where} yields samples with different names.", where=where)
    axes = {port.name: port.batch_axis or 0 for port in ports}
    return {name: np.concatenate([part[name] for part in parts], axes.get(name, 0)) for name in parts[0]}


def _named(part: Any, ports: Sequence[Port], where: str) -> Arrays:
    """One return value or yielded part as arrays by name."""
    values, labels = part if isinstance(part, tuple) and len(part) == 2 else (part, None)
    if not isinstance(values, Mapping):
        if len(ports) != 1:
            raise QvizError(
                "{where} gives arrays without names, but the model has the inputs {inputs}: give a dict by input name.",
                where=where, inputs=", ".join(port.name for port in ports),
            )  # fmt: skip
        values = {ports[0].name: values}
    named = {str(name): np.asarray(value) for name, value in values.items()}
    return named if labels is None else {**named, LABELS: np.asarray(labels)}


def _with_sample_axis(part: Arrays, ports: Sequence[Port]) -> Arrays:
    """A yielded part with the axis along which parts are joined."""
    by_name = {port.name: port for port in ports}
    result = {}
    for name, value in part.items():
        port = by_name.get(name)
        if port is None:
            result[name] = np.atleast_1d(value)
        elif port.batch_axis is None:  # a run of the declared shape, or the one value for all samples
            result[name] = value[None] if value.ndim == len(port.shape) else value
        else:
            result[name] = np.expand_dims(value, port.batch_axis) if value.ndim == len(port.shape) - 1 else value
    return result
