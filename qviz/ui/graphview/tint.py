"""Colours of an overlay: lightness changes one way from clean to worst, so that every eye can read them."""

from functools import lru_cache

from PySide6.QtGui import QBrush, QColor, Qt

from qviz.ui.theme import Theme, blend

RAMPS = {True: ("#262a33", "#57386b", "#b04a66", "#f7a552"), False: ("#ffffff", "#fbdca6", "#ea8f5c", "#a63158")}
STEPS = 24  # shades of a ramp
INK = ("#0f1218", "#ffffff")  # text on a tinted card
HATCH = 0.16


def plain(theme: Theme) -> str:
    """A card without an overlay."""
    return theme.raised if theme.dark else theme.panel


@lru_cache(maxsize=256)
def tint(level: float, theme_is_dark: bool) -> str:
    """Colour of a level: 0 like a plain card, 1 the strongest."""
    ramp = RAMPS[theme_is_dark]
    at = min(max(level, 0.0), 1.0) * (len(ramp) - 1)
    first = min(int(at), len(ramp) - 2)
    return blend(ramp[first], ramp[first + 1], at - first)


def shade(level: float) -> float:
    """The level rounded to what is told apart."""
    return round(level * STEPS) / STEPS


@lru_cache(maxsize=256)
def ink(fill: str) -> str:
    """Black or white, whichever can be read on `fill`."""
    return max(INK, key=lambda c: contrast(c, fill))


def contrast(a: str, b: str) -> float:
    """WCAG 2's contrast ratio of two colours, 1..21."""
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def hatching(theme: Theme) -> QBrush:
    """What lies over a card of which the overlay knows nothing."""
    return QBrush(QColor(blend(plain(theme), theme.text, HATCH)), Qt.BrushStyle.BDiagPattern)


def _luminance(color: str) -> float:
    parts = (QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF())
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
