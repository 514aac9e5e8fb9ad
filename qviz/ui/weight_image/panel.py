"""The image tab: float, quantized and difference of a weight, zoomed and read out together."""

import math
from typing import Literal

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from qviz.session import Session
from qviz.sim.detail import Kind, WeightImage, WeightPixels
from qviz.ui.controls.elided import ElidedLabel
from qviz.ui.controls.folding import FoldingRow
from qviz.ui.editor.header import Header
from qviz.ui.editor.plot_box import ZOOM_PER_NOTCH
from qviz.ui.editor.subject import Subject, subject_of
from qviz.ui.text import number
from qviz.ui.theme import Theme, ThemeSource
from qviz.ui.view_state import View, ViewState
from qviz.ui.weight_image.choice import TensorChoice
from qviz.ui.weight_image.matrix import Shape, index_text, matrix
from qviz.ui.weight_image.picture import WeightPicture
from qviz.ui.weight_image.pixels import PixelStore
from qviz.ui.weight_image.region import Region, whole
from qviz.ui.weight_image.shades import SIDES, Found, Limits, Side, found_at, limits_of

Shown = Literal["all", "float", "quantized", "difference"]
PANS = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
ZOOMS = {Qt.Key.Key_Plus: 1 / ZOOM_PER_NOTCH, Qt.Key.Key_Equal: 1 / ZOOM_PER_NOTCH, Qt.Key.Key_Minus: ZOOM_PER_NOTCH}
PAN = 0.1  # of the view


