"""TensorRT's dynamic ranges as JSON: `{"act_quant_info": {name: amax}}`, or the names alone at the top.

Each value is half of a symmetric range (-amax, amax), as `ITensor.dynamic_range` takes it: amax = 127 * scale.
"""

import json
from typing import Any

from qviz.errors import QvizError
from qviz.formats.entries import EncodingsFile, FileEntry, Named
from qviz.formats.source import Source
from qviz.formats.tensorrt import symmetric_activations
from qviz.formats.values import number, positive_scale, symmetric_setting

STEPS = 127  # from zero to amax
KEY = "act_quant_info"


def parse(content: object) -> EncodingsFile | None:
    """The file with this JSON content; None where it is not one."""
    if not isinstance(content, dict) or not content:
        return None
    if isinstance(content.get(KEY), dict):
        return amax_file("tensorrt-json", content[KEY])
    plain = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in content.values())
    is_ranges = plain and any(isinstance(v, float) for v in content.values())  # whole numbers alone are something else
    return amax_file("tensorrt-json", content) if is_ranges else None


def amax_file(format: str, ranges: dict[str, Any]) -> EncodingsFile:
    """A file of symmetric 8-bit ranges by tensor name."""
    entries: list[FileEntry] = []
    refused: list[Named] = []
    for name, amax in ranges.items():
        try:
            setting = symmetric_setting([positive_scale(number(amax) / STEPS)], per_channel=False)
            entries.append(FileEntry(name, "activation", setting))
        except QvizError as error:
            refused.append((name, error.text))
    return EncodingsFile(format, tuple(entries), None, tuple(refused), params_by_target=True)


def amax_of(source: Source) -> dict[str, float]:
    """Tensor -> amax, of every activation. Raises QvizError where one is not symmetric with 8 bits."""
    return {t: float(i.encoding.scale[0]) * STEPS for t, i in symmetric_activations(source).items()}


def write(source: Source) -> str:
    """The dynamic range of every activation."""
    return json.dumps({KEY: amax_of(source)}, indent=4, allow_nan=False) + "\n"
