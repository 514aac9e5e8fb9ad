"""Freeing a fixed batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import onnx


@dataclass(frozen=True)
class Batch:
    """A model as it is fed: `proto` with its batch free where that is right, and the axes that count samples."""

    proto: onnx.ModelProto
    free: bool
    input_axes: Mapping[str, int | None] = field(default_factory=dict)
    output_axes: Mapping[str, int | None] = field(default_factory=dict)
