"""qviz: see and tune the quantization of a neural network while it runs."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["Session", "__version__"]


def __getattr__(name: str) -> Any:
    """Import `Session` only when it is asked for, so that `qviz --help` and `qviz doctor` need no library."""
    if name == "Session":
        from qviz.session import Session

        return Session
    raise AttributeError(f"module 'qviz' has no attribute {name!r}")
