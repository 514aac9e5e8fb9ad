"""`qviz doctor` and the sentence that a user gets where Qt cannot start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qviz import doctor

ROOT = Path(__file__).resolve().parents[2]


def run_bare(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run with the standard library alone (-S: no site-packages)."""
    prefix = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    clean = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, "-S", "-c", prefix + code],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_doctor_runs_where_nothing_is_installed_and_names_one_command() -> None:
    done = run_bare("from qviz.doctor import report; sys.exit(report())")
    assert done.returncode == 1
    (repair,) = [line for line in done.stdout.splitlines() if " -m pip install " in line]
    for name in ("PySide6-Essentials", "pyqtgraph", "numpy", "onnx", "onnxruntime", "Pillow"):
        assert f'"{name}' in repair


def test_the_command_line_reaches_doctor_where_nothing_is_installed() -> None:
    done = run_bare("from qviz.cli import main; sys.exit(main(['doctor']))")
    assert "To repair:" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_window_without_its_libraries_is_refused_in_one_sentence() -> None:
    done = run_bare("from qviz.doctor import qt_problem; print(qt_problem())")
    assert done.stdout.startswith("The window needs PySide6-Essentials and pyqtgraph. Install: ")


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("6.10.3", "<6.11,>=6.8", True),
        ("6.11.0", "<6.11,>=6.8", False),
        ("6.12.0", ">=6.8,<6.11", False),
        ("6.7.3", ">=6.8,<6.11", False),
        ("2.13.0+cpu", ">=2.13", True),
        ("10", ">=10", True),
        ("9.5.0", ">=10", False),
    ],
)
def test_a_version_outside_the_range_is_noticed(version: str, wanted: str, fits: bool) -> None:
    assert doctor.in_range(version, wanted) is fits


def test_everything_that_the_tests_need_is_there() -> None:
    assert [check.name for check in doctor.checks() if check.level == doctor.MISSING] == []


def test_a_missing_library_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.QT_LIBRARIES, "libqviz-absent.so.1", "libqviz-absent1")
    problem = doctor.qt_problem() or ""
    if not sys.platform.startswith("linux"):
        pytest.skip("other systems bring Qt's libraries with Qt")
    assert "this system lacks libqviz-absent1. Install: " in problem
    (check,) = [check for check in doctor.checks() if check.level == doctor.MISSING]
    assert check.name == "libqviz-absent.so.1"
    assert check.fix.endswith("libqviz-absent1")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a display is only asked for on Linux")
def test_without_a_display_the_way_around_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert "qviz demo --output" in (doctor.qt_problem() or "")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert doctor.qt_problem() is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is only asked for on Linux")
def test_a_display_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":54321")
    (display,) = [check for check in doctor.checks() if check.name == "display"]
    assert display.detail.startswith("The display :54321 does not answer.") or not doctor._loads("libxcb.so.1")
