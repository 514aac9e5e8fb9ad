"""The pictures of README.md: whole windows, and the parts that the text beside them tells of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from qviz.paths import resource
from qviz.ui.start.sample import wide_quantizer
from qviz.ui.window.main_window import MainWindow
from tests.pictures.scenes import SCENES, Ready, Scene, answered, back
from tests.pictures.subjects import DATA
from tests.pictures.take import bring, halve, opened

SIZE, WIDE = (1440, 900), 440  # pixels; of the graph where it is the subject
DRAWN = 8_000  # colours that drawing alone makes
Part = Callable[[MainWindow], QWidget]


@dataclass(frozen=True)
class Shot:
    """`part` is what is cut out; the sample stands in where the data of `model` are not there."""

    name: str
    model: str
    dark: bool
    scene: Scene
    part: Part


def _as_opened(window: MainWindow) -> None:
    """The demo, with its faults."""


def _repaired(window: MainWindow) -> Ready:
    session = window.session
    wide = wide_quantizer(session.committed)
    session.calibrate(names=[wide] if wide else [])
    session.set_spec([n for n, q in session.quantizers.items() if q.kind == "param"], granularity="per-channel")
    return partial(answered, window)


def _graph(window: MainWindow) -> None:
    window.resizeDocks([window.docks["graph"]], [WIDE], Qt.Orientation.Horizontal)
    SCENES["range"](window)


SHOTS = (
    Shot("demo-dark", "sample", True, _as_opened, lambda w: w),
    Shot("repaired-light", "sample", False, _repaired, lambda w: w),
    Shot("channels-dark", "resnet20", True, SCENES["channels"], lambda w: w.tabs),
    Shot("compare-light", "resnet20", False, SCENES["compared"], lambda w: w.tabs),
    Shot("samples-dark", "resnet20", True, SCENES["samples"], lambda w: w.docks["table"]),
    Shot("graph-light", "yolox_nano", False, _graph, lambda w: w.docks["graph"]),
)


def main() -> None:
    """Write all of SHOTS to resources/screenshots."""
    folder = resource("screenshots")
    for model in dict.fromkeys(shot.model for shot in SHOTS):
        there = model == "sample" or DATA.is_dir()
        with opened(model if there else "sample") as window:
            window.resize(*SIZE)
            if model != "sample":
                halve(window)
            for shot in (s for s in SHOTS if s.model == model):
                place = window.session.history.index
                window.choose_theme(shot.dark)
                bring(window, shot.scene)
                _cut(window, shot.part(window)).save(str(folder / f"{shot.name}.png"), quality=0)
                back(window, place)


def _cut(window: MainWindow, part: QWidget) -> QImage:
    """A part of the window as it stands there; in 256 colours where it shows no photographs."""
    place = QRect(part.mapTo(window, QPoint(0, 0)), part.size())
    image = window.grab(place).toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.array(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    colors, index, counts = np.unique(pixels.view(np.uint32), return_inverse=True, return_counts=True)
    return image if len(colors) > DRAWN else _packed(colors, index.reshape(pixels.shape[:2]), counts)


def _packed(colors: NDArray[np.uint32], index: NDArray[np.intp], counts: NDArray[np.intp]) -> QImage:
    """256 colours that are frequent or far from each other, and for any other the nearest. `index`: (height, width)."""
    parts = colors.view(np.uint8).reshape(-1, 4)[:, :3].astype(np.float64)
    kept = [int(counts.argmax())]
    nearest, far = np.zeros(len(colors), np.uint8), ((parts - parts[kept[0]]) ** 2).sum(1)
    while len(kept) < min(256, len(colors)):
        kept.append(int((far * np.sqrt(counts)).argmax()))
        distance = ((parts - parts[kept[-1]]) ** 2).sum(1)
        nearest[distance < far] = len(kept) - 1
        far = np.minimum(far, distance)
    codes = np.ascontiguousarray(nearest[index])
    height, width = codes.shape
    image = QImage(codes.tobytes(), width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable([int(colors[place]) for place in kept])
    return image.copy()
