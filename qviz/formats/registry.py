"""Encodings files by format: which there are, reading one by its content, writing one by its name."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from qviz.encodings import Encodings
from qviz.errors import QvizError
from qviz.formats import aimet
from qviz.formats.aimet_write import Writer, text_0_6_1, text_1_0_0, text_2_0_0
from qviz.formats.atomic import write_atomically
from qviz.formats.entries import EncodingsFile
from qviz.graph.graph import Bias, Quantizer

LARGEST_FILE = 1 << 29  # bytes; beyond, it is not an encodings file


@dataclass(frozen=True)
class Format:
    """A format that can be written."""

    title: str
    suffix: str
    write: Writer


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "aimet-1.0.0": Format("AIMET 1.0.0", ".encodings", text_1_0_0),
        "aimet-0.6.1": Format("AIMET 0.6.1", ".encodings", text_0_6_1),
        "aimet-2.0.0": Format("AIMET 2.0.0", ".encodings", text_2_0_0),
    }
)


def read_encodings(path: str | Path) -> EncodingsFile:
    """The encodings of a file in any known format. Raises QvizError where it is not one, or damaged."""
    content = _json(Path(path))
    file = aimet.parse(content)
    if file is None:
        raise QvizError("{path} is not an encodings file that qviz knows.", path=Path(path).name)
    return file


def write_encodings(
    path: str | Path,
    encodings: Encodings,
    quantizers: Mapping[str, Quantizer],
    format: str = "aimet-1.0.0",
    biases: Iterable[Bias] = (),
) -> None:
    """Write the quantizers in force, and `biases` where the bias rule is int32. Raises QvizError."""
    if format not in FORMATS:
        raise QvizError("There is no format {format}; there are {known}.", format=format, known=", ".join(FORMATS))
    write_atomically(path, FORMATS[format].write(encodings, quantizers, biases))


def _json(path: Path) -> object:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise QvizError("{path} is too large for an encodings file.", path=path.name)
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise QvizError("{path} cannot be read: {reason}.", path=str(path), reason=error.strerror) from error
    except (ValueError, RecursionError) as error:
        raise QvizError("{path} is damaged or not an encodings file: it is not JSON.", path=path.name) from error
