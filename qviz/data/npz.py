"""An .npz: one array a model input and, optionally, `labels`; or uint8 `images` and, optionally, `labels`."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from qviz.data.arrays import array_columns
from qviz.data.dataset import Array, ColumnSet, column_set
from qviz.data.images import ImageArray, image_columns
from qviz.data.options import DataOptions
from qviz.data.spool import DAMAGED, Progress, large_member, silent
from qviz.errors import QvizError
from qviz.graph.graph import Graph

LABELS, IMAGES = "labels", "images"


class NpzArrays(Mapping[str, Array]):
    """The arrays of an .npz, each read when it is asked for, large ones left on disk.

    Raises QvizError where the file is none. `progress` hears of what is unpacked.
    """

    def __init__(self, path: Path, progress: Progress = silent) -> None:
        self._path = path
        self._progress = progress
        with _reading(path), zipfile.ZipFile(path) as file:
            members = (m for m in file.namelist() if m.endswith(".npy"))
            self._members = {member.removesuffix(".npy"): member for member in members}

    def __getitem__(self, name: str) -> Array:
        member = self._members[name]
        with _reading(self._path):
            large = large_member(self._path, member, self._progress)
            if large is not None:
                return large
            with zipfile.ZipFile(self._path) as file, file.open(member) as stream:
                return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever zipfile, its decompressors and numpy raise for a damaged file is one sentence."""
    try:
        yield
    except PermissionError:
        raise
    except DAMAGED:
        raise QvizError("{path} is not an .npz of numeric arrays, or it is damaged.", path=path) from None


def open_npz(path: Path, options: DataOptions, graph: Graph, progress: Progress = silent) -> ColumnSet:
    """The samples of an .npz. Raw pictures are told by their name `images` and their type uint8."""
    arrays = NpzArrays(path, progress)
    labels = arrays.get(LABELS)
    images = None if _takes(graph, IMAGES, np.uint8) else arrays.get(IMAGES)
    if images is None or images.dtype != np.uint8:
        return column_set(array_columns(arrays, graph, options, path.name), labels, path, options.limit)
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3, 4)) or 0 in images.shape[1:]:
        raise QvizError(
            "The images of {where} have the shape {shape}; they must be (N, height, width) or (N, height, width, "
            "channels).",
            where=path.name, shape=images.shape,
        )  # fmt: skip
    columns, pictures = image_columns(ImageArray(images), graph, options, path.name)
    return column_set(columns, labels, path, options.limit, pictures)


def _takes(graph: Graph, name: str, dtype: type) -> bool:
    return any(port.name == name and port.dtype == np.dtype(dtype).name for port in graph.inputs)
