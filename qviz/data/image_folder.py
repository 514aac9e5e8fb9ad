"""A folder of images with one sub-folder per class."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
from PIL import Image

from qviz.data.dataset import Array, ColumnSet, column_set
from qviz.data.images import DECODE_ERRORS, ImageFiles, image_columns, undecodable
from qviz.data.options import DataOptions
from qviz.errors import QvizError
from qviz.graph.graph import Graph

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
NUMBERED = re.compile(r"(\d+)(?:[_\-. ].*)?")  # "7" or "007_ostrich"


def open_image_folder(path: Path, options: DataOptions, graph: Graph) -> ColumnSet:
    """Pictures round-robin over the classes, names sorted. Raises QvizError for a file that is no image.

    A class is the number its folder's name starts with, if all have one, else its place among the sorted names.
    Without sub-folders there are no labels.
    """
    paths, labels = _listing(path)
    if not paths:
        raise QvizError("The folder {path} holds no images.", path=path)
    paths, labels = paths[: options.limit], None if labels is None else labels[: options.limit]
    sizes = _sizes(paths)
    columns, pictures = image_columns(ImageFiles(paths), graph, options, path.name)
    if pictures.target.size is None:
        pictures = replace(pictures, target=replace(pictures.target, size=_common_size(sizes)))
        columns[pictures.target.port.name] = pictures
    return column_set(columns, labels, path, None, pictures)


def _listing(path: Path) -> tuple[list[Path], Array | None]:
    folders = [folder for folder in _visible(path) if folder.is_dir()]
    classes = {folder.name: _images(folder) for folder in folders}
    classes = {name: files for name, files in classes.items() if files}
    if not classes:
        return _images(path), None
    index = class_indices(list(classes))
    turns = zip_longest(*([(file, index[name]) for file in files] for name, files in classes.items()))
    pairs = [pair for turn in turns for pair in turn if pair is not None]
    return [file for file, _ in pairs], np.array([label for _, label in pairs], np.int64)


def class_indices(names: Sequence[str]) -> dict[str, int]:
    """Class of each folder: the different numbers that all names start with, else the place in sorted order."""
    numbers = [int(match[1]) for name in names if (match := NUMBERED.fullmatch(name))]
    if len(set(numbers)) == len(names):
        return dict(zip(names, numbers, strict=True))
    return {name: place for place, name in enumerate(sorted(names))}


def _visible(path: Path) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))


def _images(folder: Path) -> list[Path]:
    return [file for file in _visible(folder) if file.suffix.lower() in SUFFIXES and file.is_file()]


def _sizes(paths: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """(height, width) of each file, from its header."""
    sizes = {}
    for path in paths:
        try:
            with Image.open(path) as image:
                sizes[path] = (image.height, image.width)
        except DECODE_ERRORS:
            raise undecodable(path) from None
    return sizes


def _common_size(sizes: dict[Path, tuple[int, int]]) -> tuple[int, int]:
    first, size = next(iter(sizes.items()))
    for path, other in sizes.items():
        if other != size:
            raise QvizError(
                "The images have different sizes ({a} is {ah}x{aw}, {b} is {bh}x{bw}) and the model takes any: "
                "give one with --size.",
                a=first.name, ah=size[0], aw=size[1], b=path.name, bh=other[0], bw=other[1],
            )  # fmt: skip
    return size
