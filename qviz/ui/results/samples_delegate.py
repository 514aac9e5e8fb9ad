"""Draws a sample: its picture, its label, and what each state took it for."""

from PySide6.QtCore import QObject, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from qviz.ui.results.picture_store import PictureStore
from qviz.ui.results.samples_model import CARD, Card, Index, Verdict
from qviz.ui.theme import Theme, blend

PICTURE, PAD, LINE = 72, 8, 17  # pixels
WIDTH = 224
MARK = 4.0  # half the size of a tick or a cross


class SamplesDelegate(QStyledItemDelegate):
    """One card a sample."""

    def __init__(self, store: PictureStore, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store, self.theme = store, theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(WIDTH, PICTURE + 2 * PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        card, rect, state = index.data(CARD), option.rect, option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self.theme
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(QPen(QColor(theme.accent if chosen else theme.border), 1))
        painter.setBrush(QColor(blend(theme.panel, theme.text, 0.06 if over or chosen else 0.02)))
        painter.drawRoundedRect(rect.adjusted(3, 3, -3, -3), 5, 5)
        frame = QRect(rect.left() + PAD, rect.top() + PAD, PICTURE, PICTURE)
        self._paint_picture(painter, frame, card.number)
        self._paint_words(painter, frame.right() + PAD + 2, rect, card, option.font)
        painter.restore()

    def _paint_picture(self, painter: QPainter, frame: QRect, number: int) -> None:
        image = self._store.picture(number)
        if image is None:
            painter.setPen(QPen(QColor(self.theme.border), 1))
            pattern = Qt.BrushStyle.BDiagPattern if self._store.known(number) else Qt.BrushStyle.SolidPattern
            painter.setBrush(
                QBrush(QColor(self.theme.border if self._store.known(number) else self.theme.raised), pattern)
            )
            painter.drawRect(frame.adjusted(2, 2, -2, -2))
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, max(image.width(), image.height()) > PICTURE)
        painter.drawImage(_fitted(image, frame), image)

    def _paint_words(self, painter: QPainter, left: int, rect: QRect, card: Card, font: QFont) -> None:
        rows = 1 + len(card.verdicts)
        top = rect.center().y() - rows * LINE // 2
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.9)
        painter.setFont(small)
        painter.setPen(QColor(self.theme.muted))
        head = f"#{card.number}" if card.label is None else self.tr("#{0}  label {1}").format(card.number, card.label)
        box = QRect(left, top, rect.right() - left - PAD, LINE)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self._fit(head, small, box.width()))
        for i, verdict in enumerate(card.verdicts, start=1):
            self._paint_verdict(painter, QRect(left, top + i * LINE, box.width(), LINE), verdict)

    def _paint_verdict(self, painter: QPainter, box: QRect, verdict: Verdict) -> None:
        """State, class, share, and whether it is right: a tick or a cross, which differ by more than colour."""
        theme, metrics = self.theme, painter.fontMetrics()
        third = metrics.horizontalAdvance("Float") + 10
        flags = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(theme.muted))
        painter.drawText(box, flags, self._fit(verdict.state, painter.font(), third - 4))
        painter.setPen(QColor(theme.text))
        share = metrics.horizontalAdvance("100 %") + 4
        name = box.adjusted(third, 0, -share - 16, 0)
        painter.drawText(name, flags, self._fit(verdict.name, painter.font(), name.width()))
        painter.drawText(box.adjusted(0, 0, -16, 0), flags | Qt.AlignmentFlag.AlignRight, verdict.percent)
        if verdict.right is not None:
            self._paint_mark(painter, QPointF(box.right() - 5, box.center().y() + 1), verdict.right)

    def _paint_mark(self, painter: QPainter, at: QPointF, right: bool) -> None:
        painter.setPen(QPen(QColor(self.theme.good if right else self.theme.bad), 1.6))
        x, y, r = at.x(), at.y(), MARK
        if right:
            painter.drawPolyline([QPointF(x - r, y), QPointF(x - r / 3, y + r * 0.7), QPointF(x + r, y - r)])
        else:
            painter.drawLine(QPointF(x - r, y - r), QPointF(x + r, y + r))
            painter.drawLine(QPointF(x - r, y + r), QPointF(x + r, y - r))

    def _fit(self, text: str, font: QFont, width: int) -> str:
        return QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, width)


def _fitted(image: QImage, frame: QRect) -> QRect:
    """The largest rectangle of the image's shape within `frame`."""
    size = image.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
    fitted = QRect(frame.topLeft(), size)
    fitted.moveCenter(frame.center())
    return fitted
