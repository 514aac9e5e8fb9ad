"""The graph as a file: SVG or PNG, whole or what the view shows."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QRectF, QSize, Signal
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QWidget

from qviz.errors import QvizError, Text
from qviz.ui.graphview.scene import GraphScene

SHARP, LARGEST = 2.0, 16_000  # pixels of a PNG per unit of the scene, and on a side at most
MARGIN = 16.0
ENDINGS = (".svg", ".png")


class Pictures(QObject):
    """Asks where a picture of the scene is to go, draws it, and tells what came of it."""

    saved = Signal(str)  # path
    failed = Signal(object)  # Text

    def __init__(self, scene: GraphScene, window: QWidget) -> None:
        super().__init__(window)
        self._scene, self._over = scene, window

    def tell(self, saved: Callable[[str], object], failed: Callable[[Text], object]) -> None:
        """Who says to the user what came of it."""
        self.saved.connect(saved)
        self.failed.connect(failed)

    def ask(self, area: QRectF, model: str | None) -> None:
        """Draw an area of the scene into a file that is asked for; it is named after the model at first."""
        kinds = self.tr("Drawing ({0});;Picture ({1})").format("*.svg", "*.png")
        name = str(Path(model or "graph").with_suffix(".svg"))
        path, kind = QFileDialog.getSaveFileName(self._over, self.tr("Export graph"), name, kinds)
        if not path:
            return
        if not Path(path).suffix:
            path += ENDINGS["*.png" in kind]
        try:
            save_picture(self._scene, area, path)
        except QvizError as error:
            self.failed.emit(error.text)
        else:
            self.saved.emit(path)


def save_picture(scene: GraphScene, area: QRectF, path: str) -> None:
    """Draw an area of the scene, with its background, into a file whose ending says what it is.

    Raises QvizError where the ending is neither .svg nor .png, or the file cannot be written.
    """
    scene.finish()
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise QvizError("A picture is saved as .svg or .png, not as {ending}.", ending=ending or path)
    area = area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    data = _svg(scene, area) if ending == ".svg" else _png(scene, area)
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise QvizError("{path} cannot be written: {reason}.", path=path, reason=error.strerror) from error


def _svg(scene: GraphScene, area: QRectF) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(96)  # one unit of the file is one of the scene
    generator.setSize(area.size().toSize())
    generator.setViewBox(QRectF(0, 0, area.width(), area.height()))
    painter = QPainter(generator)
    _draw(scene, painter, area, 1.0)
    painter.end()
    return bytes(data.data())


def _png(scene: GraphScene, area: QRectF) -> bytes:
    zoom = min(SHARP, LARGEST / max(area.width(), area.height()))
    size = QSize(max(int(area.width() * zoom), 1), max(int(area.height() * zoom), 1))
    image = QImage(size, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    _draw(scene, painter, area, zoom)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(data.data())


def _draw(scene: GraphScene, painter: QPainter, area: QRectF, zoom: float) -> None:
    target = QRectF(0, 0, area.width() * zoom, area.height() * zoom)
    painter.fillRect(target, QColor(scene.look.theme.plot))
    scene.stage.render(painter, target, area)
