"""What holds for the whole model: the bias rule, and what the graph and the data are."""

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.settings.form import form_rows
from qviz.ui.text import sentence


class ModelForm(QWidget):
    """The lower part of the inspector."""

    def __init__(self, session: Session, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._heading, self.bias_label, self._facts = QLabel(), QLabel(), QLabel()
        font = QFont(self._heading.font())
        font.setWeight(QFont.Weight.DemiBold)
        self._heading.setFont(font)
        self.bias = ChoiceBox()
        self.bias_label.setBuddy(self.bias)
        self._facts.setWordWrap(True)
        self._facts.setProperty("role", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 8)
        column.setSpacing(8)
        rows = form_rows()
        rows.addRow(self.bias_label, self.bias)
        column.addWidget(self._heading)
        column.addLayout(rows)
        column.addWidget(self._facts)
        self.bias.activated.connect(lambda: session.set_bias("float" if self.bias.value() == "float" else "int32"))
        for signal in (bridge.encodings, bridge.model, bridge.data):
            signal.connect(self._refresh)

    def _refresh(self) -> None:
        self.bias.set_value(self._session.encodings.bias)
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
        self.bias_label.setText(self.tr("Biases"))
        self.bias.setAccessibleName(self.tr("Biases"))
        self.bias.setToolTip(self.tr("int32 with the scale of input × weight, as hardware does; or float, as AIMET."))
        self.bias.set_choices({"int32": self.tr("int32"), "float": self.tr("float")})
        self._refresh()
