"""Opening a .qviz file whose model may have moved or changed: the user is asked."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from qviz.session import Session
from qviz.session_file import ModelChanged, ModelMoved, SavedSession
from qviz.ui.text import sentence
from qviz.ui.window.passing import passing


def restore(session: Session, parent: QWidget, path: str, recovered: bool = False) -> SavedSession | None:
    """Open it, or None where the user gives up. Raises QvizError where it is no session."""
    model: str | None = None
    changed_too = False
    while True:
        try:
            return session.restore(path, model, changed_too, recovered)
        except ModelMoved as moved:
            model = _ask_where(parent, moved)
            if not model:
                return None
        except ModelChanged as changed:
            changed_too = _ask_whether(parent, changed)
            if not changed_too:
                return None


def _ask_where(parent: QWidget, moved: ModelMoved) -> str:
    told = Path(str(moved.text.values["model"]))
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("qviz")
    box.setText(sentence(moved.text))
    find = box.addButton(_tr("Find the model…"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel).setText(_tr("Cancel"))
    with passing(box):
        box.exec()
        if box.clickedButton() is not find:
            return ""
    title, pattern = _tr("Where is {0}?").format(told.name), _tr("Models ({0});;All files (*)").format("*.onnx")
    chosen, _ = QFileDialog.getOpenFileName(parent, title, told.name, pattern)
    return chosen


def _ask_whether(parent: QWidget, changed: ModelChanged) -> bool:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("qviz")
    box.setText(sentence(changed.text))
    box.setInformativeText(_tr("Settings are kept for the quantizers that the model still has."))
    anyway = box.addButton(_tr("Open all the same"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel).setText(_tr("Cancel"))
    with passing(box):
        box.exec()
        return box.clickedButton() is anyway


def _tr(text: str) -> str:
    return QCoreApplication.translate("restoring", text)
