"""Writing a file whole or not at all."""

import os
from pathlib import Path

from qviz.errors import QvizError


def write_atomically(path: str | Path, text: str) -> None:
    """Write beside the target, then replace it. Raises QvizError where the place cannot be written."""
    target = Path(path).resolve()
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise QvizError("{path} cannot be written: {reason}.", path=str(path), reason=error.strerror) from error
