"""An .npz: one array a model input and, optionally, `labels`; or uint8 `images` and, optionally, `labels`."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from qviz.data.arrays import array_columns
from qviz.data.dataset import Array, ColumnSet, column_set
from qviz.data.images import ImageArray, image_columns
from qviz.data.options import DataOptions
from qviz.errors import QvizError
from qviz.graph.graph import Graph

LABELS, IMAGES = "labels", "images"


class NpzArrays(Mapping[str, Array]):
    """The arrays of an .npz, each read when it is asked for. Raises QvizError where the file is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _open(path) as file:
            self._names = tuple(file.files)

    def __getitem__(self, name: str) -> Array:
        if name not in self._names:
            raise KeyError(name)
        with _open(self._path) as file:
            return np.asarray(file[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@contextmanager
def _open(path: Path) -> Iterator[np.lib.npyio.NpzFile]:
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, AttributeError, TypeError):
        raise QvizError("{path} is not an .npz of numeric arrays, or it is damaged.", path=path) from None


def open_npz(path: Path, options: DataOptions, graph: Graph) -> ColumnSet:
    """The samples of an .npz. Raw pictures are told by their name `images` and their type uint8."""
    arrays = NpzArrays(path)
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
