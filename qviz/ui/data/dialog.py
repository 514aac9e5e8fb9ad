"""The data dialog: which samples, how raw images become inputs, and at once what the float model makes of them."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from qviz.data.options import DataOptions
from qviz.data.user_code import is_function
from qviz.errors import QvizError, Text
from qviz.graph.graph import Graph
from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.controls.boxes import IntegerBox
from qviz.ui.data.fields import as_text, shapes, values
from qviz.ui.data.path_field import PathField
from qviz.ui.data.pictures import PictureGrid
from qviz.ui.data.preprocess_form import AUTO, CUSTOM, PreprocessForm
from qviz.ui.data.presets import candidates
from qviz.ui.data.tryout import Tryout
from qviz.ui.data.verdict import input_line, verdict
from qviz.ui.settings.form import form_rows
from qviz.ui.text import sentence

PAUSE = 250  # ms after the last key before the model is run
PREVIEW_WIDTH = 336
FORM_WIDTH = 470


@dataclass(frozen=True)
class DataChoice:
    """What was chosen; None where a set is not named."""

    data: DataOptions
    calibration: DataOptions | None = None
    check: DataOptions | None = None
    calibration_samples: int = 256


class DataDialog(QDialog):
    """After `exec`, `chosen` holds what to open. `path` is data that was dropped."""

    def __init__(
        self, session: Session, bridge: Bridge, parent: QWidget | None = None, path: str | None = None
    ) -> None:
        super().__init__(parent)
        self.chosen: DataChoice | None = None
        self._graph = session.graph
        self.tryout = Tryout(session, bridge, self)
        self.data, self.calibration, self.check = PathField(), PathField(), PathField()
        self.calibration_samples = IntegerBox(1, 10_000_000)
        self.shapes, self.values = QLineEdit(), QLineEdit()
        self.preprocess = PreprocessForm()
        self.pictures = PictureGrid()
        self.verdict, self.fed, self.wrong = _wrapped(), _wrapped("caption"), _wrapped("bad")
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._buttons = QDialogButtonBox()
        self._build()
        self._fill(session, path)
        self._connect()
        self._try()

    # --- building ---------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.setWindowTitle(self.tr("Open data"))
        left = QVBoxLayout()
        left.addLayout(self._sources())
        left.addSpacing(8)
        left.addWidget(self.preprocess)
        left.addStretch(1)
        right = QVBoxLayout()
        for part in (self.verdict, self.fed, self.pictures):
            right.addWidget(part)
        right.addStretch(1)
        sides = QHBoxLayout()
        sides.setSpacing(24)
        for side, width in ((left, FORM_WIDTH), (right, PREVIEW_WIDTH)):
            box = QWidget()
            side.setContentsMargins(0, 0, 0, 0)
            box.setLayout(side)
            box.setMinimumWidth(width)
            sides.addWidget(box, 1 if side is left else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(sides)
        column.addWidget(self.wrong)
        column.addWidget(self._buttons)
        self._open = self._buttons.addButton(self.tr("Open"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._open.setDefault(True)

    def _sources(self) -> QFormLayout:
        rows = form_rows()
        fields: list[tuple[str, QWidget]] = [
            (self.tr("Evaluation data"), self.data),
            (self.tr("Calibration data"), self.calibration),
            (self.tr("Calibration samples"), self.calibration_samples),
            (self.tr("Check data"), self.check),
        ]
        if self._graph is not None and _has_free_dimensions(self._graph):
            fields.append((self.tr("Input shapes"), self.shapes))
        if self._graph is not None and len(self._graph.inputs) > 1:
            fields.append((self.tr("Fixed inputs"), self.values))
        for text, field in fields:
            rows.addRow(text, field)
            (field.path if isinstance(field, PathField) else field).setAccessibleName(text)
        self.calibration.path.setPlaceholderText(self.tr("the first evaluated samples"))
        self.check.path.setPlaceholderText(self.tr("none, used only when asked"))
        self.shapes.setPlaceholderText(self.tr("such as {0}").format("input=1,3,224,224"))
        self.values.setPlaceholderText(self.tr("such as {0}").format("rate=16000"))
        return rows

    def _fill(self, session: Session, path: str | None) -> None:
        document = session.document
        before = document.data if document else None
        known = before is not None and before.source is not None
        options = before or DataOptions()
        self.preprocess.fill(options.preprocess, CUSTOM if known and path is None else AUTO)
        self.data.path.setText(path or options.source or "")
        self.shapes.setText(as_text({n: ",".join(map(str, s)) for n, s in options.shapes.items()}))
        self.values.setText(as_text({n: f"{v:.10g}" for n, v in options.values.items()}))
        self.calibration_samples.setValue(document.calibration_samples if document else 256)
        if document is not None:
            for field, apart in ((self.calibration, document.calibration), (self.check, document.check)):
                field.path.setText((apart.source if apart else None) or "")

    def _connect(self) -> None:
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)
        self._pause.timeout.connect(self._try)
        for line in (self.data.path, self.shapes, self.values):
            line.textChanged.connect(self._edited)
        self.preprocess.changed.connect(self._edited)
        self.preprocess.failed.connect(lambda error: self.wrong.setText(sentence(error.text)))
        self.tryout.answered.connect(self._show)

    # --- trying -----------------------------------------------------------------------------------------------
    def _edited(self) -> None:
        self.tryout.forget()
        self._show()
        self._pause.start()

    def _try(self) -> None:
        """Run the float model on what the fields say."""
        self.wrong.setText("")
        try:
            options = self._options(self.data.text())
        except QvizError as error:
            self.tryout.forget()
            self.wrong.setText(sentence(error.text))
        else:
            if not options.source or self._graph is None:
                self.tryout.forget()
            elif self.preprocess.automatic:
                self.tryout.ask(options, candidates(options.preprocess, _channels(self._graph)))
            else:
                self.tryout.ask(options, {CUSTOM: options.preprocess})
        self._show()

    def _show(self) -> None:
        best = self.tryout.best
        refused = best is None and self._problem() is not None and not self.tryout.busy
        self._open.setEnabled(bool(self.data.text()) and not refused)
        self.pictures.show_trial(best[1] if best else None)
        self.fed.setText(input_line(best[1]) if best else "")
        if best is not None:
            automatic = self.preprocess.automatic
            if automatic and best[1].raw_images:
                self.preprocess.fill(self.tryout.found[best[0]].request.options.preprocess, AUTO)
            self.preprocess.setEnabled(best[1].raw_images)
            text, role = verdict(best[1], best[0] if automatic else None, len(self.tryout.found))
        else:
            self.preprocess.setEnabled(True)
            text, role = self._without_trial()
        if self.tryout.busy:
            done, total = len(self.tryout.found), self.tryout.total
            doing = self.tr("Running the float model on a few samples: {0} of {1}…").format(done + 1, total)
            text, role = (doing, "caption") if best is None else (f"{text}\n{doing}", role)
        self.verdict.setText(text)
        self.verdict.setProperty("role", role)
        self.verdict.style().polish(self.verdict)

    def _problem(self) -> Text | None:
        """Why a candidate did not run."""
        return next((tried.problem for tried in self.tryout.found.values() if tried.problem is not None), None)

    def _without_trial(self) -> tuple[str, str]:
        problem = self._problem()
        if problem is not None:
            return sentence(problem), "bad"
        return self.tr("Name data, and what the float model makes of it is shown here."), "caption"

    # --- the answer -------------------------------------------------------------------------------------------
    def _accept(self) -> None:
        try:
            calibration, check = self.calibration.text(), self.check.text()
            self.chosen = DataChoice(
                self._options(self.data.text()),
                self._options(_there(calibration)) if calibration else None,
                self._options(_there(check)) if check else None,
                self.calibration_samples.value(),
            )
        except QvizError as error:
            self.wrong.setText(sentence(error.text))
            return
        self.accept()

    def _options(self, source: str) -> DataOptions:
        return DataOptions(
            source=source,
            preprocess=self.preprocess.read(),
            shapes=shapes(self.shapes.text()),
            values=values(self.values.text()),
        )


def _there(source: str) -> str:
    """A set apart, which nothing has been run on. Raises QvizError where it is no file, folder or function."""
    if not is_function(source) and not Path(source).exists():
        raise QvizError("There is no file or folder {path}.", path=source)
    return source


def _wrapped(role: str = "") -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _has_free_dimensions(graph: Graph) -> bool:
    return any(not isinstance(d, int) and a != p.batch_axis for p in graph.inputs for a, d in enumerate(p.shape))


def _channels(graph: Graph) -> int | None:
    """Channels of the first input that has the shape of pictures."""
    shapes = (port.shape for port in graph.inputs if len(port.shape) == 4)
    found = (d for shape in shapes for d in (shape[1], shape[3]) if d in (1, 3))
    return next((d for d in found if isinstance(d, int)), None)
