"""Sentences of the layers without Qt in the user's language, and numbers as the window writes them."""

import math

from PySide6.QtCore import QCoreApplication

from qviz.errors import Text

NOTHING = "—"


def sentence(text: Text) -> str:
    """A template translated (context "errors"), then filled with its values."""
    values = {k: sentence(v) if isinstance(v, Text) else v for k, v in text.values.items()}
    return QCoreApplication.translate("errors", text.template).format(**values)


def number(value: float | None, digits: int = 4) -> str:
    """Significant digits with a point in every locale and a real minus sign; a dash where there is no number."""
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{digits}g}".replace("-", "−")


def fixed(value: float | None, decimals: int, signed: bool = False) -> str:
    """A number with that many decimals; `signed` writes the plus too."""
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    rounded = round(value, decimals) + 0.0  # no "-0.0"
    return f"{rounded:{'+' if signed else ''}.{decimals}f}".replace("-", "−")


def decibel(value: float | None) -> str:
    return fixed(value, 1)
