"""How raw images become inputs: a preset, or each value by hand."""

from PySide6.QtCore import QCoreApplication, QEvent, Signal
from PySide6.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from qviz.data.options import Color, Layout, Preprocess
from qviz.data.preprocess import read_preprocess
from qviz.errors import QvizError
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.data.fields import numbers, size
from qviz.ui.data.presets import applied
from qviz.ui.settings.form import form_rows

LAYOUTS: dict[str, Layout] = {"nchw": "nchw", "nhwc": "nhwc"}
COLORS: dict[str, Color] = {"rgb": "rgb", "bgr": "bgr", "gray": "gray"}
AUTO, CUSTOM = "auto", "custom"
LABEL_WIDTH = 120


class PreprocessForm(QWidget):
    """`changed` after every edit by the user; filling it from the program tells nobody."""

    changed = Signal()
    failed = Signal(object)  # a file that could not be read: QvizError

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preset, self.layout_box, self.color = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.image_size, self.scale, self.mean, self.std = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        self.from_file = QPushButton()
        self._labels: dict[QWidget, QLabel] = {}
        self.setLayout(self._rows())
        self._retranslate()
        self.preset.activated.connect(self._preset_chosen)
        self.from_file.clicked.connect(self._ask_file)
        for box in (self.layout_box, self.color):
            box.activated.connect(self._edited)
        for line in (self.image_size, self.scale, self.mean, self.std):
            line.textEdited.connect(self._edited)

    @property
    def automatic(self) -> bool:
        """Whether the best of the presets is wanted."""
        return self.preset.value() == AUTO

    def read(self) -> Preprocess:
        """The values as they stand. Raises QvizError where one cannot be read."""
        std = numbers(self.std.text(), self.tr("Deviation"))
        if 0.0 in std:
            raise QvizError("A deviation of 0 cannot be divided by.")
        return Preprocess(
            size=size(self.image_size.text()),
            layout=LAYOUTS.get(self.layout_box.value() or ""),
            color=COLORS.get(self.color.value() or ""),
            scale=numbers(self.scale.text(), self.tr("Scale"))[0],
            mean=numbers(self.mean.text(), self.tr("Mean")),
            std=std,
        )

    def fill(self, preprocess: Preprocess, preset: str) -> None:
        """Show values, and which preset they are said to be."""
        self.preset.set_value(preset)
        self.image_size.setText("×".join(map(str, preprocess.size)) if preprocess.size else "")
        self.layout_box.set_value(preprocess.layout or "")
        self.color.set_value(preprocess.color or "")
        self.scale.setText(_scale_text(preprocess.scale))
        self.mean.setText(", ".join(f"{v:.10g}" for v in preprocess.mean))
        self.std.setText(", ".join(f"{v:.10g}" for v in preprocess.std))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _rows(self) -> QFormLayout:
        rows = form_rows()
        top = QWidget()
        row = QHBoxLayout(top)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.preset, 1)
        row.addWidget(self.from_file)
        for field in (top, self.image_size, self.layout_box, self.color, self.scale, self.mean, self.std):
            self._labels[self.preset if field is top else field] = label = QLabel()
            label.setMinimumWidth(LABEL_WIDTH)
            rows.addRow(label, field)
        return rows

    def _preset_chosen(self) -> None:
        name = self.preset.value() or CUSTOM
        try:
            base = self.read()
        except QvizError:
            base = Preprocess()
        if name not in (AUTO, CUSTOM):
            self.fill(applied(name, base), name)
        self.changed.emit()

    def _edited(self) -> None:
        if not self.automatic or self.sender() not in (self.image_size, self.layout_box):
            self.preset.set_value(CUSTOM)
        self.changed.emit()

    def _ask_file(self) -> None:
        pattern = self.tr("Preprocessing ({0})").format("*.toml")
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Preprocessing from a file"), "", pattern)
        if not path:
            return
        try:
            self.fill(read_preprocess(path), CUSTOM)
        except QvizError as error:
            self.failed.emit(error)
            return
        self.changed.emit()

    def _retranslate(self) -> None:
        as_model = {"": self.tr("as the model's input")}
        self.layout_box.set_choices({**as_model, "nchw": "NCHW", "nhwc": "NHWC"})
        self.color.set_choices({**as_model, "rgb": "RGB", "bgr": "BGR", "gray": self.tr("gray")})
        self.preset.set_choices({AUTO: self.tr("Best of the presets"), **preset_names(), CUSTOM: self.tr("Own values")})
        self.image_size.setPlaceholderText(self.tr("as the model's input"))
        self.from_file.setText(self.tr("From file…"))
        texts = {
            self.preset: self.tr("Preprocessing"),
            self.image_size: self.tr("Size"),
            self.layout_box: self.tr("Layout"),
            self.color: self.tr("Colour"),
            self.scale: self.tr("Scale"),
            self.mean: self.tr("Mean"),
            self.std: self.tr("Deviation"),
        }
        for field, text in texts.items():
            self._labels[field].setText(text)
            field.setAccessibleName(text)


def preset_names() -> dict[str, str]:
    """What the presets are called."""

    def named(text: str) -> str:
        return QCoreApplication.translate("presets", text)

    return {
        "raw": named("Raw, 0 to 255"),
        "unit": named("0 to 1"),
        "signed": named("−1 to 1"),
        "mnist": named("MNIST"),
        "imagenet": named("ImageNet"),
        "cifar10": named("CIFAR-10"),
        "caffe": named("Caffe, BGR minus mean"),
    }


def _scale_text(scale: float) -> str:
    return "1/255" if scale == 1 / 255 else f"{scale:.10g}"
