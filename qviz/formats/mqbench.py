"""MQBench's clip ranges for TensorRT: `{"tensorrt": {"blob_range": {tensor: amax}}}`."""

import json

from qviz.formats.entries import EncodingsFile
from qviz.formats.source import Source
from qviz.formats.tensorrt_json import amax_file, amax_of


def parse(content: object) -> EncodingsFile | None:
    """The file with this JSON content; None where it is not one."""
    backend = content.get("tensorrt") if isinstance(content, dict) else None
    ranges = backend.get("blob_range") if isinstance(backend, dict) else None
    return amax_file("mqbench", ranges) if isinstance(ranges, dict) else None


def write(source: Source) -> str:
    """The range of every activation. Raises QvizError where one is not symmetric with 8 bits."""
    return json.dumps({"tensorrt": {"blob_range": amax_of(source)}}, indent=4, allow_nan=False) + "\n"
