"""The data dialog: where the samples are, how raw images become inputs, and an own calibration set."""

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from qviz.data.options import Color, DataOptions, Layout, Preprocess
from qviz.errors import QvizError
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.data.fields import numbers, size
from qviz.ui.settings.form import form_rows
from qviz.ui.text import sentence

LAYOUTS: dict[str, Layout] = {"nchw": "nchw", "nhwc": "nhwc"}
COLORS: dict[str, Color] = {"rgb": "rgb", "bgr": "bgr", "gray": "gray"}

SMALLEST_WIDTH = 600


class PathField(QWidget):
    """A path with buttons to choose a file or a folder."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path, self._file, self._folder = QLineEdit(), QPushButton(), QPushButton()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for part in (self.path, self._file, self._folder):
            row.addWidget(part)
        self._file.setText(self.tr("File…"))
        self._folder.setText(self.tr("Folder…"))
        self.path.setMinimumWidth(200)
        self._file.clicked.connect(self._choose_file)
        self._folder.clicked.connect(self._choose_folder)

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Data"), "", self.tr("Data (*.npz *.csv);;All files (*)"))
        if chosen:
            self.path.setText(chosen)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"))
        if chosen:
            self.path.setText(chosen)


class DataDialog(QDialog):
    """After `exec`, `chosen` holds the data and, where named, the calibration set."""

    def __init__(self, parent: QWidget | None = None, before: DataOptions | None = None) -> None:
        super().__init__(parent)
        self.chosen: tuple[DataOptions, DataOptions | None] | None = None
        self.data, self.calibration = PathField(), PathField()
        self.image_size, self.scale, self.mean, self.std = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        self.layout_box, self.color = ChoiceBox(), ChoiceBox()
        self.wrong = QLabel()
        self._buttons = QDialogButtonBox()
        self._build()
        self._fill((before or DataOptions()).preprocess)
        self.data.path.setText((before.source if before else None) or "")
        self._check_path()

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Open data"))
        self.wrong.setProperty("role", "bad")
        self.wrong.setWordWrap(True)
        self.wrong.setMinimumHeight(24)
        as_model = {"": self.tr("as the model's input")}
        self.layout_box.set_choices({**as_model, "nchw": "NCHW", "nhwc": "NHWC"})
        self.color.set_choices({**as_model, "rgb": "RGB", "bgr": "BGR", "gray": self.tr("gray")})
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        self.setMinimumWidth(SMALLEST_WIDTH)
        column.addLayout(self._rows())
        column.addWidget(self.wrong)
        column.addWidget(self._buttons)
        self._open = self._buttons.addButton(self.tr("Open"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._open.setDefault(True)
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)
        self.data.path.textChanged.connect(self._check_path)

    def _rows(self) -> QFormLayout:
        rows = form_rows()
        note = QLabel(self.tr("Raw images only: (pixel × scale − mean) ÷ deviation, colour by colour."))
        note.setProperty("role", "caption")
        note.setWordWrap(True)
        note.setMinimumHeight(2 * note.fontMetrics().lineSpacing())  # a form gives a wrapped line one row only
        fields: tuple[tuple[str, QWidget], ...] = (
            (self.tr("Evaluation data"), self.data),
            (self.tr("Calibration data"), self.calibration),
            ("", note),
            (self.tr("Size"), self.image_size),
            (self.tr("Layout"), self.layout_box),
            (self.tr("Colour"), self.color),
            (self.tr("Scale"), self.scale),
            (self.tr("Mean"), self.mean),
            (self.tr("Deviation"), self.std),
        )
        for text, field in fields:
            rows.addRow(text, field)
            entry = field.path if isinstance(field, PathField) else field
            entry.setAccessibleName(text)
        self.calibration.path.setPlaceholderText(self.tr("the first samples of the evaluation data"))
        self.image_size.setPlaceholderText(self.tr("as the model's input"))
        return rows

    def _fill(self, preprocess: Preprocess) -> None:
        self.image_size.setText("×".join(map(str, preprocess.size)) if preprocess.size else "")
        self.layout_box.set_value(preprocess.layout or "")
        self.color.set_value(preprocess.color or "")
        self.scale.setText(f"{preprocess.scale:.10g}")
        self.mean.setText(", ".join(f"{v:.10g}" for v in preprocess.mean))
        self.std.setText(", ".join(f"{v:.10g}" for v in preprocess.std))

    def _check_path(self) -> None:
        self._open.setEnabled(bool(self.data.path.text().strip()))

    def _accept(self) -> None:
        try:
            self.chosen = self._read()
        except QvizError as error:
            self.wrong.setText(sentence(error.text))
            return
        self.accept()

    def _read(self) -> tuple[DataOptions, DataOptions | None]:
        preprocess = Preprocess(
            size=size(self.image_size.text()),
            layout=LAYOUTS.get(self.layout_box.value() or ""),
            color=COLORS.get(self.color.value() or ""),
            scale=numbers(self.scale.text(), self.tr("Scale"))[0],
            mean=numbers(self.mean.text(), self.tr("Mean")),
            std=numbers(self.std.text(), self.tr("Deviation")),
        )
        if 0.0 in preprocess.std:
            raise QvizError("A deviation of 0 cannot be divided by.")
        calibration = self.calibration.path.text().strip()
        data = DataOptions(source=self.data.path.text().strip(), preprocess=preprocess)
        return data, DataOptions(source=calibration, preprocess=preprocess) if calibration else None
