"""The window's process stays light: it imports neither onnx nor onnxruntime, and the core imports no Qt."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def imported(module: str) -> set[str]:
    """Top-level packages in memory after importing `module` in a fresh process."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["qviz.ui.app", "qviz.session"])
def test_the_windows_process_imports_no_onnx(module: str) -> None:
    assert not imported(module) & {"onnx", "onnxruntime"}


@pytest.mark.parametrize("module", ["qviz.session", "qviz.commands", "qviz.sim.process"])
def test_the_core_imports_no_qt(module: str) -> None:
    assert not imported(module) & {"PySide6", "pyqtgraph"}


def test_the_mathematics_needs_numpy_alone() -> None:
    modules = " ".join(f"import qviz.quant.{path.stem};" for path in (ROOT / "qviz" / "quant").glob("[a-z]*.py"))
    code = f"import sys; {modules} print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.startswith("qviz.")}
    assert ours
    assert all(name.startswith(("qviz.quant", "qviz.errors")) for name in ours)
