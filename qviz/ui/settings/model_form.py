"""What holds for the whole model: the bias rule, calibrators by kind, and what the graph and the data are."""

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from qviz.encodings import Encodings
from qviz.graph.graph import QuantizerKind
from qviz.quant.calibrators import CALIBRATORS
from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.later import Later
from qviz.ui.results.size import SizeFacts
from qviz.ui.settings.calibrating import FIRST_METHOD, calibrate
from qviz.ui.settings.form import SMALLEST_FIELD, form_rows
from qviz.ui.settings.names import calibrators, source
from qviz.ui.text import sentence


class ModelForm(QWidget):
    """The lower part of the inspector."""

    def __init__(self, session: Session, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._bridge = session, bridge
        self._shown: Encodings | None = None
        self._heading, self._facts = QLabel(), QLabel()
        font = QFont(self._heading.font())
        font.setWeight(QFont.Weight.DemiBold)
        self._heading.setFont(font)
        self.bias, self.weights, self.activations = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self._boxes = (self.bias, self.weights, self.activations)
        self.costs = SizeFacts(session, bridge)
        self.labels = [QLabel() for _ in self._boxes]
        self._facts.setWordWrap(True)
        self._facts.setProperty("role", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 8)
        column.setSpacing(8)
        rows = form_rows()
        for label, box in zip(self.labels, self._boxes, strict=True):
            label.setBuddy(box)
            box.setMinimumWidth(SMALLEST_FIELD)
            rows.addRow(label, box)
        column.addWidget(self._heading)
        column.addLayout(rows)
        column.addWidget(self.costs)
        column.addWidget(self._facts)
        self.bias.activated.connect(lambda: session.set_bias("float" if self.bias.value() == "float" else "int32"))
        self.weights.activated.connect(lambda: self._calibrate("param", self.weights))
        self.activations.activated.connect(lambda: self._calibrate("activation", self.activations))
        bridge.encodings.connect(Later(session, self._encodings_changed, self).ask)
        later = Later(session, self._refresh, self)
        for signal in (bridge.model, bridge.data, bridge.histograms):
            signal.connect(later.ask)

    def _calibrate(self, kind: QuantizerKind, box: ChoiceBox) -> None:
        calibrate(self._session, self._bridge, self._session.unlocked(kind), box.value() or FIRST_METHOD)

    def _encodings_changed(self) -> None:
        if self._session.settled is not self._shown:  # a drag changes nothing here
            self._refresh()

    def _show_calibrator(self, kind: QuantizerKind, box: ChoiceBox) -> None:
        names, settings = self._session.unlocked(kind), self._session.settled.settings
        box.setEnabled(any(n in self._session.histograms for n in names))
        used = {settings[n].source for n in names}
        shared = used.pop() if len(used) == 1 else None
        known = shared in CALIBRATORS
        box.set_value(shared if known else None, "" if known else source(shared))

    def _refresh(self) -> None:
        self._shown = self._session.settled
        self.bias.set_value(self._shown.bias)
        self._show_calibrator("param", self.weights)
        self._show_calibrator("activation", self.activations)
        self._facts.setText("\n".join(self._lines()))

    def _lines(self) -> list[str]:
        lines = []
        if graph := self._session.graph:
            text = self.tr("{0} operators, {1} quantizers, {2} weights.")
            size = f"{self._session.weight_bytes / 1e6:.2f} MB"
            lines.append(text.format(len(graph.nodes), len(self._session.quantizers), size))
        if data := self._session.data:
            lines.append(self.tr("Data: {0}, {1} samples.").format(data.description, data.samples))
            text = self.tr("Calibrated on {0}, {1} samples; {2} of the evaluated samples are among them.")
            lines.append(text.format(data.calibration_description, data.calibration_samples, data.calibration_overlap))
        return lines + [sentence(note) for note in (graph.notes if graph else ())]

    def retranslate(self) -> None:
        """Write every text in the language in force."""
        self._heading.setText(self.tr("Whole model"))
        texts = (self.tr("Biases"), self.tr("Weights"), self.tr("Activations"))
        names = (self.tr("Biases"), self.tr("Calibrator of all weights"), self.tr("Calibrator of all activations"))
        for label, box, text, name in zip(self.labels, self._boxes, texts, names, strict=True):
            label.setText(text)
            box.setAccessibleName(name)
        for box in (self.weights, self.activations):
            box.set_choices(calibrators())
            box.setToolTip(self.tr("Find all ranges of this kind again, those apart that are locked."))
        self.bias.setToolTip(self.tr("int32 with the scale of input × weight, as hardware does; or float, as AIMET."))
        self.bias.set_choices({"int32": self.tr("int32"), "float": self.tr("float")})
        self._refresh()
