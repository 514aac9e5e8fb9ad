"""Writing the table of quantizers as a CSV file."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from qviz.formats.atomic import write_atomically
from qviz.ui.window.documents import Documents


def export_table(window: QWidget, documents: Documents, csv: str, model: str | None) -> None:
    """Ask where, then write; what goes wrong is said in the banner."""
    translate = QCoreApplication.translate
    name = Path(model or "model").with_suffix(".csv").name
    pattern = translate("export_table", "Table ({0})").format("*.csv")
    path, _ = QFileDialog.getSaveFileName(window, translate("export_table", "Export table"), name, pattern)
    if path:
        with documents.told():
            write_atomically(path, csv)
            documents.tell_written(path)
