"""`qviz demo`: the window on the bundled sample; without a display it repairs the sample itself and leaves pictures."""

import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSize

from qviz.errors import QvizError
from qviz.formats.atomic import write_atomically
from qviz.report import report
from qviz.sim.events import Failed
from qviz.summary import summary
from qviz.ui.app import application, make_window
from qviz.ui.start.sample import wide_quantizer
from qviz.ui.window.main_window import MainWindow

SIZE = QSize(1440, 900)


def run_demo(output: str | None) -> int:
    """Open the sample and stay; with `output`, a folder, repair it there and then and leave what came of it."""
    app = application()
    if output is not None:
        app.setApplicationName("qviz-demo")  # a folder of its own: its pictures show nothing of the user's work
    window = make_window()
    window.show()
    window.documents.open_sample()
    if output is None:
        return app.exec()
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise QvizError("{folder} cannot be made: {reason}.", folder=output, reason=error.strerror) from error
    _repair(window, folder)
    window.session.close()
    return 0


def _repair(window: MainWindow, folder: Path) -> None:
    session = window.session
    window.resize(SIZE)
    wait_until(window, lambda: _answered(window))
    _picture(window, folder, "demo")
    scores = [session.result.metric] if session.result else []
    wide = wide_quantizer(session.committed)
    weights = [n for n, q in session.quantizers.items() if q.kind == "param"]
    for repair in (
        lambda: session.calibrate(names=[wide] if wide else []),
        lambda: session.set_spec(weights, granularity="per-channel"),
    ):
        repair()
        wait_until(window, lambda: _answered(window))
        scores += [session.result.metric] if session.result else []
    _picture(window, folder, "repaired")
    session.export(str(folder / "repaired.encodings"))
    write_atomically(folder / "report.html", report(session))
    assert session.result is not None
    (folder / "result.json").write_text(json.dumps(summary(session, session.result), indent=1), encoding="utf-8")
    told = ", ".join(f"{score:.1f} %" for score in scores)
    print(f"Accuracy as opened, with the range repaired, with per-channel weights: {told}. See {folder}.")


def wait_until(window: MainWindow, done: Callable[[], bool]) -> None:
    """Run the event loop until an answer makes `done` true. Raises QvizError where the engine fails."""
    loop = QEventLoop()
    failures: list[str] = []

    def fail(event: Failed) -> None:
        failures.append(str(event.text))
        loop.quit()

    def look(_result: object) -> None:
        if done():
            loop.quit()

    bridge = window.bridge
    bridge.result.connect(look)
    bridge.failed.connect(fail)
    if not done():
        loop.exec()
    bridge.result.disconnect(look)
    bridge.failed.disconnect(fail)
    if failures:
        raise QvizError("{reason}", reason=failures[0])


def _answered(window: MainWindow) -> bool:
    session = window.session
    result = session.result
    return result is not None and result.complete and result.generation == session.generation


def _picture(window: MainWindow, folder: Path, name: str) -> None:
    for dark in (True, False):
        window.themes.choose(dark)
        application().processEvents()
        window.grab().save(str(folder / f"{name}-{'dark' if dark else 'light'}.png"))
