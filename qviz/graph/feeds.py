"""Random inputs for checking a model, and what bounds the integers among them."""

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


def can_draw(dtype: str) -> bool:
    """Whether random values of this type can be made and fed."""
    return dtype not in ("", "bfloat16") and np.dtype(dtype).kind in "fiub"


def random_array(rng: np.random.Generator, dtype: np.dtype, shape: tuple[int, ...], limit: int | None) -> Array:
    """Standard normal floats, booleans, or integers in [0, `limit`), by default 0 and 1."""
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        return rng.integers(0, 2 if limit is None else limit, shape).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)
