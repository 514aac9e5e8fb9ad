"""Random inputs for checking a model, and what bounds the integers among them."""

from collections.abc import Mapping

import numpy as np

from qviz.graph.draft import Array, Draft, attribute

PASSES_INDICES = frozenset(("Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand"))


def index_limits(draft: Draft) -> dict[str, int]:
    """Graph input -> length of the shortest constant table that it indexes."""
    root = {i.name: i.name for i in draft.inputs}
    limits: dict[str, int] = {}
    for node in draft.nodes:
        if node.op_type in PASSES_INDICES and node.input[0] in root:
            root[node.output[0]] = root[node.input[0]]
        if node.op_type in ("Gather", "GatherElements") and node.input[1] in root and node.input[0] in draft.constants:
            length = draft.constants[node.input[0]].shape[int(attribute(node, "axis", 0))]
            name = root[node.input[1]]
            limits[name] = min(length, limits.get(name, length))
    return limits


def random_feed(
    rng: np.random.Generator, specs: Mapping[str, tuple[str, tuple[int, ...]]], limits: Mapping[str, int]
) -> dict[str, Array]:
    """One feed: normal floats, integers below their limit (else 0 or 1); `specs` gives (type, shape) by name."""
    return {n: random_array(rng, np.dtype(kind), shape, limits.get(n)) for n, (kind, shape) in specs.items()}


def random_array(rng: np.random.Generator, dtype: np.dtype, shape: tuple[int, ...], limit: int | None) -> Array:
    """Standard normal floats, booleans, or integers in [0, `limit`), by default 0 and 1."""
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        return rng.integers(0, 2 if limit is None else limit, shape).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)