class WeightImagePanel(QWidget):
    """Shows the current quantizer's weight. Whoever holds it refreshes it while it is visible."""

    def __init__(self, session: Session, view: View, theme_source: ThemeSource) -> None:
        super().__init__()
        self._session, self._view = session, view
        self._theme: Theme = theme_source.current
        self.store = PixelStore(session)
        self.header, self.readout = Header(), ElidedLabel(Qt.TextElideMode.ElideRight)
        self.pictures: dict[Side, WeightPicture] = {side: WeightPicture(side, self._theme) for side in SIDES}
        self.sides: dict[Shown, QToolButton] = {"all": QToolButton(), **{side: QToolButton() for side in SIDES}}
        self.by_channel, self.all = QToolButton(), QToolButton()
        self.tensor = TensorChoice()
        self._limits: tuple[tuple[object, ...], Limits | None] = ((), None)
        self.region: Region = whole(1, 1)
        self._name: str | None = None
        self._place: tuple[Side, float, float] | None = None  # under the mouse
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._arrange()
        self._connect(theme_source)
        self.retranslate()

    def _arrange(self) -> None:
        group = QButtonGroup(self)
        self.by_channel.setCheckable(True)
        for button in self.sides.values():
            button.setCheckable(True)
            group.addButton(button)
        self.sides["all"].setChecked(True)
        self.controls = FoldingRow(list(self.sides.values()), [self.tensor, self.by_channel, self.all])
        self.readout.setProperty("verbatim", True)
        self.readout.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        top = QWidget()
        top.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        rows = QVBoxLayout(top)
        rows.setContentsMargins(14, 8, 12, 6)
        rows.setSpacing(6)
        rows.addWidget(self.header)
        rows.addWidget(self.controls)
        rows.addWidget(self.readout)
        images = QHBoxLayout()
        images.setSpacing(0)
        for picture in self.pictures.values():
            images.addWidget(picture, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(top)
        column.addLayout(images, 1)

    def _connect(self, theme_source: ThemeSource) -> None:
        theme_source.changed.connect(self._set_theme)
        self._view.changed.connect(self._follow_view)
        for side, button in self.sides.items():
            button.clicked.connect(lambda _checked=False, side=side: self.show_sides(side))
        self.by_channel.toggled.connect(self._recolor)
        self.tensor.activated.connect(self._show_other)
        self.all.clicked.connect(lambda: self.set_region(self.region.whole))
        for side, picture in self.pictures.items():
            picture.hovered.connect(lambda row, column, side=side: self._hover((side, row, column)))
            picture.left_it.connect(lambda: self._hover(None))
            picture.picked.connect(self._pick)
            picture.zoomed.connect(lambda factor, *at: self.set_region(self.region.zoomed(factor, *at)))
            picture.dragged.connect(lambda rows, columns: self.set_region(self.region.moved(rows, columns)))
            picture.resized.connect(self.refresh)

    # --- what is shown ----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The current quantizer as it is now; asks for what is not known."""
        subject = self.subject()
        if subject is None or not self.isVisible():
            return
        if subject.name != self._name:
            self._name = subject.name
            self.tensor.offer(subject.quantizer.tensors)
            self._show_whole(subject)
        self.header.show_subject(subject, self._theme)
        limits = self._limits_of(subject)
        for side, picture in self.pictures.items():
            if picture.isVisible():
                pixels = self.store.find(self._request(subject, side)) or picture.pixels
                picture.region, picture.row = self.region, self._view.state.channel
                picture.show_pixels(pixels, limits)
                picture.update()
        self._show_readout()

    def _shape(self, subject: Subject) -> Shape:
        """Of the weight shown: those that share a quantizer may differ."""
        graph, quantizer = self._session.graph, subject.quantizer
        tensor = None if graph is None else graph.tensors.get(quantizer.tensors[self.tensor.chosen])
        return quantizer.shape if tensor is None else tensor.shape

    def _show_whole(self, subject: Subject) -> None:
        self.region = whole(*matrix(self._shape(subject), subject.quantizer.axis))
        for picture in self.pictures.values():
            picture.show_pixels(None, None)

    def _show_other(self) -> None:
        """Another weight of the same quantizer."""
        if (subject := self.subject()) is not None:
            self._show_whole(subject)
            self.refresh()

    def refresh_weights(self, pixels: WeightPixels) -> None:
        """The engine answered."""
        self.store.take(pixels)
        self.refresh()

    def forget(self) -> None:
        """Another model, or another engine."""
        self.store.forget()
        self._name = None
        self.refresh()

    def show_sides(self, shown: Shown) -> None:
        """One picture, or all three side by side."""
        for side, picture in self.pictures.items():
            picture.setVisible(shown in ("all", side))
        self.refresh()

    def set_region(self, region: Region) -> None:
        """Show this part of the weight."""
        self.region = region
        self.refresh()

    def subject(self) -> Subject | None:
        """The current quantizer, if its weight can be shown."""
        subject = subject_of(self._session, self._view.state.current)
        return subject if subject is not None and subject.quantizer.axis is not None else None

    def _request(self, subject: Subject, side: Side) -> WeightImage:
        kind: Kind = "difference" if side == "difference" else "weights"
        room = self.pictures[side].room()
        return WeightImage(subject.name, subject.setting, kind, self.region.part, *room, self.tensor.chosen)

    def _limits_of(self, subject: Subject) -> Limits | None:
        histogram, grid = subject.histogram, subject.setting.grid
        if histogram is None or not histogram.per_channel:
            return None
        key = (histogram, grid, self.by_channel.isChecked())
        if key != self._limits[0]:
            self._limits = key, limits_of(histogram, grid, self.by_channel.isChecked())
        return self._limits[1]

    # --- the mouse and the keyboard ---------------------------------------------------------------------------

    def _hover(self, place: tuple[Side, float, float] | None) -> None:
        self._place = place
        for picture in self.pictures.values():
            picture.cross = None if place is None else place[1:]
            picture.update()
        self._show_readout()

    def _show_readout(self) -> None:
        found = None
        if self._place is not None:
            side, row, column = self._place
            pixels = self.pictures[side].pixels
            found = None if pixels is None else found_at(pixels, row, column)
        self.readout.show_name(self._hint() if found is None else self._told(found, self._place))

    def _hint(self) -> str:
        shown = [p.pixels for p in self.pictures.values() if p.isVisible()]
        if None in shown:
            return self.tr("Waiting for the engine…")
        block = max((p.block for p in shown if p is not None), default=(1, 1))
        if block == (1, 1):
            return self.tr("Every weight has its own cell. Wheel: zoom; drag: move; click: pick the channel.")
        text = self.tr("Each pixel shows the largest of {0} weights. Wheel: zoom; drag: move; click: pick the channel.")
        return text.format(math.prod(block))

    def _told(self, found: Found, place: tuple[Side, float, float] | None) -> str:
        subject = self.subject()
        index = str(found.index)
        if subject is not None:
            index = index_text(self._shape(subject), subject.quantizer.axis, found.index)
        parts = [
            self.tr("channel {0}, index {1}").format(found.channel, index),
            self.tr("float {0}").format(number(found.value)),
            self.tr("quantized {0}").format(number(found.quantized)),
            self.tr("difference {0}").format(number(found.quantized - found.value, 3)),
        ]
        if found.block != (1, 1):
            worst = place is not None and place[0] == "difference"
            text = self.tr("worst of {0}") if worst else self.tr("largest of {0}")
            parts.append(text.format(math.prod(found.block)))
        return "  ·  ".join(parts)

    def _pick(self, row: int) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._view.update(channel=row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, region = Qt.Key(event.key()), self.region
        if key in PANS:
            down, along = PANS[key]
            rows, columns = region.bottom - region.top, region.right - region.left
            self.set_region(region.moved(down * PAN * rows, along * PAN * columns))
        elif key in ZOOMS:
            middle = (region.top + region.bottom) / 2, (region.left + region.right) / 2
            self.set_region(region.zoomed(ZOOMS[key], *middle))
        elif key == Qt.Key.Key_Home:
            self.set_region(region.whole)
        else:
            event.ignore()

    def _follow_view(self, state: ViewState, before: ViewState) -> None:
        if state.channel != before.channel:
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        self.refresh()

    def _set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for picture in self.pictures.values():
            picture.theme = theme
            picture.recolor()
        self.header.show_subject(self.subject(), theme)

    def retranslate(self) -> None:
        """Every text anew."""
        names = {"float": self.tr("Float"), "quantized": self.tr("Quantized"), "difference": self.tr("Difference")}
        texts: list[tuple[QToolButton, str, str]] = [
            (self.sides["all"], self.tr("Side by side"), self.tr("Float, quantized and difference beside each other")),
            (self.sides["float"], names["float"], self.tr("The weight as it is in the model")),
            (self.sides["quantized"], names["quantized"], self.tr("The weight after quantization")),
            (self.sides["difference"], names["difference"], self.tr("Quantized minus float")),
            (
                self.by_channel,
                self.tr("Colours by channel"),
                self.tr("Colour each channel by its own largest weight, so that small channels are seen too"),
            ),
            (self.all, self.tr("All"), self.tr("Show the whole weight")),
        ]
        for button, text, tip in texts:
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
        for side, picture in self.pictures.items():
            picture.title = names[side]
            picture.index_axis = self.tr("Index in the channel")
            picture.setAccessibleName(self.tr("Image of the weight: {0}").format(names[side]))
        self.tensor.retranslate()
        self._set_units()

    def _recolor(self) -> None:
        self._set_units()
        self.refresh()

    def _set_units(self) -> None:
        unit = self.tr("of largest") if self.by_channel.isChecked() else self.tr("value")
        for picture in self.pictures.values():
            picture.unit = unit
            picture.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
            self.refresh()
        super().changeEvent(event)
