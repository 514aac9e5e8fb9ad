"""The file of a model: its hash as it was opened, so that one written over since is told as changed."""

import hashlib
from functools import lru_cache
from pathlib import Path

from qviz.errors import QvizError

ANOTHER = "another file than was opened"  # no hash is equal to it
Stamp = tuple[int, int]  # time of change in ns, size in bytes
_opened: dict[str, Stamp] = {}
_seen: dict[str, str] = {}  # path -> hash of the file that was opened, once it was read


def opened(path: str) -> None:
    """Take note that the file, as it is now, is open."""
    _seen.pop(path, None)
    _opened.pop(path, None)
    try:
        _opened[path] = _stamp(path)
    except OSError:
        return  # gone already: nothing is known of it


def model_hash(path: str) -> str:
    """SHA-256 of a file in hex, read again only where it was written since. Raises QvizError where it cannot be."""
    try:
        return _hash(path, _stamp(path))
    except OSError as error:
        raise QvizError("{path} cannot be read: {reason}.", path=path, reason=error.strerror) from error


def hash_as_opened(path: str) -> str:
    """Of the file that was opened: ANOTHER where that was written over before it was read, "" where it is gone.

    Work on a model is saved all the same.
    """
    try:
        if _opened.setdefault(path, _stamp(path)) == _stamp(path):
            _seen[path] = model_hash(path)
    except (OSError, QvizError):
        return _seen.get(path, "")
    return _seen.get(path, ANOTHER)


def _stamp(path: str) -> Stamp:
    told = Path(path).stat()
    return told.st_mtime_ns, told.st_size


@lru_cache(maxsize=8)
def _hash(path: str, _stamp: Stamp) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
