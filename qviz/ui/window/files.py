"""What a dropped or named path is, told by its name."""

from pathlib import Path
from typing import Literal

FileKind = Literal["model", "data", "encodings", "session"]

SUFFIXES: dict[str, FileKind] = {
    ".onnx": "model",
    ".npz": "data",
    ".csv": "data",
    ".encodings": "encodings",
    ".json": "encodings",
    ".cache": "encodings",
    ".table": "encodings",
    ".txt": "encodings",
    ".qviz": "session",
}


def file_kind(path: str) -> FileKind | None:
    """What the window opens `path` as; None where it cannot. A folder is data; so is `loader.py:function`."""
    if ".py:" in path or Path(path).is_dir():
        return "data"
    return SUFFIXES.get(Path(path).suffix.lower())
