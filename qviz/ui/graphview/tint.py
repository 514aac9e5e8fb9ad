"""Cumulative SQNR as the fill of a card, and the legend that explains it."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from qviz.ui.theme import Theme, blend

CLEAN_DB, RUINED_DB = 30.0, 0.0  # where the tint begins and where it is strongest
STRONGEST = 0.42


def fill(sqnr_db: float | None, theme: Theme) -> str:
    """Colour of a card: neutral from 30 dB up, ever redder down to 0 dB; neutral where nothing is known."""
    if sqnr_db is None or sqnr_db != sqnr_db:
        return theme.raised if theme.dark else theme.panel
    loss = min(max((CLEAN_DB - sqnr_db) / (CLEAN_DB - RUINED_DB), 0.0), 1.0)
    middle = blend(theme.raised if theme.dark else theme.panel, theme.warning, STRONGEST * min(2 * loss, 1.0))
    return blend(middle, theme.bad, STRONGEST * max(2 * loss - 1.0, 0.0))


class Legend(QWidget):
    """A gradient with its two ends in dB."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedHeight(28)
        self.retranslate()

    def retranslate(self) -> None:
        self._title = self.tr("SQNR against float")
        self.setToolTip(self.tr("Cards are tinted by the error that has gathered up to their output"))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._theme.panel))
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.muted))
        row = QRectF(self.rect()).adjusted(10, 0, -10, 0)
        center = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(row, center | Qt.AlignmentFlag.AlignLeft, self._title)
        metrics = painter.fontMetrics()
        high, low = f"{CLEAN_DB:.0f} dB", f"{RUINED_DB:.0f}"
        painter.drawText(row, center | Qt.AlignmentFlag.AlignRight, high)
        bar = QRectF(row.right() - metrics.horizontalAdvance(high) - 8 - 72, row.center().y() - 4, 72, 8)
        painter.drawText(QRectF(row.left(), row.top(), bar.left() - 6 - row.left(), row.height()),
                         center | Qt.AlignmentFlag.AlignRight, low)  # fmt: skip
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(5):
            level = RUINED_DB + (CLEAN_DB - RUINED_DB) * step / 4
            gradient.setColorAt(step / 4, QColor(fill(level, self._theme)))
        painter.setPen(QColor(self._theme.border))
        painter.setBrush(gradient)
        painter.drawRoundedRect(bar, 3, 3)
