"""What a session is about, as asked for: it is what a .qviz file names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qviz.data.options import DataOptions


@dataclass(frozen=True)
class Document:
    """Model, data and how accuracy is measured."""

    model: str
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    data: DataOptions | None = None
    calibration: DataOptions | None = None
    check: DataOptions | None = None
    calibration_samples: int = 256
    metric: str | None = None
    output: str | None = None
    integer: bool | None = None  # simulated on integer kernels or as fake-quant; None: as the session does
