"""What every encodings file comes down to, whatever its format: plain values by tensor name."""

from dataclasses import dataclass, field
from typing import Literal

from qviz.encodings import Setting
from qviz.errors import Text

EntryKind = Literal["activation", "param", "bias"]
Named = tuple[str, Text]  # a tensor, and what is to be said about it


@dataclass(frozen=True)
class FileEntry:
    """One tensor of a file. An entry in float is a disabled setting; a bias keeps only its int32 scale and offset.

    `of_weight` is the setting where the tensor turns out to be a weight, in a file that leaves this open. `range_only`:
    the file gives a range and nothing else.
    """

    name: str
    kind: EntryKind
    setting: Setting = field(default_factory=Setting)
    axis: int | None = None  # channel axis, where the file tells it
    of_weight: Setting | None = None
    range_only: bool = False


@dataclass(frozen=True)
class EncodingsFile:
    """A file as read. `refused` are entries that cannot be taken, each with the reason.

    `has_bias` tells whether biases are int32; None: the format does not speak of biases. `by_layer`: entries have
    names of layers, and stand for the layer's weight (a param) or its input (an activation). `params_by_target`: the
    format has no weights, its target quantizes them by their own extremes.
    """

    format: str  # a key of qviz.formats.registry.FORMATS
    entries: tuple[FileEntry, ...]
    has_bias: bool | None
    refused: tuple[Named, ...] = ()
    by_layer: bool = False
    params_by_target: bool = False
