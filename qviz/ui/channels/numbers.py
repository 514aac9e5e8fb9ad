"""The numbers of the picked channel, its range as boxes to type into."""

from functools import partial

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from qviz.ui.channels.chart import ChannelChart
from qviz.ui.channels.rows import edges_of, movable
from qviz.ui.controls.boxes import IntegerBox
from qviz.ui.controls.value_box import ValueBox
from qviz.ui.editor.readout import percent
from qviz.ui.editor.subject import EDGES, Edge
from qviz.ui.text import NOTHING, decibel, number

FIELDS = ("channel", "min", "max", "values", "sqnr", "clipped", "step", "levels")
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
        self.labels = {name: QLabel(NOTHING) for name in FIELDS if name not in ("channel", *EDGES)}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(1)
        self._grid, self._across = grid, 0
        self._fields = {name: self._field(name) for name in FIELDS}
        for caption in self.captions.values():
            caption.setProperty("role", "caption")
        self._place(len(FIELDS))
        self.channel.valueChanged.connect(self.picked)
        for edge, box in self.boxes.items():
            box.committed.connect(partial(self._typed, edge))
        self.retranslate()

    def _field(self, name: str) -> QWidget:
        if name == "channel":
            self.channel.setFixedWidth(66)
            return self.channel
        if name in EDGES:
            box = self.boxes[EDGES[name == "max"]]
            box.setFixedWidth(120)
            return box
        label = self.labels[name]
        label.setProperty("verbatim", True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        wide = {"values": "−0.000 … 0.000", "step": "0.000000", "levels": "256 / 256"}.get(name, "100.0 dB")
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance(wide))
        label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        return label

    def _place(self, across: int) -> None:
        """Lay the fields out, so many in a row."""
        if across == self._across:
            return
        for column in range(len(FIELDS) + 1):
            self._grid.setColumnStretch(column, int(column == across))
        self._across = across
        for i, name in enumerate(FIELDS):
            self._grid.addWidget(self.captions[name], i // across * 2, i % across)
            self._grid.addWidget(self._fields[name], i // across * 2 + 1, i % across)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two rows where one does not fit."""
        widths = [max(self.captions[n].sizeHint().width(), self._fields[n].minimumSizeHint().width()) for n in FIELDS]
        needed = sum(widths) + self._grid.horizontalSpacing() * len(widths)
        self._place(len(FIELDS) if needed <= self.width() else len(FIELDS) // 2)
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
    encoding = subject.setting.encoding
    assert encoding is not None
    at = channel if encoding.channels > 1 else 0
    scale, offset = float(encoding.scale[at]), int(encoding.offset[at])
    low, high = (
        int(np.clip(np.rint(float(edge[channel]) / scale), offset, offset + encoding.steps))
        for edge in (rows.low, rows.high)
    )
    texts = {
        "values": f"{number(float(rows.low[channel]), 3)} … {number(float(rows.high[channel]), 3)}",
        "step": number(scale, 3),
        "levels": f"{high - low + 1} / {encoding.steps + 1}",
    }
    if chart.judged and not errors.stale[channel]:
        texts["sqnr"] = f"{decibel(-float(errors.decibel[channel]))} dB"
        texts["clipped"] = percent(float(errors.clipped[channel]) / max(int(errors.count[channel]), 1))
    return texts
