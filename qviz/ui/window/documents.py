"""Opening, saving and exporting: what the File menu, the start page and a drop do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from qviz.data.options import DataOptions
from qviz.document import Document
from qviz.encodings import Encodings
from qviz.errors import QvizError, Text
from qviz.formats.atomic import write_atomically
from qviz.report import report
from qviz.session import Session
from qviz.session_file import SavedSession
from qviz.sim.result import Result
from qviz.ui.bridge import Bridge
from qviz.ui.data.dialog import DataChoice, DataDialog
from qviz.ui.start.recent import recent_files, remember
from qviz.ui.start.sample import faults, the_sample
from qviz.ui.text import fixed, sentence
from qviz.ui.window.banner import Banner, Notice
from qviz.ui.window.encodings_files import EncodingsFiles
from qviz.ui.window.files import file_kind
from qviz.ui.window.passing import passing
from qviz.ui.window.questions import Choice, ask_about_changes
from qviz.ui.window.restoring import restore
from qviz.ui.window.saving import Saving

RANDOM_SAMPLES = 64


class Documents(QObject):
    """Speaks to the session for the window; what goes wrong is said in the banner."""

    layout_wanted = Signal(str)  # a session brings its layout

    def __init__(self, session: Session, bridge: Bridge, window: QWidget, banner: Banner) -> None:
        super().__init__(window)
        self._session, self._bridge, self._window, self._banner = session, bridge, window, banner
        self.encodings = EncodingsFiles(session, window, banner, self.told)
        self._saving = Saving(session, self)
        self._saving.done.connect(remember)
        self._saving.failed.connect(lambda error: self.tell_error(error.text))
        self.layout_state: Callable[[], str] = str  # the window's layout, for sessions
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
                self.encodings.merge(path)

    def _restore(self, path: str) -> None:
        if self.may_close() and (saved := restore(self._session, self._window, path)):
            self._opened(saved)
            remember(path)

    def recover(self, path: str) -> str:
        """Go on with work that a crash left behind: which model it is about, "" where it is not opened."""
        with self.told():
            if saved := restore(self._session, self._window, path, recovered=True):
                self._opened(saved)
                return saved.document.model
        return ""

    def _opened(self, saved: SavedSession) -> None:
        self.sample = False
        self.layout_wanted.emit(saved.window)

    def ask_data(self, path: str | None = None) -> None:
        """The data dialog; `path` is what was dropped."""
        with passing(DataDialog(self._session, self._bridge, self._window, path)) as dialog:
            if dialog.exec() and dialog.chosen:
                self.open_data(dialog.chosen)

    def open_data(self, choice: DataChoice) -> None:
        with self.told():
            self._session.open_data(choice.data, choice.calibration, choice.calibration_samples, choice.check)

    def use_random(self) -> None:
        self.open_data(DataChoice(DataOptions(random=RANDOM_SAMPLES)))

    def check(self) -> None:
        """Ask for the accuracy on the check set, and for the set where none is named."""
        document = self._session.document
        if document is not None and document.check is None:
            text = Text("There is no check set yet: name one under Check data.")
            self._banner.tell(Notice("info", lambda: sentence(text), ((lambda: self.tr("Open data…"), self.ask_data),)))
            return
        with self.told():
            self._session.check()

    def tell_checked(self, result: Result) -> None:
        """Say what the check set came to."""
        metric = result.metrics[0]
        values = [fixed(v, 1) for v in (metric.float, metric.quantized)]
        self._banner.tell(
            Notice(
                "info",
                lambda: self.tr("On the check set ({0} samples): float {1} {3}, quantized {2} {3}.").format(
                    result.total, *values, metric.unit
                ),
            )
        )

    # --- sessions ---------------------------------------------------------------------------------------------
    def save(self) -> bool:
        """Save where it was saved before, else ask. Whether it is being saved."""
        return self._save_to(self._session.saved_path) if self._session.saved_path else self.save_as()

    def save_as(self) -> bool:
        name = Path(self._session.model_path or "session").with_suffix(".qviz").name
        pattern = self.tr("qviz session ({0})").format("*.qviz")
        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save session"), name, pattern)
        return self._save_to(path) if path else False

    def _save_to(self, path: str) -> bool:
        with self.told():
            self._saving.save(path, self.layout_state())
            return True
        return False

    def may_close(self) -> bool:
        """Ask about unsaved changes; whether to go on, which waits for a file under way."""
        self._saving.finish()
        if not self._session.dirty:
            return True
        choice = ask_about_changes(self._window, self._session.unexported)
        return choice == Choice.Discard or (choice == Choice.Save and self.save() and self._saving.finish())

    def fill_recent(self, menu: QMenu) -> None:
        """An action for each file opened lately."""
        menu.clear()
        for path in recent_files():
            menu.addAction(path.replace("&", "&&"), lambda path=path: self.open_path(path))

    def export_report(self) -> None:
        """One HTML file of what is known now."""
        name = str(Path(self._session.model_path or "report").with_suffix(".html"))
        pattern = self.tr("Report ({0})").format("*.html")
        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Export report"), name, pattern)
        if path:
            with self.told():
                write_atomically(path, report(self._session))
                self.tell_written(path)

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
