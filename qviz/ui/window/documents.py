"""Opening, saving and exporting: what the File menu, the start page and a drop do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.encodings import Encodings
from qviz.errors import QvizError, Text
from qviz.formats.registry import FORMATS
from qviz.session import Session
from qviz.ui.data.dialog import DataDialog
from qviz.ui.start.recent import remember
from qviz.ui.start.sample import faults, the_sample
from qviz.ui.text import sentence
from qviz.ui.window.banner import Banner, Notice
from qviz.ui.window.files import file_kind
from qviz.ui.window.import_notice import import_notice
from qviz.ui.window.questions import Choice, ask_about_changes, ask_about_random

RANDOM_SAMPLES = 64


class Documents(QObject):
    """Speaks to the session for the window; what goes wrong is said in the banner."""

    def __init__(self, session: Session, window: QWidget, banner: Banner) -> None:
        super().__init__(window)
        self._session, self._window, self._banner = session, window, banner
        self.sample = False  # what is open is the sample with its faults

    # --- opening ----------------------------------------------------------------------------------------------
    def open_model(self) -> None:
        pattern = self.tr("Models and sessions ({0});;All files (*)").format("*.onnx *.qviz")
        if path := self._ask_file(self.tr("Open model or session"), pattern):
            self.open_path(path)

    def open_sample(self) -> None:
        self.sample = self.open_document(the_sample().document, None, faults(self._session)) or self.sample

    def open_document(
        self, document: Document, encodings: str | None, prepare: Callable[[Encodings], Encodings] | None = None
    ) -> bool:
        """Open a model with data and encodings, after asking about unsaved changes; whether it is being opened."""
        if not self.may_close():
            return False
        with self.told():
            self._session.open_document(document, encodings, prepare)
            self.sample = False
            remember(document.model)
            return True
        return False

    def open_path(self, path: str) -> None:
        """Open what a path is: a model, data, encodings or a session."""
        kind = file_kind(path)
        with self.told():
            if kind is None:
                name = Path(path).name
                raise QvizError("“{name}” is not a model, data, encodings or a session.", name=name)
            if kind == "model":
                self.open_document(Document(path), None)
            elif kind == "session":
                self._restore(path)
            elif self._session.graph is None:
                raise QvizError("Open a model first, then its data or encodings.")
            elif kind == "data":
                self.ask_data(path)
            else:
                self._merge(path, start_off=False)

    def _restore(self, path: str) -> None:
        if self.may_close():
            self._session.restore(path)
            self.sample = False
            remember(path)

    def ask_data(self, path: str | None = None) -> None:
        """The data dialog; `path` is what was dropped."""
        before = self._session.document.data if self._session.document else None
        dialog = DataDialog(self._window, DataOptions(source=path) if path else before)
        if dialog.exec() and dialog.chosen:
            self.open_data(*dialog.chosen)

    def open_data(self, data: DataOptions, calibration: DataOptions | None = None) -> None:
        with self.told():
            self._session.open_data(data, calibration)

    def use_random(self) -> None:
        self.open_data(DataOptions(random=RANDOM_SAMPLES))

    # --- encodings --------------------------------------------------------------------------------------------
    def open_encodings(self) -> None:
        self._ask_encodings(self.tr("Open encodings"), start_off=True)

    def import_encodings(self) -> None:
        self._ask_encodings(self.tr("Import encodings"), start_off=False)

    def _ask_encodings(self, title: str, start_off: bool) -> None:
        pattern = self.tr("Encodings ({0});;All files (*)").format("*.encodings *.json")
        if path := self._ask_file(title, pattern):
            with self.told():
                self._merge(path, start_off)

    def _merge(self, path: str, start_off: bool) -> None:
        session = self._session
        report = session.open_encodings(path) if start_off else session.load_encodings(path)
        self._banner.tell(import_notice(report))

    def export(self) -> None:
        """Write the encodings; random ranges are warned about first."""
        data = self._session.data
        if data is not None and data.random and not ask_about_random(self._window):
            return
        formats = {f"{f.title} (*{f.suffix})": name for name, f in FORMATS.items()}
        name = Path(self._session.model_path or "model").with_suffix(".encodings").name
        path, chosen = QFileDialog.getSaveFileName(self._window, self.tr("Export encodings"), name, ";;".join(formats))
        if path:
            with self.told():
                self._session.export(path, formats.get(chosen, "aimet-1.0.0"))

    # --- sessions ---------------------------------------------------------------------------------------------
    def save(self) -> bool:
        """Save where it was saved before, else ask. Whether it was saved."""
        return self._save_to(self._session.saved_path) if self._session.saved_path else self.save_as()

    def save_as(self) -> bool:
        name = Path(self._session.model_path or "session").with_suffix(".qviz").name
        pattern = self.tr("qviz session ({0})").format("*.qviz")
        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save session"), name, pattern)
        return self._save_to(path) if path else False

    def _save_to(self, path: str) -> bool:
        with self.told():
            self._session.save(path)
            remember(path)
            return True
        return False

    def may_close(self) -> bool:
        """Ask about unsaved changes; whether to go on."""
        if not self._session.dirty:
            return True
        choice = ask_about_changes(self._window, self._session.unexported)
        return choice == Choice.Discard or (choice == Choice.Save and self.save())

    # --- telling ----------------------------------------------------------------------------------------------
    @contextmanager
    def told(self) -> Iterator[None]:
        """What a user caused inside is said in the banner."""
        try:
            yield
        except QvizError as error:
            self.tell_error(error.text)

    def tell_error(self, text: Text) -> None:
        details = f"{text}\n\nqviz: {self._session.model_path or '-'}"
        self._banner.tell(Notice("error", lambda: sentence(text), details=details))

    def tell_written(self, path: str) -> None:
        """Say that an export is there, at once or when the engine has written it."""
        self._banner.tell(Notice("info", lambda: self.tr("Exported to {0}.").format(path)))

    def _ask_file(self, title: str, pattern: str) -> str:
        path, _ = QFileDialog.getOpenFileName(self._window, title, "", pattern)
        return path
