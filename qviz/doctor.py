"""What this machine lacks, and the command that installs it.

Standard library only: it must run where nothing is installed.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

OLDEST_PYTHON = (3, 11)
# library -> Debian and Ubuntu package
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_WINDOW_MODULES = {"PySide6-Essentials": "PySide6", "pyqtgraph": "pyqtgraph"}
_WHY_OUTSIDE = {"pyside6-essentials": ": 6.11 breaks dock layouts, 6.12 aborts on Python 3.10 and 3.11"}
_WITHOUT_DISPLAY = "Without one, `qviz demo --output DIR` and every command but the window work."
OK, WARNING, MISSING = "ok", "warning", "missing"
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)\s*(?P<range>[^;]*)")
_COMPARISON = re.compile(r"(>=|<)\s*([\d.]+)")


@dataclass(frozen=True)
class Check:
    """One thing looked at. `level` is OK, WARNING (works, with a limit) or MISSING; `fix` is a command or advice."""

    name: str
    level: str
    detail: str
    fix: str = ""


def checks() -> tuple[Check, ...]:
    """Python, each dependency, Qt's system libraries and the display, in this order."""
    return (_python(), *_dependencies(), *_libraries(), _display())


def report() -> int:
    """Print the checks and the commands that install what is missing. Returns 1 where something is missing, else 0."""
    found = checks()
    width = max(len(check.name) for check in found)
    for check in found:
        print(f"{check.level:<8} {check.name:<{width}}  {check.detail}")
    fixes = dict.fromkeys(check.fix for check in found if check.fix)
    print("\nNothing is missing." if not fixes else "\nTo repair:")
    for fix in fixes:
        print(f"  {fix}")
    return int(any(check.level == MISSING for check in found))


def missing_packages() -> tuple[str, ...]:
    """Debian packages that `make` needs and this machine lacks: python3-venv and Qt's system libraries."""
    venv = () if importlib.util.find_spec("ensurepip") else ("python3-venv",)
    return (*venv, *_missing_library_packages())


def qt_problem() -> str | None:
    """Why no window can open, in a sentence with the remedy, or None.

    To be asked before QApplication is made, which ends the whole process where a library or the display is missing.
    """
    absent = [name for name, module in _WINDOW_MODULES.items() if importlib.util.find_spec(module) is None]
    if absent:
        return f"The window needs {' and '.join(absent)}. Install: {_pip(absent)}"
    packages = _missing_library_packages()
    if packages:
        return f"Qt cannot start: this system lacks {', '.join(packages)}. Install: {_apt(packages)}"
    try:
        from PySide6 import QtWidgets  # noqa: F401
    except ImportError as error:
        return f"Qt cannot start: {error}. `qviz doctor` shows what this machine lacks."
    display = _display()
    return None if display.level == OK else display.detail


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST_PYTHON:
        return Check("Python", OK, version)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Check("Python", MISSING, f"{version} is too old", f"Install Python {oldest} or newer and run qviz with it.")


def _dependencies() -> tuple[Check, ...]:
    matches = [match for match in map(_REQUIREMENT.match, _requirements()) if match]
    wanted = {match["name"]: match["range"] for match in matches}
    found = [_dependency(name, versions) for name, versions in wanted.items()]
    fix = _pip([check.name + wanted[check.name] for check in found if check.level != OK])
    return tuple(check if check.level == OK else replace(check, fix=fix) for check in found)


def _requirements() -> list[str]:
    """What pyproject.toml names, from the installed package or, where it is not installed, from the checkout."""
    try:
        listed = importlib.metadata.requires("qviz") or []
    except importlib.metadata.PackageNotFoundError:
        listed = _checkout_requirements()
    return [requirement for requirement in listed if "extra ==" not in requirement]


def _checkout_requirements() -> list[str]:
    file = Path(__file__).resolve().parent.parent / "pyproject.toml"
    if sys.version_info < OLDEST_PYTHON or not file.is_file():
        return []
    import tomllib

    return list(tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"])


def _dependency(name: str, wanted: str) -> Check:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Check(name, MISSING, f"not installed (wanted {wanted})")
    if in_range(version, wanted):
        return Check(name, OK, version)
    return Check(name, WARNING, f"{version} is outside {wanted}{_WHY_OUTSIDE.get(name.lower(), '')}")


def in_range(version: str, wanted: str) -> bool:
    """Whether a version such as "6.10.3" satisfies ranges such as ">=6.8,<6.11" (only >= and < occur)."""
    return all((_numbers(version) >= _numbers(bound)) == (sign == ">=") for sign, bound in _COMPARISON.findall(wanted))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", re.split(r"[a-zA-Z+]", version)[0]))


def _libraries() -> tuple[Check, ...]:
    return tuple(_library(library, package) for library, package in _wanted_libraries().items())


def _library(library: str, package: str) -> Check:
    if _loads(library):
        return Check(library, OK, "loads")
    return Check(library, MISSING, "Qt cannot start without it", _apt(_missing_library_packages()))


def _wanted_libraries() -> dict[str, str]:
    """Qt's libraries on Linux; those of X11 only where a window would open there. Elsewhere Qt brings its own."""
    if not sys.platform.startswith("linux"):
        return {}
    return {**QT_LIBRARIES, **X11_LIBRARIES} if _uses_x11() else QT_LIBRARIES


def _missing_library_packages() -> list[str]:
    return [package for library, package in _wanted_libraries().items() if not _loads(library)]


def _uses_x11() -> bool:
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    return platform == "xcb" or (not platform and "DISPLAY" in os.environ and "WAYLAND_DISPLAY" not in os.environ)


def _display() -> Check:
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if not sys.platform.startswith("linux") or platform not in ("", "xcb", "wayland"):
        return Check("display", OK, platform or sys.platform)
    shown = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if not shown:
        return Check("display", WARNING, f"No display: DISPLAY and WAYLAND_DISPLAY are not set. {_WITHOUT_DISPLAY}")
    if _uses_x11() and not _x_server_answers():
        return Check("display", WARNING, f"The display {shown} does not answer. {_WITHOUT_DISPLAY}")
    return Check("display", OK, shown)


def _x_server_answers() -> bool:
    if not _loads("libxcb.so.1"):
        return True  # reported as a missing library
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not failed


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _pip(requirements: list[str]) -> str:
    return f"{sys.executable} -m pip install " + " ".join(f'"{requirement}"' for requirement in requirements)


def _apt(packages: Sequence[str]) -> str:
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        return f"your package manager's equivalent of Debian's {names}"
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {names}"


def main() -> int:
    """For the Makefile: print the command that installs missing system packages, if any. 1 where Python is too old."""
    python = _python()
    if python.level != OK:
        print(f"Python {python.detail}. {python.fix}", file=sys.stderr)
        return 1
    packages = missing_packages()
    if packages:
        print(_apt(packages), file=sys.stdout if shutil.which("apt-get") else sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
