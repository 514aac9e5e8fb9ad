"""The numbers of the picked channel, its range as boxes to type into."""

from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from qviz.ui.channels.chart import ChannelChart
from qviz.ui.channels.rows import edges_of, movable
from qviz.ui.controls.boxes import IntegerBox
from qviz.ui.controls.field_grid import FieldGrid
from qviz.ui.controls.number_label import NumberLabel
from qviz.ui.controls.value_box import ValueBox
from qviz.ui.editor.readout import percent, step_text
from qviz.ui.editor.subject import EDGES, Edge
from qviz.ui.text import NOTHING, decibel, number

FIELDS = ("channel", "min", "max", "values", "sqnr", "clipped", "step", "levels")
WIDEST = {"values": "−0.000 … 0.000", "step": "0.000000", "levels": "256 / 256"}
BOX = 42  # pixels of a box around its text
STEPS = 100.0  # of a range that one press of a box's arrow moves


class ChannelNumbers(QWidget):
    """Captions over numbers that keep their place."""

    picked = Signal(int)
    typed = Signal(str, float)  # edge, value

    def __init__(self) -> None:
        super().__init__()
        self.captions = {name: QLabel() for name in FIELDS}
        self.channel = IntegerBox(0, 0)
        self.boxes: dict[Edge, ValueBox] = {edge: ValueBox() for edge in EDGES}
        self.labels = {n: NumberLabel(WIDEST.get(n, "100.0 dB")) for n in FIELDS if n not in ("channel", *EDGES)}
        self._grid = FieldGrid(self, {name: (self.captions[name], self._field(name)) for name in FIELDS}, 10)
        self._fit_boxes()
        self.channel.valueChanged.connect(self.picked)
        for edge, box in self.boxes.items():
            box.committed.connect(partial(self._typed, edge))
        self.retranslate()

    def _field(self, name: str) -> QWidget:
        if name == "channel":
            return self.channel
        if name in EDGES:
            box = self.boxes[EDGES[name == "max"]]
            return box
        label = self.labels[name]
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        return label

    def _fit_boxes(self) -> None:
        """Wide enough for what is typed, in the size of text chosen."""
        width = self.fontMetrics().horizontalAdvance
        self.channel.setFixedWidth(width("0000") + BOX)
        for box in self.boxes.values():
            box.setFixedWidth(width("−0.000000") + BOX)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._fit_boxes()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._grid.fold(self.width())
        super().resizeEvent(event)

    def _typed(self, edge: Edge, value: float) -> None:
        self.typed.emit(edge, value)

    def show_chart(self, chart: ChannelChart) -> None:
        """The numbers of the channel picked there, as it is now."""
        subject, rows = chart.subject, chart.rows
        texts = dict.fromkeys(self.labels, NOTHING)
        shown = subject is not None and rows is not None and subject.has_range
        for box in self.boxes.values():
            box.setEnabled(False)
        if subject is not None and rows is not None and shown:
            channel = chart.picked
            blocked = self.channel.blockSignals(True)
            self.channel.setRange(0, len(rows) - 1)
            self.channel.setValue(channel)
            self.channel.blockSignals(blocked)
            free = movable(subject, rows, channel)
            for edge, value in zip(EDGES, edges_of(subject, channel), strict=True):
                self.boxes[edge].set_value(value)
                self.boxes[edge].step = max(abs(value), 1e-6) / STEPS
                self.boxes[edge].setEnabled(edge in free)
            texts |= channel_texts(chart, channel)
        for name, text in texts.items():
            self.labels[name].setText(text)

    def retranslate(self) -> None:
        texts = {
            "channel": (self.tr("Channel"), self.tr("The picked output channel")),
            "min": (self.tr("Clip minimum"), self.tr("Lower end of the picked channel's clip range")),
            "max": (self.tr("Clip maximum"), self.tr("Upper end of the picked channel's clip range")),
            "values": (self.tr("Values"), self.tr("Smallest and largest value of this channel, with zero")),
            "sqnr": (self.tr("SQNR"), self.tr("Signal over quantization noise of this channel, in decibels")),
            "clipped": (self.tr("Clipped"), self.tr("Share of this channel's values that lie out of range")),
            "step": (self.tr("Step"), self.tr("Distance between two neighbouring levels, the scale")),
            "levels": (self.tr("Levels"), self.tr("Levels that this channel's values reach, of all there are")),
        }
        fields: dict[str, QWidget] = {"channel": self.channel}
        fields.update(self.labels)
        fields.update({str(edge): box for edge, box in self.boxes.items()})
        for name, (caption, tip) in texts.items():
            self.captions[name].setText(caption)
            self.captions[name].setToolTip(tip)
            fields[name].setAccessibleName(tip)
            if name in self.labels:
                fields[name].setToolTip(tip)


def channel_texts(chart: ChannelChart, channel: int) -> dict[str, str]:
    """What is known of one channel."""
    subject, rows, errors = chart.subject, chart.rows, chart.errors
    assert subject is not None
    assert rows is not None
    grid = subject.setting.grid
    assert grid is not None
    values = f"{number(float(rows.low[channel]), 3)} … {number(float(rows.high[channel]), 3)}"
    if subject.by_block:
        return {"values": values}
    levels = grid.levels(channel if grid.channels > 1 else 0)
    ends = np.array([rows.low[channel], rows.high[channel]])
    low, high = np.searchsorted((levels[1:] + levels[:-1]) / 2, ends, side="right")
    texts = {
        "values": values,
        "step": step_text(grid.rows(slice(channel, channel + 1))),
        "levels": f"{high - low + 1} / {len(levels)}",
    }
    if chart.judged and not errors.stale[channel]:
        texts["sqnr"] = f"{decibel(-float(errors.decibel[channel]))} dB"
        texts["clipped"] = percent(float(errors.clipped[channel]) / max(int(errors.count[channel]), 1))
    return texts
