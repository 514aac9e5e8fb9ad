"""Icons drawn from resources/icons in the colours of the theme."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from qviz.paths import resource
from qviz.ui.theme import Theme

SIZES = (16, 24, 32, 48, 64)
LARGEST_SHOWN = 32  # logical pixels: drawing all sizes takes a start some time


def icon(name: str, theme: Theme, color: str | None = None) -> QIcon:
    """An icon in `color` (else the text's), paler while its control is disabled."""
    return _icon(name, color or theme.text, theme.border)


def pixmap(name: str, color: str, size: int, ratio: float = 1.0) -> QPixmap:
    """One icon of `size` logical pixels."""
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _renderer(name, color).render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


@lru_cache(maxsize=256)
def _renderer(name: str, color: str) -> QSvgRenderer:
    drawing = resource("icons").joinpath(f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", color)
    return QSvgRenderer(QByteArray(drawing.encode()))


@lru_cache(maxsize=256)
def _icon(name: str, color: str, disabled: str) -> QIcon:
    result = QIcon()
    largest = LARGEST_SHOWN * QGuiApplication.instance().devicePixelRatio()  # type: ignore[union-attr]
    for size in (s for s in SIZES if s <= largest):
        result.addPixmap(pixmap(name, color, size), QIcon.Mode.Normal)
        result.addPixmap(pixmap(name, disabled, size), QIcon.Mode.Disabled)
    return result
