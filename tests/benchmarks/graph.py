"""The graph of 10,000 nodes in the real window: how long it is blocked, and what a frame costs. A report, not a test.

python -m tests.benchmarks.graph [--nodes 10000] [--profile]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest

from qviz.document import Document
from qviz.ui.app import application, make_window
from qviz.ui.table.columns import Column
from qviz.ui.window.main_window import MainWindow
from tests.benchmarks.event_clock import EventClock

WIDTH = 8
BLOCK = ("MatMul", "Add", "Sigmoid", "Mul", "Add")  # of which the last adds what the block began with
FRAMES = 120
ASCENDING = Qt.SortOrder.AscendingOrder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true", help="of the longest event of each step")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
            QSettings.setPath(form, QSettings.Scope.UserScope, folder)
        os.environ["XDG_DATA_HOME"] = folder
        path = Path(folder) / "long.onnx"
        write_long(path, options.nodes)
        clock = EventClock(options.profile)
        application()
        window = make_window()
        window.session.observe(lambda change: setattr(clock, "note", f"{clock.note} {change.kind}"))
        window.resize(1440, 900)
        window.show()
        try:
            Report(window, clock).run(path)
        finally:
            window.session.close()


class Report:
    """What a user does, one after another, each with the longest that it held the window up."""

    def __init__(self, window: MainWindow, clock: EventClock) -> None:
        self._window, self._clock = window, clock

    def run(self, path: Path) -> None:
        QTest.qWait(300)
        self._clock.told("empty window")
        self._open(path)
        self._simulate()
        self._fold()
        self._choose()
        self._edit()
        view = self._window.graph.graph
        view.actual_size()
        frames("panning at 100 %", self._window, lambda: view.translate(3, -11))
        view.fit()
        frames(f"the whole at {100 * view.zoom:.1f} %", self._window, lambda: None)

    def _open(self, path: Path) -> None:
        session, scene = self._window.session, self._window.graph.scene
        opened = Document(str(path))
        self._step(
            "open", lambda: self._window.documents.open_document(opened, None), lambda: session.graph is not None
        )
        self._step("lay out and fill", lambda: None, lambda: scene.full and bool(scene.nodes))
        self._step("errors of weights", lambda: None, lambda: not self._window.table.local.busy)

    def _simulate(self) -> None:
        window, session = self._window, self._window.session
        kinds = {q.name for q in session.quantizers.values() if q.kind == "activation"}
        self._step("calibrate", window.documents.use_random, lambda: bool(kinds & session.histograms.keys()))
        self._step("simulate", lambda: None, self._answered)
        self._step("errors of tensors", lambda: None, lambda: not window.table.local.busy)
        self._step("searching for causes, 10 s", lambda: None, _after(10))

    def _fold(self) -> None:
        folding, scene = self._window.graph.folding, self._window.graph.scene
        arrived: list[object] = []
        folding.arranged.connect(arrived.append)
        for what, fold in (("collapse all blocks", folding.collapse_all), ("expand them", folding.expand_all)) * 2:
            arrived.clear()
            self._step(what, fold, lambda: bool(arrived) and scene.full)

    def _choose(self) -> None:
        window, names = self._window, list(self._window.session.quantizers)
        self._step("select one", lambda: window.view.update(selected=(names[len(names) // 2],)), _after(0.5))
        self._step("select 1000", lambda: window.view.update(selected=tuple(names[2000:3000])), _after(0.5))
        self._step("select all in the table", window.table.table.selectAll, _after(0.5))
        self._step("select the first", lambda: window.view.update(selected=(names[0],)), _after(0.5))
        self._step("filter the table", lambda: window.table.filter.setText("y77"), _after(0.5))
        self._step("filter no more", window.table.filter.clear, _after(0.5))
        self._step("sort the table", lambda: window.table.table.sortByColumn(Column.NAME, ASCENDING), _after(0.5))
        self._step("find in the graph", lambda: window.graph.search.setText("Sigmoid"), _after(0.5))
        self._step("find no more", window.graph.search.clear, _after(0.5))
        self._step("another overlay", lambda: window.graph.set_overlay("clipping"), _after(1.0))

    def _edit(self) -> None:
        window, session = self._window, self._window.session
        names = [n for n, q in session.quantizers.items() if q.kind == "activation"]
        middle = names[len(names) // 2]
        self._step("edit one", lambda: session.set_range(middle, -1.0, 1.0), self._answered)
        self._step("undo", session.undo, self._answered)
        self._step("mute one", lambda: session.set_mute(middle), _after(2.0))
        self._step("mute none", session.clear_what_if, self._answered)
        self._step("all activations in 4 bits", lambda: session.set_spec(names, bits=4), self._answered)
        self._step("pin as B", session.pin_baseline, _after(3.0))
        self._step("undo all", session.undo, self._answered)
        self._step("calibrate all (percentile)", lambda: session.calibrate("percentile"), self._answered)
        self._step("light theme", lambda: window.choose_theme(False), _after(2.0))

    def _answered(self) -> bool:
        session = self._window.session
        result = session.result
        return result is not None and result.complete and result.generation == session.generation

    def _step(self, what: str, act: Callable[[], object], done: Callable[[], bool]) -> None:
        start = time.perf_counter()
        self._clock.held(what, act)
        _until(done)
        self._clock.told(f"{what} ({time.perf_counter() - start:.1f} s)")


def _after(seconds: float) -> Callable[[], bool]:
    end: list[float] = []

    def over() -> bool:
        end.append(time.monotonic() + seconds)
        return time.monotonic() > end[0]

    return over


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
