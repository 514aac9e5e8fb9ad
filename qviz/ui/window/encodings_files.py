"""Encodings in and out by the File menu: what an import would change is shown first, and what an export leaves open."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QFileDialog, QWidget

from qviz.formats.registry import FORMATS, export_warnings
from qviz.formats.unsaid import RANDOM
from qviz.session import Session
from qviz.ui.text import sentence
from qviz.ui.window.banner import Banner
from qviz.ui.window.import_notice import import_notice
from qviz.ui.window.import_preview import ImportPreview
from qviz.ui.window.passing import passing
from qviz.ui.window.questions import ask_about_export

DEFAULT = "aimet-1.0.0"
PATTERNS = "*.encodings *.json *.cache *.table *.txt *.csv"


def beside(model: str, suffix: str) -> str:
    """The name that an export of `model` is given first: never the model's own."""
    path = Path(model).with_suffix(suffix)
    return str(path if path != Path(model) else path.with_stem(f"{path.stem}_qdq"))


class Told(Protocol):
    """Says in the banner what a user caused inside."""

    def __call__(self) -> AbstractContextManager[None]: ...


class EncodingsFiles(QObject):
    """Speaks to the session; what goes wrong is told."""

    def __init__(self, session: Session, window: QWidget, banner: Banner, told: Told) -> None:
        super().__init__(window)
        self._session, self._window, self._banner, self._told = session, window, banner, told

    def open(self) -> None:
        """Ask for a file; quantizers that it does not name are switched off."""
        self._ask(self.tr("Open encodings"), start_off=True)

    def import_(self) -> None:
        """Ask for a file; quantizers that it does not name stay as they are."""
        self._ask(self.tr("Import encodings"), start_off=False)

    def merge(self, path: str, start_off: bool = False) -> None:
        """Show what a file would change, and change it where the user agrees."""
        session, name = self._session, Path(path).name
        title = self.tr("Open {0}") if start_off else self.tr("Import {0}")
        with self._told():
            asked = ImportPreview(
                lambda lock: session.plan_import(path, lock, start_off), title.format(name), self._window
            )
            with passing(asked) as preview:
                if preview.exec():
                    label = f"Open {name}" if start_off else f"Import {name}"
                    self._banner.tell(import_notice(session.apply_import(preview.plan, label)))

    def export(self) -> None:
        """Ask where and in which format; what the file would leave open is said before it is written."""
        formats = {f"{f.title} (*{f.suffix})": name for name, f in FORMATS.items()}
        target = self._session.target
        last = target.export if target else str(QSettings().value("export_format", DEFAULT))
        chosen = next((title for title, name in formats.items() if name == last), next(iter(formats)))
        name = beside(self._session.model_path or "model", FORMATS[formats[chosen]].suffix)
        path, title = QFileDialog.getSaveFileName(
            self._window, self.tr("Export encodings"), name, ";;".join(formats), chosen
        )
        if path:
            with self._told():
                self._write(path, formats.get(title, DEFAULT))

    def _write(self, path: str, format: str) -> None:
        session = self._session
        warnings = export_warnings(session.committed, session.quantizers, format, session.graph)
        if session.data is not None and session.data.random:
            warnings = (RANDOM, *warnings)
        if not warnings or ask_about_export(self._window, [sentence(text) for text in warnings]):
            if session.target is None:  # a target has its own
                QSettings().setValue("export_format", format)
            session.export(path, format)

    def _ask(self, title: str, start_off: bool) -> None:
        pattern = self.tr("Encodings ({0});;All files (*)").format(PATTERNS)
        path, _ = QFileDialog.getOpenFileName(self._window, title, "", pattern)
        if path:
            self.merge(path, start_off)
