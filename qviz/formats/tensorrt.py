"""TensorRT's calibration cache: a header line, then `name: %08x`, the big-endian hex of float32 amax / 127.

Activations only, symmetric, 8 bits (codes -128..127). Names may hold ": " themselves. TensorRT quantizes weights by
their own maxima, symmetric and per channel.
"""

import re
import struct

import numpy as np

from qviz.errors import QvizError, Text
from qviz.formats.entries import EncodingsFile, FileEntry, Named
from qviz.formats.source import Item, Source, refuse
from qviz.formats.unsaid import (
    bias_unsaid,
    gathered,
    left_in_float,
    one_code_more,
    params_differing,
    params_left_out,
    without_quantizer,
)
from qviz.formats.values import positive_scale, symmetric_setting

HEADER = "TRT-8501-EntropyCalibration2"  # the version that wrote it; TensorRT 8 to 10 read caches of each other
_HEADER = re.compile(r"TRT-\d+-\w+")
_HEX = re.compile(r"[0-9a-fA-F]{8}")


def parse_text(text: str) -> EncodingsFile | None:
    """The file with this text; None where it is not a calibration cache. Raises QvizError for a damaged line."""
    lines = text.split("\n")  # not splitlines, which also breaks at characters that names may have
    if not _HEADER.fullmatch(lines[0].strip()):
        return None
    entries: dict[str, FileEntry] = {}
    refused: list[Named] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        name, separator, code = line.rstrip("\r").rpartition(": ")
        if not separator or not _HEX.fullmatch(code):
            raise QvizError("Line {line} of the TensorRT cache is damaged: write the cache again.", line=number)
        try:
            scale = positive_scale(struct.unpack(">f", bytes.fromhex(code))[0])
            entries[name] = FileEntry(name, "activation", symmetric_setting([scale], per_channel=False))
        except QvizError as error:
            refused.append((name, error.text))
    return EncodingsFile("tensorrt", tuple(entries.values()), None, tuple(refused), params_by_target=True)


def write(source: Source) -> str:
    """A cache with every activation, also those that follow another's grid. Raises QvizError for other grids."""
    lines = [HEADER]
    for name, item in symmetric_activations(source).items():
        if "\n" in name or "\r" in name:
            raise QvizError("A TensorRT cache cannot hold the name {name}: rename the tensor.", name=repr(name))
        lines.append(f"{name}: {struct.pack('>f', np.float32(item.encoding.scale[0])).hex()}")
    return "\n".join(lines) + "\n"


def symmetric_activations(source: Source) -> dict[str, Item]:
    """Activations by tensor name. Raises QvizError where one is not symmetric with 8 bits per tensor."""
    other = [i.name for i in source.activations if not i.is_signed(8) or i.encoding.channels > 1]
    refuse(
        "TensorRT's ranges are symmetric with 8 bits, these activations are not: {names}. "
        "Set them to symmetric with 8 bits, or leave them in float.",
        other,
    )
    return {t: i for i in source.activations for t in (*i.tensors, *i.quantizer.followers)}


def unsaid(source: Source) -> tuple[Text, ...]:
    """What a file of TensorRT's ranges leaves open."""
    return gathered(
        left_in_float(source),
        without_quantizer(source),
        params_left_out(source, how="symmetric, 8 bits, per channel, by their maximum"),
        params_differing(source),
        one_code_more(source.activations),
        bias_unsaid(source),
    )
