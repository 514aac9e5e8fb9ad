"""Dialogs that go when they are done with: their parent, the window, would keep each of them to its own end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

D = TypeVar("D", bound=QDialog)


@contextmanager
def passing(dialog: D) -> Iterator[D]:
    """Ask what it asks inside; it goes afterwards."""
    try:
        yield dialog
    finally:
        dialog.deleteLater()


def open_passing(dialog: QDialog) -> None:
    """Show it; it goes when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
