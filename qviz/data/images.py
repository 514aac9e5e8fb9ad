"""Columns made of pictures: an array of them, or files decoded when they are first needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from qviz.data.arrays import join_samples, shared_columns
from qviz.data.dataset import Array, Column
from qviz.data.options import DataOptions
from qviz.data.preprocess import ImageInput, image_input
from qviz.data.shapes import input_shapes
from qviz.errors import QvizError
from qviz.graph.graph import Graph

Pixels = NDArray[np.uint8]
CACHE_BYTES = 1 << 27
DECODE_ERRORS = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


class ImageSource(Protocol):
    """Pictures by index, in any mode and size."""

    def __len__(self) -> int: ...

    def image(self, index: int) -> Image.Image: ...


@dataclass(frozen=True, eq=False)
class ImageArray:
    """`images` of shape (n, height, width[, channels]), uint8."""

    images: Pixels

    def __len__(self) -> int:
        return len(self.images)

    def image(self, index: int) -> Image.Image:
        pixels = self.images[index]
        return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels))


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """One file a picture."""

    paths: Sequence[Path]

    def __len__(self) -> int:
        return len(self.paths)

    def image(self, index: int) -> Image.Image:
        """The decoded picture. Raises QvizError naming the file."""
        path = self.paths[index]
        try:
            with Image.open(path) as image:
                image.load()
                return image
        except DECODE_ERRORS:
            raise undecodable(path) from None


def undecodable(path: Path) -> QvizError:
    return QvizError("{path} is no image that can be decoded; remove or replace it.", path=path)


@dataclass(frozen=True, eq=False)
class ImageColumn:
    """The pictures of `source` as the model takes them. Sized pixels are kept, up to CACHE_BYTES."""

    source: ImageSource
    target: ImageInput
    _kept: dict[int, Pixels] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.source)

    def take(self, indices: Sequence[int]) -> Array:
        pixels = np.stack([self._pixels(int(index)) for index in indices])
        if self.target.color == "bgr":
            pixels = pixels[..., ::-1]
        return join_samples(self._on_batch_axis(self.target.blocks(pixels)), self.target.port.batch_axis)

    def picture(self, index: int) -> Pixels:
        pixels = self._pixels(index)
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels

    def _on_batch_axis(self, blocks: Array) -> Array:
        return blocks if self.target.port.batch_axis is not None else blocks[:, None]

    def _pixels(self, index: int) -> Pixels:
        """Shape (height, width, channels), gray or RGB, at the model's size."""
        if index not in self._kept:
            pixels = sized_pixels(self.source.image(index), self.target)
            if len(self._kept) * pixels.nbytes >= CACHE_BYTES:
                return pixels
            self._kept[index] = pixels
        return self._kept[index]


def sized_pixels(image: Image.Image, target: ImageInput) -> Pixels:
    """A picture as (height, width, channels): gray or RGB, resized (bilinear, antialiased) to the model's size."""
    image = image.convert("L" if target.color == "gray" else "RGB")
    if target.size is not None and image.size != target.size[::-1]:
        image = image.resize(target.size[::-1], Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def image_columns(
    source: ImageSource, graph: Graph, options: DataOptions, where: str
) -> tuple[dict[str, Column], ImageColumn]:
    """Columns for a model with one input that --input does not fix; that one takes the pictures."""
    columns = shared_columns(graph, options)
    ports = [port for port in graph.inputs if port.name not in columns]
    if len(ports) != 1:
        raise QvizError(
            "{where} holds images for one input, but the model has {inputs}: fix the others with --input NAME=VALUE.",
            where=where, inputs=", ".join(p.name for p in ports) or "none left",
        )  # fmt: skip
    target = image_input(ports[0], input_shapes(graph, options)[ports[0].name], options.preprocess)
    images = ImageColumn(source, target)
    return {**columns, ports[0].name: images}, images
