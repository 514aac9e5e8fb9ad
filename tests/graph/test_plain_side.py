"""The window's process reads graphs, quantizers and layouts without loading onnx or onnxruntime."""

import subprocess
import sys


def test_plain_modules_import_neither_onnx_nor_its_runtime() -> None:
    code = (
        "import sys, qviz.graph.graph, qviz.graph.layout, qviz.graph.quantizers, qviz.graph.placement;"
        "print([m for m in ('onnx', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
