"""Where each node is drawn: a layered layout, top to bottom."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Centres of nodes and routes of edges, in logical pixels; y grows downwards."""

    positions: Mapping[str, tuple[float, float]]  # node name -> centre
    sizes: Mapping[str, tuple[float, float]]  # node name -> (width, height)
    edges: tuple["Edge", ...]
    width: float
    height: float


@dataclass(frozen=True)
class Edge:
    """From `source` (a node, or "" for a graph input) to `target` (a node, or "" for a graph output) along `points`."""

    tensor: str
    source: str
    target: str
    points: tuple[tuple[float, float], ...]
