"""The few questions the window asks: unsaved changes, and what an export leaves open."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from qviz.ui.window.passing import passing

Choice = QMessageBox.StandardButton
LONGEST = 240  # characters of a warning


def ask_about_changes(parent: QWidget, never_exported: bool) -> Choice:
    """Save, Discard or Cancel."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("qviz")
    box.setText(QCoreApplication.translate("questions", "Save the changes to this session?"))
    if never_exported:
        text = "The encodings were edited and never exported since."
        box.setInformativeText(QCoreApplication.translate("questions", text))
    for choice, label in (
        (Choice.Save, QCoreApplication.translate("questions", "Save")),
        (Choice.Discard, QCoreApplication.translate("questions", "Discard")),
        (Choice.Cancel, QCoreApplication.translate("questions", "Cancel")),
    ):
        box.addButton(choice).setText(label)
    box.setDefaultButton(Choice.Save)
    with passing(box):
        return Choice(box.exec())


def ask_about_export(parent: QWidget, warnings: list[str]) -> bool:
    """Whether to export although the file will leave these things open."""
    box, anyway = export_box(parent, warnings)
    with passing(box):
        box.exec()
        return box.clickedButton() is anyway


def export_box(parent: QWidget, warnings: list[str]) -> tuple[QMessageBox, QPushButton]:
    """The question, and its button that says yes. Long lists of names are cut here."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("qviz")
    box.setText(QCoreApplication.translate("questions", "Before the file is written:"))
    box.setInformativeText("\n".join(f"• {w if len(w) <= LONGEST else w[: LONGEST - 1] + '…'}" for w in warnings))
    if any(len(w) > LONGEST for w in warnings):
        box.setDetailedText("\n\n".join(warnings))
    anyway = box.addButton(QCoreApplication.translate("questions", "Export anyway"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(Choice.Cancel).setText(QCoreApplication.translate("questions", "Cancel"))
    return box, anyway
