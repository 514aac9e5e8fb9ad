"""A real drag in the real window while the engine simulates: what a frame costs. A report, not a test.

python -m tests.benchmarks.drag [--model M --data D] [--frames 300] [--profile]
"""

import argparse
import cProfile
import os
import pstats
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

import numpy as np
from PySide6.QtCore import QEventLoop, QPoint, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.ui.app import application, make_window
from qviz.ui.window.main_window import MainWindow

FRAME_MS = 16
LEFT, NO_KEY, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
            QSettings.setPath(form, QSettings.Scope.UserScope, folder)
        application()
        window = _opened(options)
        answers: list[object] = []
        window.bridge.result.connect(answers.append)
        with _profiled(options.profile):
            times = drag(window, options.frames)
        print(f"{options.frames} frames, {len(answers)} answers shown meanwhile")
        for name, row in (("CPU of the window's thread", 0), ("from the move to the end of the frame", 1)):
            p50, p99, most = np.percentile([t[row] * 1e3 for t in times], (50, 99, 100))
            print(f"{name:38} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   most {most:6.1f} ms")
        window.session.close()


def drag(window: MainWindow, frames: int) -> list[tuple[float, float]]:
    """Move the maximum's handle to and fro, one move a frame: seconds of CPU, and on the wall, of each.

    A frame is all that the window does until 16 ms after the move: the move, answers that arrive, repainting.
    """
    plot = window.editor.plot
    port, start = plot.viewport(), plot.pair.handles["max"].x_at
    reach = min(0.3 * plot.pixels(), start - plot.scene_x(0.0) - 20)
    swings = start - reach * (1 - np.cos(np.linspace(0, 6 * np.pi, frames))) / 2

    def at(x: float) -> QPoint:
        return plot.mapFromScene(QPointF(x, 220))

    QTest.mousePress(port, LEFT, NO_KEY, at(start))
    times = [_frame(lambda x=x: _move(port, at(x))) for x in swings]
    assert window.session.previewing, "the handle was not held"
    QTest.mouseRelease(port, LEFT, NO_KEY, at(start))
    return times


def _frame(move: Callable[[], None]) -> tuple[float, float]:
    loop = QEventLoop()
    QTimer.singleShot(FRAME_MS, loop.quit)
    wall, cpu = time.perf_counter(), time.thread_time()
    move()
    loop.exec()
    return time.thread_time() - cpu, time.perf_counter() - wall


def _move(port: QWidget, at: QPoint) -> None:
    spot = QPointF(at)
    kind, none = QMouseEvent.Type.MouseMove, Qt.MouseButton.NoButton
    QApplication.sendEvent(port, QMouseEvent(kind, spot, port.mapToGlobal(spot), none, LEFT, ALT))


def _opened(options: argparse.Namespace) -> MainWindow:
    window = make_window()
    window.resize(1440, 900)
    window.show()
    if options.model:
        window.documents.open_document(Document(options.model, data=DataOptions(source=options.data)), None)
    else:
        window.documents.open_sample()
    _until(lambda: window.session.result is not None and window.session.result.complete)
    if options.model:
        names = [n for n, q in window.session.quantizers.items() if q.kind == "activation"]
        window.view.update(selected=(names[len(names) // 2],))
    _until(lambda: not window.table.local.busy)
    QTest.qWait(500)
    return window


def _until(done: Callable[[], bool]) -> None:
    for _ in range(1200):
        if done():
            return
        QTest.qWait(50)
    raise SystemExit("The window did not come to rest within a minute.")


@contextmanager
def _profiled(wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a frame of a drag costs in the whole window.")
    parser.add_argument("--model")
    parser.add_argument("--data")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
