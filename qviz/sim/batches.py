"""Micro-batches: fixed by model and data alone, so that results never depend on threads, budget or progress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.graph.graph import Graph, Port

MAX_BATCH = 32
ACTIVATION_BYTES = 96 << 20  # of all tensors of one micro-batch together
PROBE_SAMPLES = 8  # per-tensor SQNR rests on these


@dataclass(frozen=True)
class MicroBatch:
    """Samples that run together; `index` names it in the memo."""

    index: int
    samples: tuple[int, ...]


def split(order: Sequence[int] | NDArray[np.int64], size: int) -> tuple[MicroBatch, ...]:
    """Whole micro-batches of `size` samples in the given order; the last may be shorter."""
    samples = [int(i) for i in order]
    starts = range(0, len(samples), size)
    return tuple(MicroBatch(k, tuple(samples[i : i + size])) for k, i in enumerate(starts))


def batch_size(graph: Graph, bytes_per_sample: int) -> int:
    """A power of two up to 32 that keeps a micro-batch's activations within 96 MB; 1 without a free batch."""
    if not graph.batch_free or any(p.batch_axis is None for p in graph.outputs):
        return 1
    size = MAX_BATCH
    while size > 1 and size * bytes_per_sample > ACTIVATION_BYTES:
        size //= 2
    return size


def stage_ends(count: int, first: int) -> list[int]:
    """How many micro-batches to answer after, ascending up to `count`: `first`, then twice as many each time."""
    ends = [min(max(1, first), count)]
    while ends[-1] < count:
        ends.append(min(ends[-1] * 2, count))
    return ends


def by_sample(
    ports: Sequence[Port], values: Mapping[str, NDArray[np.generic]], size: int, batch_free: bool
) -> dict[str, NDArray[np.generic]]:
    """Values of the ports of one micro-batch with its `size` samples on the first axis, float16 as float32."""
    axes = {p.name: p.batch_axis for p in ports}
    result = {}
    for name, value in values.items():
        axis = axes[name] if batch_free else None
        whole = axis is None  # one run of one sample, or the same for all
        rows = np.broadcast_to(value, (size, *np.shape(value))) if whole else np.moveaxis(value, axis or 0, 0)
        result[name] = rows.astype(np.float32) if rows.dtype == np.float16 else rows
    return result
