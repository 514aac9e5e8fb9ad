"""The few questions the window asks: unsaved changes, and exporting ranges of random inputs."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

Choice = QMessageBox.StandardButton


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
    return Choice(box.exec())


def ask_about_random(parent: QWidget) -> bool:
    """Whether to export although the ranges come from random inputs."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("qviz")
    text = "These ranges come from random inputs. On real data they are probably wrong."
    box.setText(QCoreApplication.translate("questions", text))
    anyway = box.addButton(QCoreApplication.translate("questions", "Export anyway"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(Choice.Cancel).setText(QCoreApplication.translate("questions", "Cancel"))
    box.exec()
    return box.clickedButton() is anyway
