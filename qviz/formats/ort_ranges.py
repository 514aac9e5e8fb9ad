"""ONNX Runtime's calibrated ranges as JSON: `lowest` and `highest` of each activation, as its TensorsData are saved.

Also read: the same without its frame, and `{tensor: [low, high]}`. A range says nothing of bits or scheme: an import
keeps those of the quantizer that stands there. ONNX Runtime quantizes weights by itself.
"""

import json
from typing import Any

from qviz.errors import QvizError, Text
from qviz.formats.entries import EncodingsFile, FileEntry, Named
from qviz.formats.source import Source, refuse
from qviz.formats.unsaid import (
    bias_unsaid,
    bits_unsaid,
    gathered,
    left_in_float,
    params_differing,
    params_left_out,
    without_quantizer,
)
from qviz.formats.values import range_setting

EDGES = ("lowest", "highest")
_FRAME = {"calibration_method": {"CLS": "CalibrationMethod", "value": "CalibrationMethod.MinMax"}}


def parse(content: object) -> EncodingsFile | None:
    """The file with this JSON content; None where it is not one."""
    if isinstance(content, dict) and content.get("CLS") == "TensorsData":
        content = content.get("data")
    if not isinstance(content, dict) or not content or not all(_is_range(v) for v in content.values()):
        return None
    entries: list[FileEntry] = []
    refused: list[Named] = []
    for name, raw in content.items():
        try:
            low, high = raw if isinstance(raw, list) else (raw[k] for k in EDGES)
            setting = range_setting([_plain(low)], [_plain(high)])
            entries.append(FileEntry(name, "activation", setting, range_only=True))
        except QvizError as error:
            refused.append((name, error.text))
    return EncodingsFile("ort-ranges", tuple(entries), None, tuple(refused), params_by_target=True)


def _is_range(value: object) -> bool:
    if isinstance(value, list):
        return len(value) == 2 and not any(isinstance(v, dict) for v in value)
    return isinstance(value, dict) and all(k in value for k in EDGES)


def _plain(value: Any) -> object:
    """The number in a one-element array, however it is written."""
    while isinstance(value, (dict, list)):
        value = value.get("data") if isinstance(value, dict) else value[0] if len(value) == 1 else None
    return value


def write(source: Source) -> str:
    """Effective ranges of all activations. Raises QvizError where one has more than one range."""
    refuse(
        "A file of ranges has one for each tensor; set these to per-tensor: {names}.",
        [i.name for i in source.activations if i.encoding.channels > 1],
    )
    data = {
        tensor: {
            "lowest": float(i.encoding.min[0]),
            "highest": float(i.encoding.max[0]),
            "CLS": "TensorData",
        }
        for i in source.activations
        for tensor in (*i.tensors, *i.quantizer.followers)
    }
    return json.dumps({"CLS": "TensorsData", "data": data, **_FRAME}, indent=4, allow_nan=False) + "\n"


def unsaid(source: Source) -> tuple[Text, ...]:
    """What a file of ranges leaves open."""
    return gathered(
        left_in_float(source),
        without_quantizer(source),
        params_left_out(source, how="by their own minimum and maximum"),
        params_differing(source),
        bits_unsaid(source.activations),
        bias_unsaid(source),
    )
