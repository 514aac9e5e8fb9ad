"""A made-up language, 40 % longer and in brackets, and what of a window's texts is bare or cut."""

import math
from collections.abc import Iterator

from PySide6.QtCore import Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QGraphicsScene,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollArea,
    QTableView,
    QWidget,
)  # fmt: skip

from qviz.ui.controls.elided import ElidedLabel

ALLOWANCE = 1  # pixels of rounding
HIDDEN_OF_QT = "qt_dockwidget_"  # buttons that a title bar of our own replaces


class PseudoTranslator(QTranslator):
    """[Every text~~~~]"""

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        return f"[{source}{('~~~~~~~ ' * len(source))[: math.ceil(0.4 * len(source))].rstrip()}]"

    def isEmpty(self) -> bool:
        return False


def texts(root: QWidget) -> Iterator[tuple[str, str]]:
    """Where and what: every text of a window that a user reads, data apart."""
    for widget in [root, *root.findChildren(QWidget)]:
        if widget.property("verbatim") or widget.objectName().startswith(HIDDEN_OF_QT):
            continue
        yield _place(widget, "tool tip"), widget.toolTip()
        yield _place(widget, "accessible name"), widget.accessibleName()
        yield from ((_place(widget, "text"), text) for text in own_texts(widget))
    for action in root.findChildren(QAction):
        if not isinstance(action.parent(), QGraphicsScene):  # pyqtgraph's menu, which is off
            yield f"action {action.text()}", action.text()


def own_texts(widget: QWidget) -> list[str]:
    """The texts that a widget shows."""
    if isinstance(widget, QLabel | QAbstractButton):
        return [widget.text()]
    if isinstance(widget, QComboBox):
        return [widget.itemText(i) for i in range(widget.count())] + [widget.placeholderText()]
    if isinstance(widget, QLineEdit):
        return [widget.placeholderText()]
    if isinstance(widget, QMenu):
        return [widget.title()]
    if isinstance(widget, QTableView):
        model = widget.model()
        return [str(model.headerData(i, _HORIZONTAL)) for i in range(model.columnCount())]
    return []


QTS_OWN = ("#ScrollLeftButton", "#ScrollRightButton")  # of tab bars: Qt's own words, of Qt's own catalogue


def bare(root: QWidget) -> list[str]:
    """Texts with letters that did not go through the translator."""
    return [
        f"{place}: {text!r}"
        for place, text in texts(root)
        if not any(name in place for name in QTS_OWN)
        if any(c.isalpha() for c in text) and "[" not in text and not _is_unit(text)
    ]


def cut(root: QWidget) -> list[str]:
    """Visible texts wider or higher than their widget, those apart that a tool tip tells whole."""
    found = []
    for widget in root.findChildren(QWidget):
        if widget.isVisible() and not widget.property("verbatim") and (_too_small(widget) or _runs_out(widget)):
            found.append(f"{_place(widget, 'size')}: {own_texts(widget)[:1]} {widget.size().toTuple()}")
    return found


def _too_small(widget: QWidget) -> bool:
    if isinstance(widget, QLabel):
        if widget.wordWrap():
            return widget.heightForWidth(widget.width()) > widget.height() + ALLOWANCE
        told = isinstance(widget, ElidedLabel) and widget.toolTip() == widget.text()
        return not told and _wide(widget, widget.text()) > widget.contentsRect().width() + ALLOWANCE
    if isinstance(widget, QAbstractButton):
        return bool(widget.text()) and widget.sizeHint().width() > widget.width() + ALLOWANCE and not _icon_only(widget)
    if isinstance(widget, QComboBox):
        return _wide(widget, widget.currentText()) > widget.width() - 24 and not widget.toolTip()
    if isinstance(widget, QTableView):
        header = widget.horizontalHeader()
        return any(
            header.sectionSizeHint(i) > header.sectionSize(i) and not widget.model().headerData(i, _HORIZONTAL, _TIP)
            for i in range(header.count())
        )
    return False


def _runs_out(widget: QWidget) -> bool:
    """Whether it reaches beyond the right edge of the scroll area that it lies in."""
    area = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if area is None or not own_texts(widget):
        return False
    return widget.mapTo(area, widget.rect().topRight()).x() > area.viewport().width()


def _icon_only(widget: QAbstractButton) -> bool:
    return not widget.icon().isNull()


def _wide(widget: QWidget, text: str) -> int:
    return widget.fontMetrics().horizontalAdvance(text)


def _is_unit(text: str) -> bool:
    return text in UNITS


def _place(widget: QWidget, what: str) -> str:
    parents = []
    at: QWidget | None = widget
    while at is not None and len(parents) < 3:
        parents.append(type(at).__name__ + (f"#{at.objectName()}" if at.objectName() else ""))
        at = at.parentWidget()
    return f"{' < '.join(parents)} {what}"


UNITS = ("qviz", "NCHW", "NHWC", "RGB", "BGR")
_HORIZONTAL, _TIP = Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
