"""One process of tests.pictures: one model at one scale."""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSettings, QTimer

from qviz.ui.app import application, make_window
from qviz.ui.window.main_window import MainWindow
from tests.pictures.scenes import SCENES, Scene, answered, back, overlays
from tests.pictures.subjects import SUBJECTS

PATIENCE = 120_000  # milliseconds
CALM = 400  # milliseconds without news until a picture is taken


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("model")
    for name in ("themes", "sizes", "scenes"):
        parser.add_argument(f"--{name}")
    options = parser.parse_args()
    with opened(options.model) as window:
        halve(window)
        _take(window, options)


@contextmanager
def opened(model: str) -> Iterator[MainWindow]:
    """A window on a subject as it is when opened, with nothing remembered from other days."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(XDG_DATA_HOME=home, XDG_CONFIG_HOME=home)
        for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
            QSettings.setPath(form, QSettings.Scope.UserScope, home)
        application()
        window = make_window()
        window.show()
        document = SUBJECTS[model](Path(home))
        if document is None:
            window.documents.open_sample()
        else:
            window.documents.open_document(document, None)
        wait(lambda: answered(window))
        yield window
        window.recovery.forget()  # else its lock outlives the folder it lies in, and Qt says so
        window.session.close()


def halve(window: MainWindow) -> None:
    """Weights of 4 bits, where there are data to see the loss."""
    if window.session.data is not None:
        weights = [n for n, q in window.session.quantizers.items() if q.kind == "param"]
        window.session.set_spec(weights, bits=4)
        wait(lambda: answered(window))


def _take(window: MainWindow, options: argparse.Namespace) -> None:
    scale = f"{os.environ.get('QT_SCALE_FACTOR', '1')}x"
    for size in options.sizes.split(","):
        window.resize(*map(int, size.split("x")))
        window.workspace.reset()  # the docks as a start at this size has them
        for theme in options.themes.split(","):
            window.choose_theme(theme == "dark")
            for scene in options.scenes.split(","):
                place = window.session.history.index
                bring(window, SCENES[scene])
                shown = [w for w in overlays(window) if w.isWindow()]
                seen = shown[-1] if shown else window
                seen.grab().save(str(options.folder / f"{options.model}-{scene}-{theme}-{size}-{scale}.png"))
                for part in overlays(window):
                    part.close()
                back(window, place)


def bring(window: MainWindow, scene: Scene) -> None:
    """Play a scene until there is all to be seen."""
    ready = scene(window)
    if ready is not None:
        wait(ready)
    wait(lambda: False, CALM)


def wait(until: Callable[[], bool], most: int = PATIENCE) -> None:
    loop, watch = QEventLoop(), QTimer()
    watch.timeout.connect(lambda: loop.quit() if until() else None)
    watch.start(20)
    QTimer.singleShot(most, loop.quit)
    loop.exec()


if __name__ == "__main__":
    main()
