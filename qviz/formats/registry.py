"""Encodings files by format: which there are, reading one by its content, writing one by its name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from qviz.encodings import Encodings
from qviz.errors import QvizError, Text
from qviz.formats import (
    aimet,
    aimet_write,
    amct,
    csv_table,
    mqbench,
    ncnn,
    ort,
    ort_ranges,
    qdq_gaps,
    qnn,
    tensorrt,
    tensorrt_json,
    unsaid,
)
from qviz.formats.atomic import write_atomically
from qviz.formats.entries import EncodingsFile
from qviz.formats.source import Source, refuse
from qviz.formats.unsaid import gathered, naming
from qviz.graph.graph import Graph, Quantizer
from qviz.quant.blocks import BlockGrid
from qviz.quant.floats import FloatGrid
from qviz.quant.grid import Grid
from qviz.quant.spec import FloatFormat

UNSAYABLE = (
    "A file of {format} cannot say the form of {names}: choose integers by tensor or channel, or leave them in float."
)
ONNX_START = b"\x08"  # the tag of a model's first field; no text begins with it
LARGEST_FILE = 1 << 29  # bytes; beyond, it is not an encodings file


@dataclass(frozen=True)
class Format:
    """A format that can be written: `write` gives the file's text, `unsaid` what that leaves open."""

    title: str
    suffix: str
    write: Callable[[Source], str]
    unsaid: Callable[[Source], tuple[Text, ...]]
    says: Callable[[Grid], bool] = lambda grid: False  # which forms it can say besides integers by tensor or channel
    engine_writer: str = ""  # "module:function" for what needs the weights; see qviz.sim.requests.Export


def _aimet(write: aimet_write.Writer) -> Callable[[Source], str]:
    return lambda s: write(s.encodings, s.quantizers, s.graph.biases if s.graph is not None else ())


def _float16(grid: Grid) -> bool:
    return isinstance(grid, FloatGrid) and grid.format is FloatFormat.FLOAT16


def _blocks_and_float16(grid: Grid) -> bool:
    return isinstance(grid, BlockGrid) or _float16(grid)


def _by_engine(source: Source) -> str:
    raise QvizError("This format is written by the engine, which holds the weights: export it from a session.")


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "aimet-1.0.0": Format(
            "AIMET 1.0.0", ".encodings", _aimet(aimet_write.text_1_0_0), unsaid.of_aimet, _blocks_and_float16
        ),
        "aimet-0.6.1": Format("AIMET 0.6.1", ".encodings", _aimet(aimet_write.text_0_6_1), unsaid.of_aimet, _float16),
        "aimet-2.0.0": Format(
            "AIMET 2.0.0", ".encodings", _aimet(aimet_write.text_2_0_0), unsaid.of_aimet_2_0_0, _blocks_and_float16
        ),
        "qnn": Format("Qualcomm QNN and SNPE overrides", ".json", qnn.write, qnn.unsaid, _float16),
        "ort-overrides": Format("ONNX Runtime overrides", ".json", ort.write, ort.unsaid),
        "ort-ranges": Format("ONNX Runtime ranges", ".json", ort_ranges.write, ort_ranges.unsaid),
        "tensorrt": Format("TensorRT calibration cache", ".cache", tensorrt.write, tensorrt.unsaid),
        "tensorrt-json": Format("TensorRT dynamic ranges", ".json", tensorrt_json.write, tensorrt.unsaid),
        "mqbench": Format("MQBench clip ranges", ".json", mqbench.write, tensorrt.unsaid),
        "ncnn": Format("ncnn table", ".table", ncnn.write, ncnn.unsaid),
        "amct": Format("Ascend AMCT record", ".txt", amct.write, amct.unsaid),
        "csv": Format("Table (CSV)", ".csv", csv_table.write, csv_table.unsaid),
        "qdq": Format(
            "ONNX QDQ model", ".onnx", _by_engine, qdq_gaps.unsaid, lambda grid: True, "qviz.formats.qdq:write_qdq"
        ),
    }
)
JSON_READERS = (aimet.parse, mqbench.parse, tensorrt_json.parse, ort.parse, ort_ranges.parse)
TEXT_READERS = (tensorrt.parse_text, amct.parse_text, csv_table.parse_text, ncnn.parse_text)  # most particular first


def read_encodings(path: str | Path) -> EncodingsFile:
    """The encodings of a file in any known format, told by its content. Raises QvizError where damaged or unknown."""
    name = Path(path).name
    text = _text(Path(path))
    if text.lstrip().startswith(("{", "[")):
        content = _json(text, name)
        files = (read(content) for read in JSON_READERS)
    else:
        files = (read(text) for read in TEXT_READERS)
    file = next((f for f in files if f is not None), None)
    if file is None:
        raise QvizError("{path} is not an encodings file that qviz knows.", path=name)
    return file


def write_encodings(
    path: str | Path,
    encodings: Encodings,
    quantizers: Mapping[str, Quantizer],
    format: str = "aimet-1.0.0",
    graph: Graph | None = None,
) -> tuple[Text, ...]:
    """Write the quantizers in force, and say what the file leaves open.

    `graph` gives biases and the layers that some formats name. Raises QvizError where the format would mean something
    else than the encodings do.
    """
    source, known = Source(encodings, quantizers, graph), _known(format)
    refuse(UNSAYABLE, _unsayable(source, known), format=known.title)
    text = known.write(source)
    write_atomically(path, text)
    return known.unsaid(source)


def export_warnings(
    encodings: Encodings, quantizers: Mapping[str, Quantizer], format: str, graph: Graph | None = None
) -> tuple[Text, ...]:
    """Every tensor that a file of this format leaves without an encoding, and everything that it cannot say.

    Raises QvizError where there is no such format, or it names layers and there is no `graph`.
    """
    source, known = Source(encodings, quantizers, graph), _known(format)
    cannot = naming(
        "The file cannot say the form of these, so it is not written ({count}): {names}.", _unsayable(source, known)
    )
    return (*gathered(cannot), *known.unsaid(source))


def engine_writer(format: str) -> str:
    """What writes this format in the engine's process, "" where `write_encodings` does. Raises QvizError."""
    return _known(format).engine_writer


def _unsayable(source: Source, format: Format) -> list[str]:
    """Quantizers in a form that the format has no word for."""
    return [n for n, s in source.others.items() if s.active is not None and not format.says(s.active)]


def _known(format: str) -> Format:
    if format not in FORMATS:
        raise QvizError("There is no format {format}; there are {known}.", format=format, known=", ".join(FORMATS))
    return FORMATS[format]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise QvizError("{path} is too large for an encodings file.", path=path.name)
        content = path.read_bytes()
        if content.startswith(ONNX_START):
            raise QvizError("{path} is an ONNX model: a QDQ model is opened as the model, with its own encodings.",
                            path=path.name)  # fmt: skip
        return content.decode("utf-8-sig")
    except OSError as error:
        raise QvizError("{path} cannot be read: {reason}.", path=str(path), reason=error.strerror) from error
    except ValueError as error:
        raise QvizError("{path} is damaged or not an encodings file: it is not text.", path=path.name) from error


def _json(text: str, name: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise QvizError("{path} is damaged or not an encodings file: it is not JSON.", path=name) from error
