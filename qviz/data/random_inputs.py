"""Random samples, where there is no data: seeded, shaped as the inputs say."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qviz.data.arrays import SharedColumn, shared_columns
from qviz.data.dataset import Array, Column, ColumnSet
from qviz.data.options import DataOptions
from qviz.data.shapes import feed_dtype, input_shapes, one_sample
from qviz.errors import QvizError
from qviz.graph.graph import Graph, Port


@dataclass(frozen=True, eq=False)
class RandomColumn:
    """Sample i depends on the seed and i alone, so that a longer set begins with the shorter one."""

    port: Port
    dtype: np.dtype[Any]
    shape: tuple[int, ...]  # of one sample as fed
    seed: tuple[int, int]
    count: int

    def take(self, indices: Sequence[int]) -> Array:
        samples = [self._sample(int(index)) for index in indices]
        if self.port.batch_axis is None:
            (sample,) = samples
            return sample
        return np.concatenate(samples, self.port.batch_axis)

    def _sample(self, index: int) -> Array:
        rng = np.random.default_rng([*self.seed, index])
        dtype = self.dtype
        if dtype.kind == "f":
            return np.asarray(rng.standard_normal(self.shape)).astype(dtype)
        limit = 2 if self.port.index_limit is None or dtype.kind == "b" else max(1, self.port.index_limit)
        return np.asarray(rng.integers(0, limit, self.shape)).astype(dtype)


def open_random(options: DataOptions, graph: Graph) -> ColumnSet:
    """`options.random` samples: standard normal floats, integers inside the table they index, else 0 or 1.

    An input without a batch axis beside others that have one gets the same value for all samples.
    Raises QvizError for a number below 1.
    """
    count = min(options.random or 0, options.limit or sys.maxsize)
    if count < 1:
        raise QvizError("The number of random samples must be at least 1, not {count}.", count=count)
    columns = shared_columns(graph, options)
    shapes = input_shapes(graph, options)
    for place, port in enumerate(graph.inputs):
        if port.name not in columns:
            shape = one_sample(port, shapes[port.name])
            columns[port.name] = _column(port, shape, (options.seed, place), count, graph.batch_free)
    return ColumnSet(columns, count, None, f"{count} random samples", f"random:{options.seed}", random=True)


def _column(port: Port, shape: tuple[int, ...], seed: tuple[int, int], count: int, batch_free: bool) -> Column:
    column = RandomColumn(port, feed_dtype(port), shape, seed, count)
    if port.batch_axis is None and batch_free:
        return SharedColumn(column.take([0]), None)
    return column
