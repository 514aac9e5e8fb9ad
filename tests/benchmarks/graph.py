"""The graph of 10,000 nodes in the real window: how long it is blocked, and what a frame costs. A report, not a test.

python -m tests.benchmarks.graph [--nodes 10000] [--profile]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtTest import QTest

from qviz.document import Document
from qviz.ui.app import application, make_window
from qviz.ui.graphview.scene import GraphScene
from qviz.ui.window.main_window import MainWindow

WIDTH = 8
BLOCK = ("MatMul", "Add", "Sigmoid", "Mul", "Add")  # of which the last adds what the block began with
FRAMES = 120


class Heartbeat:
    """The longest gaps between ticks of 1 ms are what a user feels as a stutter. One of 0 ms waits for all else."""

    def __init__(self) -> None:
        self._timer = QTimer(interval=1)
        self._timer.timeout.connect(self._beat)
        self._last = time.perf_counter()
        self._gaps: list[float] = []
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self._gaps.append(now - self._last)
        self._last = now

    def told(self, what: str) -> None:
        """Print the longest since the last time."""
        worst = sorted(self._gaps, reverse=True)[:3]
        print(f"{what:44} blocked at most {'  '.join(f'{1e3 * g:5.0f}' for g in worst)} ms", flush=True)
        self._gaps.clear()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
            QSettings.setPath(form, QSettings.Scope.UserScope, folder)
        os.environ["XDG_DATA_HOME"] = folder
        path = Path(folder) / "long.onnx"
        write_long(path, options.nodes)
        application()
        window = make_window()
        window.resize(1440, 900)
        window.show()
        try:
            report(window, path)
        finally:
            window.session.close()


def report(window: MainWindow, path: Path) -> None:
    """Open, fold, unfold, pan and fit."""
    scene, folding, beat = window.graph.scene, window.graph.folding, Heartbeat()
    QTest.qWait(300)
    beat.told("empty window")
    window.documents.open_document(Document(str(path)), None)
    _until(lambda: window.session.graph is not None)
    beat.told("reading the model, until its graph is there")
    _until(lambda: scene.full and bool(scene.nodes))
    beat.told(f"laying out and filling {len(scene.nodes)} nodes")
    for what, fold in (("collapsing all blocks", folding.collapse_all), ("expanding them", folding.expand_all)):
        start = time.perf_counter()
        arrived = _layouts(window)
        fold()
        _until(partial(_filled, arrived, scene))
        beat.told(f"{what} ({time.perf_counter() - start:.1f} s)")
    view = window.graph.graph
    view.actual_size()
    frames("panning at 100 %", window, lambda: view.translate(3, -11))
    view.fit()
    frames(f"the whole at {100 * view.zoom:.1f} %", window, lambda: None)


def _filled(arrived: list[object], scene: GraphScene) -> bool:
    return bool(arrived) and scene.full


def _layouts(window: MainWindow) -> list[object]:
    """Fills with what the engine tells from now on."""
    arrived: list[object] = []
    window.graph.folding.arranged.connect(arrived.append)
    return arrived


def frames(what: str, window: MainWindow, move: Callable[[], object]) -> None:
    """Milliseconds of a repaint of the view."""
    times = []
    for _ in range(FRAMES):
        move()
        start = time.perf_counter()
        window.graph.graph.viewport().repaint()
        times.append(1e3 * (time.perf_counter() - start))
    p50, p99 = np.percentile(times, (50, 99))
    print(f"{what:44} p50 {p50:5.1f} ms   p99 {p99:5.1f} ms a frame", flush=True)


def write_long(path: Path, count: int) -> None:
    """Residual blocks one after another, of `count` nodes in all."""
    rng = np.random.default_rng(0)
    weights = {
        "w": rng.standard_normal((WIDTH, WIDTH)).astype(np.float32) / WIDTH,
        "b": np.zeros(WIDTH, np.float32),
    }
    nodes, begun, name = [], "x", "x"
    for i in range(count):
        op = BLOCK[i % len(BLOCK)]
        other = {0: [f"w{i}"], 1: [f"b{i}"], 2: [], 3: [f"y{i - 2}"], 4: [begun]}[i % len(BLOCK)]
        nodes.append(helper.make_node(op, [name, *other], [f"y{i}"], name=f"n{i}"))
        name = f"y{i}"
        begun = name if i % len(BLOCK) == len(BLOCK) - 1 else begun
    constants = [numpy_helper.from_array(weights[n[0]], n) for node in nodes for n in node.input if n[0] in weights]
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N", WIDTH]) for n in ("x", name)]
    graph = helper.make_graph(nodes, "long", ports[:1], ports[1:], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not done():
        if time.monotonic() > end:
            raise SystemExit("The window did not come to rest within five minutes.")
        QTest.qWait(5)


if __name__ == "__main__":
    main()
