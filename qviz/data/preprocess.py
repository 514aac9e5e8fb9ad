"""Raw images -> model input: what the user left out is derived from the model's input."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qviz.data.options import Color, Layout, Preprocess
from qviz.data.shapes import Shape, feed_dtype, shape_text
from qviz.errors import QvizError
from qviz.graph.graph import Port


@dataclass(frozen=True, eq=False)
class ImageInput:
    """How pictures become one input: their size (None: their own), layout, colour and value of each of 256 levels."""

    port: Port
    size: tuple[int, int] | None  # (height, width)
    layout: Layout
    color: Color
    table: NDArray[Any]  # (channels, 256) in the type of the feed: exact, and one look-up a pixel

    @property
    def channels(self) -> int:
        return len(self.table)

    def blocks(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        """`pixels` (n, height, width, channels), colours in the model's order -> values (n, ...) in its layout."""
        values = [self.table[c][pixels[..., c]] for c in range(self.channels)]
        return np.stack(values, axis=1 if self.layout == "nchw" else 3)


def image_input(port: Port, shape: Shape, options: Preprocess) -> ImageInput:
    """`options` completed from the shape of the input (batch, channels, height, width) or channels last.

    Raises QvizError where the input takes no images, or an option contradicts it.
    """
    if len(shape) != 4 or port.batch_axis not in (0, None) or (port.batch_axis is None and shape[0] != 1):
        raise _no_image(port, shape)
    layout = options.layout or _layout(port, shape)
    channels, height, width = (shape[1], *shape[2:]) if layout == "nchw" else (shape[3], *shape[1:3])
    color: Color = options.color or ("gray" if channels == 1 else "rgb")
    given = 1 if color == "gray" else 3
    if isinstance(channels, int) and channels != given:
        raise QvizError(
            "Input {name} of shape {shape} takes {channels} channels, but the colour {color} in the layout {layout} "
            "gives {given}.",
            name=port.name, shape=shape_text(port, shape), channels=channels, color=color, layout=layout, given=given,
        )  # fmt: skip
    size = _size(port, shape, (height, width), options.size)
    return ImageInput(port, size, layout, color, _table(options, given, feed_dtype(port)))


def _layout(port: Port, shape: Shape) -> Layout:
    if shape[1] in (1, 3):
        return "nchw"
    if shape[3] in (1, 3):
        return "nhwc"
    if not isinstance(shape[1], int):
        return "nchw"
    raise _no_image(port, shape)


def _no_image(port: Port, shape: Shape) -> QvizError:
    return QvizError(
        "Input {name} has the shape {shape}, which takes no images: images need a batch, 1 or 3 channels, height and "
        "width.",
        name=port.name, shape=shape_text(port, shape),
    )  # fmt: skip


def _size(port: Port, shape: Shape, declared: tuple[Any, Any], given: tuple[int, int] | None) -> tuple[int, int] | None:
    fits = given is None or all(not isinstance(d, int) or d == g for d, g in zip(declared, given, strict=True))
    if given is not None and not fits:
        raise QvizError(
            "The size {height}x{width} does not fit input {name}, which has the shape {shape}.",
            height=given[0], width=given[1], name=port.name, shape=shape_text(port, shape),
        )  # fmt: skip
    if given is not None and min(given) < 1:
        raise QvizError("An image size must be at least 1x1, not {height}x{width}.", height=given[0], width=given[1])
    height, width = given or declared
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None


def _table(options: Preprocess, channels: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """(pixel * scale - mean) / std in double for every pixel value, shape (channels, 256)."""
    for name, values in (("mean", options.mean), ("std", options.std)):
        if len(values) not in (1, channels):
            raise QvizError(
                "The {name} of the preprocessing has {given} values, but the images have {channels} channels.",
                name=name, given=len(values), channels=channels,
            )  # fmt: skip
    if not all(options.std):
        raise QvizError("The std of the preprocessing holds 0: pixels are divided by it.")
    mean = np.broadcast_to(np.array(options.mean, np.float64), channels)[:, None]
    std = np.broadcast_to(np.array(options.std, np.float64), channels)[:, None]
    table = (np.arange(256) * options.scale - mean) / std
    if not (np.abs(table) <= np.finfo(np.float32).max).all():
        raise QvizError("The preprocessing takes pixels beyond what a float32 holds: look at its scale, mean and std.")
    return (np.rint(table) if dtype.kind in "iu" else table).astype(dtype)


def read_preprocess(path: str | Path, base: Preprocess | None = None) -> Preprocess:
    """Preprocessing from a TOML file with any of size, layout, color, scale, mean, std; the rest is that of `base`.

    Numbers may be fractions in quotes ("1/255"). Raises QvizError for a missing file, an unknown key or a wrong value.
    """
    file = Path(path)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise QvizError("There is no file {path}.", path=file) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise QvizError("{path} cannot be read as TOML: {reason}.", path=file, reason=error) from None
    known = [f.name for f in fields(Preprocess)]
    for key in table:
        if key not in known:
            raise QvizError(
                "{path} has the key {key}; a preprocessing file takes {known}.",
                path=file, key=key, known=", ".join(known),
            )  # fmt: skip
    values = {key: _toml_value(key, value, file) for key, value in table.items()}
    return replace(base or Preprocess(), **values)


def preprocess_of(values: Mapping[str, object]) -> Preprocess:
    """Preprocessing from such values as a file has. Raises KeyError, TypeError or ValueError where one is wrong."""
    return Preprocess(**{key: _READERS[key](value) for key, value in values.items()})


def _toml_value(key: str, value: object, file: Path) -> Any:
    expected = {
        "size": "one whole number or [height, width]",
        "layout": '"nchw" or "nhwc"',
        "color": '"rgb", "bgr" or "gray"',
        "scale": "a number",
    }.get(key, "a number or a list of 1 or 3 numbers")
    try:
        return _READERS[key](value)
    except (ValueError, TypeError, ZeroDivisionError):
        raise QvizError(
            "{path}: {key} must be {expected}, not {value}.", path=file, key=key, expected=expected, value=value
        ) from None


def parse_number(value: object) -> float:
    """A number, or a fraction such as "1/255". Raises ValueError or TypeError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(value)
    return float(Fraction(value)) if isinstance(value, str) and "/" in value else float(value)


def _numbers(value: object) -> tuple[float, ...]:
    numbers = tuple(parse_number(v) for v in (value if isinstance(value, list) else [value]))
    if len(numbers) not in (1, 3):
        raise ValueError(value)
    return numbers


def _pair(value: object) -> tuple[int, int]:
    height, width = value if isinstance(value, list) else [value, value]
    if not (type(height) is int and type(width) is int and height > 0 and width > 0):
        raise ValueError(value)
    return height, width


def _choice(*choices: str) -> Any:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(value)
        return value

    return read


_READERS: dict[str, Any] = {
    "size": _pair,
    "layout": _choice("nchw", "nhwc"),
    "color": _choice("rgb", "bgr", "gray"),
    "scale": parse_number,
    "mean": _numbers,
    "std": _numbers,
}
