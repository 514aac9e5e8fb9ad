"""Cells drawn by hand (a style sheet asks the model ten times a cell), switches that take a click, and editors."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from qviz.quant.spec import MAX_BITS, MIN_BITS
from qviz.ui.controls.boxes import ChoiceBox, IntegerBox
from qviz.ui.controls.value_box import ValueBox, parse
from qviz.ui.icons import pixmap
from qviz.ui.settings.names import granularities, schemes_and_forms
from qviz.ui.settings.refusals import Greyed
from qviz.ui.table import words
from qviz.ui.table.columns import FOUND, NUMBERS, OF_BASELINE, SWITCHES, Column
from qviz.ui.table.model import QuantizerModel, alignment
from qviz.ui.theme import DIM, Theme, blend, selection

Index = QModelIndex | QPersistentModelIndex
Role, Check = Qt.ItemDataRole, Qt.CheckState
PADDING = 8
ICON, SWITCH = 16, 18
FULL_BAR_DB = 60.0  # an SQNR that fills its cell
BAR = 0.22  # of the bar's colour over what is below it


class CellDelegate(QStyledItemDelegate):
    """Paints from the model's arrays and asks it for edits."""

    def __init__(self, model: QuantizerModel, theme: Theme, refused: Callable[[str], Greyed]) -> None:
        super().__init__(model)
        self._model, self._theme, self._refused = model, theme, refused

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    # --- painting ---------------------------------------------------------------------------------------------
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, column = int(self._model.order[index.row()]), Column(index.column())
        state: QStyle.StateFlag = option.state
        rect: QRect = option.rect
        theme = self._theme
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(selection(theme)))
        if column == Column.ENABLED:
            self._paint_check(painter, rect, bool(self._model.columns.values[column][row]))
        elif column in SWITCHES:
            self._paint_switch(painter, rect, column, bool(self._model.columns.values[column][row]))
        else:
            self._paint_value(painter, rect, row, column)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()

    def _paint_value(self, painter: QPainter, rect: QRect, row: int, column: Column) -> None:
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        if column == Column.NAME:
            kind = self._model.columns.kinds[row]
            color = self._theme.category["linear" if kind == "param" else "elementwise"]
            picture = _icon(kind, color, painter.device().devicePixelRatioF())
            painter.drawPixmap(inner.left(), rect.center().y() - ICON // 2 + 1, picture)
            inner.setLeft(inner.left() + ICON + 6)
            if row in self._model.columns.violations:
                sign = _icon("warning", self._theme.warning, painter.device().devicePixelRatioF())
                painter.drawPixmap(inner.right() - ICON, rect.center().y() - ICON // 2 + 1, sign)
                inner.setRight(inner.right() - ICON - 6)
        elif column in NUMBERS:
            self._paint_bar(painter, rect, row, column)
        painter.setPen(QColor(self._ink(row, column)))
        shown = words.text(self._model.columns, row, column, self._model.metric)
        mode = Qt.TextElideMode.ElideMiddle if column == Column.NAME else Qt.TextElideMode.ElideRight
        shown = QFontMetrics(painter.font()).elidedText(shown, mode, inner.width())
        painter.drawText(inner, alignment(column), shown)

    def _ink(self, row: int, column: Column) -> str:
        theme, columns = self._theme, self._model.columns
        if column in FOUND and columns.stale[row]:
            return blend(theme.panel, theme.text, DIM)
        if column in OF_BASELINE and not columns.differs[row]:
            return theme.muted
        if column == Column.GAIN:
            gained = float(columns.values[column][row])
            return theme.good if gained > 0 else theme.bad if gained < 0 else theme.text
        if column == Column.CHANGE:
            if not columns.sure[row]:
                return theme.muted
            return theme.good if columns.values[column][row] > 0 else theme.bad
        return theme.text

    def _paint_bar(self, painter: QPainter, rect: QRect, row: int, column: Column) -> None:
        share, color = self.bar(row, column)
        if share > 0:
            area = QRectF(rect).adjusted(3, 4, -3, -4)
            area.setWidth(share * area.width())
            shade = QColor(color)
            shade.setAlphaF(BAR if column not in FOUND or not self._model.columns.stale[row] else BAR / 2)
            painter.fillRect(area, shade)

    def bar(self, row: int, column: Column) -> tuple[float, str]:
        """Length as a share of the cell, and colour: of what is regained against the most, of an SQNR against 60 dB."""
        theme, values = self._theme, self._model.columns.values[column]
        value = float(values[row])
        if np.isnan(value) or column not in (
            Column.REGAINED,
            Column.LOCAL,
            Column.CUMULATIVE,
            Column.ALONE,
            Column.LOCAL_B,
        ):
            return 0.0, theme.accent
        if column != Column.REGAINED:
            return min(max(value / FULL_BAR_DB, 0.0), 1.0), theme.accent
        known = values[np.isfinite(values)]
        most = float(known.max()) if len(known) else 0.0
        return (max(value / most, 0.0) if most > 0 else 0.0), theme.warning

    def _paint_check(self, painter: QPainter, rect: QRect, on: bool) -> None:
        theme, box = self._theme, _square(rect, 14)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent if on else theme.edge), 1))
        painter.setBrush(QColor(theme.accent if on else theme.raised))
        painter.drawRoundedRect(box, 4, 4)
        if on:
            painter.setPen(QPen(QColor(theme.accent_text), 1.8))
            x, y = box.center().x(), box.center().y()
            painter.drawPolyline([QPointF(x - 3.5, y), QPointF(x - 1, y + 2.8), QPointF(x + 3.8, y - 2.8)])

    def _paint_switch(self, painter: QPainter, rect: QRect, column: Column, on: bool) -> None:
        """A letter in a square; where it is on, the square is filled."""
        theme, box = self._theme, _square(rect, SWITCH)
        color = theme.warning if column == Column.MUTE else theme.good
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(color if on else theme.edge), 1))
        painter.setBrush(QColor(color) if on else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 4, 4)
        font = QFont(painter.font())
        font.setPointSizeF(font.pointSizeF() * 0.85)
        font.setWeight(QFont.Weight.DemiBold if on else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(theme.plot if on else theme.muted))
        letter = self._model.titles()[column][0]
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    # --- switches ---------------------------------------------------------------------------------------------
    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if index.column() not in SWITCHES or not _presses(event):
            return False
        if event.type() in (QEvent.Type.MouseButtonRelease, QEvent.Type.KeyPress):
            now = index.data(Role.CheckStateRole)
            return model.setData(index, Check.Unchecked if now == Check.Checked else Check.Checked, Role.CheckStateRole)
        return True  # a double click is two clicks, not an edit

    # --- editors ----------------------------------------------------------------------------------------------
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        column, refused = Column(index.column()), self._refused(self._model.name_at(index.row()))
        editor: QWidget
        if column == Column.BITS:
            editor = integers = IntegerBox(MIN_BITS, MAX_BITS, parent)
            integers.set_refused(refused.bits)
        elif column in (Column.SCHEME, Column.GRANULARITY):
            box = ChoiceBox(parent)
            box.set_choices(schemes_and_forms() if column == Column.SCHEME else granularities())
            either = dict[str, str](refused.form) | {str(s): why for s, why in refused.scheme.items()}
            box.set_refused(either if column == Column.SCHEME else refused.granularity)
            box.activated.connect(lambda _index: self._take(box))
            editor = box
        else:
            editor = ValueBox(parent)
        editor.setAccessibleName(self._model.titles()[column][0])
        return editor

    def _take(self, editor: QWidget) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        value = index.data(Role.EditRole)
        if isinstance(editor, IntegerBox):
            editor.set_value(int(value))
            editor.selectAll()
        elif isinstance(editor, ChoiceBox):
            editor.set_value(words.choice(Column(index.column()), str(value)))
        elif isinstance(editor, ValueBox):
            editor.set_value(float(value))
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        value: Any = None
        if isinstance(editor, IntegerBox):
            editor.interpretText()
            value = editor.value()
        elif isinstance(editor, ChoiceBox):
            value = editor.value()
        elif isinstance(editor, ValueBox):
            value = parse(editor.lineEdit().text()) if editor.lineEdit().isModified() else editor.value()
        model.setData(index, value, Role.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        width = max(rect.width(), editor.minimumSizeHint().width())
        editor.setGeometry(QRect(rect.right() - width + 1, rect.top(), width, rect.height()))


@lru_cache(maxsize=16)
def _icon(kind: str, color: str, ratio: float) -> QPixmap:
    return pixmap(kind, color, ICON, ratio)


def _presses(event: QEvent) -> bool:
    """Whether an event means the switch: the left button, or Space."""
    if isinstance(event, QMouseEvent):
        return event.button() == Qt.MouseButton.LeftButton
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space


def _square(rect: QRect, side: int) -> QRectF:
    return QRectF(rect.center().x() - side / 2 + 0.5, rect.center().y() - side / 2 + 0.5, side, side)
