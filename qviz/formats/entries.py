"""What every encodings file comes down to, whatever its format: plain values by tensor name."""

from dataclasses import dataclass, field
from typing import Literal

from qviz.encodings import Setting
from qviz.errors import Text

EntryKind = Literal["activation", "param", "bias"]
Named = tuple[str, Text]  # a tensor, and what is to be said about it


@dataclass(frozen=True)
class FileEntry:
    """One tensor of a file. An entry in float is a disabled setting; a bias keeps only its int32 scale and offset."""

    name: str
    kind: EntryKind
    setting: Setting = field(default_factory=Setting)
    axis: int | None = None  # channel axis, where the file tells it


@dataclass(frozen=True)
class EncodingsFile:
    """A file as read. `refused` are entries that cannot be taken, each with the reason."""

    format: str  # a key of qviz.formats.registry.FORMATS
    entries: tuple[FileEntry, ...]
    has_bias: bool
    refused: tuple[Named, ...] = ()
