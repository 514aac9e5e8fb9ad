"""The graph as a file: SVG or PNG, whole or what the view shows."""

from pathlib import Path

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from qviz.errors import QvizError
from qviz.ui.graphview.scene import GraphScene

SHARP, LARGEST = 2.0, 16_000  # pixels of a PNG per unit of the scene, and on a side at most
MARGIN = 16.0


def save_picture(scene: GraphScene, area: QRectF, path: str) -> None:
    """Draw an area of the scene, with its background, into a file whose ending says what it is.

    Raises QvizError where the ending is neither .svg nor .png, or the file cannot be written.
    """
    scene.finish()
    ending = Path(path).suffix.lower()
    if ending not in (".svg", ".png"):
        raise QvizError("A picture is saved as .svg or .png, not as {ending}.", ending=ending or path)
    area = area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    written = _svg(scene, area, path) if ending == ".svg" else _png(scene, area, path)
    if not written:
        raise QvizError("The picture cannot be written to {path}.", path=path)


def _svg(scene: GraphScene, area: QRectF, path: str) -> bool:
    generator = QSvgGenerator()
    generator.setFileName(path)
    generator.setResolution(96)  # one unit of the file is one of the scene
    generator.setSize(area.size().toSize())
    generator.setViewBox(QRectF(0, 0, area.width(), area.height()))
    painter = QPainter()
    if not painter.begin(generator):
        return False
    _draw(scene, painter, area, 1.0)
    return painter.end() and Path(path).stat().st_size > 0


def _png(scene: GraphScene, area: QRectF, path: str) -> bool:
    zoom = min(SHARP, LARGEST / max(area.width(), area.height()))
    image = QImage(
        QSize(max(int(area.width() * zoom), 1), max(int(area.height() * zoom), 1)), QImage.Format.Format_RGB32
    )
    painter = QPainter(image)
    _draw(scene, painter, area, zoom)
    painter.end()
    return image.save(path)


def _draw(scene: GraphScene, painter: QPainter, area: QRectF, zoom: float) -> None:
    target = QRectF(0, 0, area.width() * zoom, area.height() * zoom)
    painter.fillRect(target, QColor(scene.look.theme.plot))
    scene.render(painter, target, area)
