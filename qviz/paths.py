"""Where the files that come with qviz are, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _shipped(folder: str) -> Path:
    packaged = _PACKAGE / folder
    return packaged if packaged.is_dir() else _PACKAGE.parent / folder


def resource(name: str) -> Path:
    """A file or folder of resources/."""
    return _shipped("resources") / name


def sample(name: str) -> Path:
    """A file of sample_data/."""
    return _shipped("sample_data") / name
