"""What a user says about data: where it is and how raw images become inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Layout = Literal["nchw", "nhwc"]
Color = Literal["rgb", "bgr", "gray"]


@dataclass(frozen=True)
class Preprocess:
    """Raw uint8 images -> model input: (pixel * scale - mean) / std, per colour channel in the given order.

    None means: derived from the model's input (size, layout, colour). `mean` and `std` have 1 or 3 values.
    """

    size: tuple[int, int] | None = None  # (height, width)
    layout: Layout | None = None
    color: Color | None = None
    scale: float = 1.0  # 1/255 for models that take 0..1
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class DataOptions:
    """One DATA argument with everything that decides what it yields."""

    source: str | None = None  # .npz, .csv, a folder, or loader.py:function; None with `random`
    random: int | None = None  # this many random samples instead
    seed: int = 0
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # --shape, for free dimensions
    values: Mapping[str, float] = field(default_factory=dict)  # --input NAME=VALUE, the same for all samples
    preprocess: Preprocess = field(default_factory=Preprocess)
    limit: int | None = None  # use at most this many samples


def as_options(data: DataOptions | str | Path | None) -> DataOptions | None:
    """A DATA argument alone as options."""
    return data if data is None or isinstance(data, DataOptions) else DataOptions(source=str(data))


@dataclass(frozen=True)
class DataInfo:
    """What the window shows of loaded data."""

    description: str  # "test_500.npz"
    samples: int
    has_labels: bool
    random: bool
    calibration_description: str
    calibration_samples: int
    calibration_overlap: int  # evaluated samples that were also calibrated on
