"""Samples as small pictures: the raw image where there is one, else an input that has the shape of one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from qviz.data.dataset import DataSet
from qviz.errors import QvizError
from qviz.graph.graph import Graph
from qviz.sim.inspect import PictureRequest

SMALLEST = 4  # pixels; what is smaller is no picture
CHANNELS = (1, 3)

Pixels = NDArray[np.uint8]


def pictures(data: DataSet, graph: Graph, request: PictureRequest) -> tuple[Pixels | None, ...]:
    """The samples that `request` names, each at most `side` pixels wide and high; None where one is no picture."""
    return tuple(small(_picture(data, graph, i), request.side) for i in request.samples)


def as_picture(sample: NDArray[Any]) -> Pixels | None:
    """An input of one sample, its batch axes of length 1, as RGB stretched to its own range; None if it is none."""
    values = _channels_last(sample)
    if values is None or values.dtype.kind not in "fui" or not np.isfinite(values).all():
        return None
    low, high = float(values.min()), float(values.max())
    gray = (values.astype(np.float64) - low) * (255.0 / (high - low) if high > low else 0.0)
    return np.broadcast_to(np.rint(gray).astype(np.uint8), (*values.shape[:2], 3))


def _channels_last(sample: NDArray[Any]) -> NDArray[Any] | None:
    """(height, width, 1 or 3) of an array (1…, channels, height, width) or (1…, height, width, channels)."""
    first = next((i for i, n in enumerate(sample.shape) if n != 1), 0)
    values: NDArray[Any] = sample.reshape(sample.shape[first:])
    if values.ndim == 2 and sample.ndim >= 3:
        values = values[:, :, None]
    elif values.ndim == 3 and values.shape[0] in CHANNELS and values.shape[2] not in CHANNELS:
        values = np.moveaxis(values, 0, 2)
    is_picture = values.ndim == 3 and values.shape[2] in CHANNELS and min(values.shape[:2]) >= SMALLEST
    return values if is_picture else None


def _picture(data: DataSet, graph: Graph, index: int) -> Pixels | None:
    """Of one sample; None also where its file can no longer be read."""
    if not 0 <= index < len(data):
        return None
    try:
        raw = data.picture(index)
        if raw is not None:
            return raw
        feed = data.feed([index])
    except QvizError:
        return None
    made = (as_picture(feed[port.name]) for port in graph.inputs if port.name in feed)
    return next((picture for picture in made if picture is not None), None)


def small(picture: Pixels | None, side: int) -> Pixels | None:
    """At most `side` pixels wide and high."""
    if picture is None or max(picture.shape[:2]) <= side:
        return picture if picture is None else np.ascontiguousarray(picture)
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((side, side), Image.Resampling.BILINEAR)
    return np.asarray(image)
