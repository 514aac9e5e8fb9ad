"""A user's own Python function, named as FILE.py:function."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from qviz.errors import QvizError


def is_function(source: str) -> bool:
    """Whether `source` names a function in a Python file."""
    file, _, name = source.rpartition(":")
    return file.endswith(".py") and bool(name)


def load_function(source: str) -> Callable[..., Any]:
    """The function FILE.py:function. The file's folder is put on sys.path, as when Python runs it.

    Raises QvizError for a missing file, a file that fails, and a name that is no function.
    """
    file, _, name = source.rpartition(":")
    path = Path(file)
    if not path.is_file():
        raise QvizError("There is no file {path}.", path=path)
    function = getattr(_run(path), name, None)
    if not callable(function):
        raise QvizError("{path} has no function {name}.", path=path, name=name)
    return function


def failure(source: str, error: BaseException) -> QvizError:
    """What a user reads when their function raised `error`."""
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return QvizError("{source} failed with {reason}", source=source, reason=reason)


def _run(path: Path) -> ModuleType:
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(f"qviz_user_{path.stem}", path)
    assert spec is not None  # a .py file has a spec and a loader
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickle look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise failure(path.name, error) from error
    return module
