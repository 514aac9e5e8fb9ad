"""The text of plots: its font, which follows the size of text chosen, and lengths that grow with it."""

from dataclasses import dataclass

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from qviz.ui.theme import NORMAL_TEXT, scaled_font

SHARE = 0.825  # of the interface font's size


@dataclass(frozen=True)
class PlotText:
    """`factor` is the chosen size of text over the normal one."""

    font: QFont
    strong: QFont
    factor: float

    def px(self, pixels: float) -> float:
        """A length that is `pixels` where the text has its normal size."""
        return float(round(pixels * self.factor))


def plot_text() -> PlotText:
    """As of now."""
    factor = QApplication.font().pointSizeF() / NORMAL_TEXT
    return PlotText(scaled_font(SHARE), scaled_font(SHARE, QFont.Weight.DemiBold), factor)
