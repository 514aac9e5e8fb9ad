"""The whole window in a made-up language 40 % longer: no text is bare, none is cut, and English comes back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from qviz.errors import Text
from qviz.ui.data.dialog import DataDialog
from qviz.ui.palette.palette import CommandPalette, commands_of
from qviz.ui.text import sentence
from qviz.ui.window.import_preview import ImportPreview
from qviz.ui.window.keys import KeysPage
from qviz.ui.window.main_window import MainWindow
from tests.ui.pseudo import PseudoTranslator, bare, cut


@pytest.fixture
def pseudo(qapp: QApplication) -> Iterator[Callable[..., None]]:
    """Switches to the made-up language and lays everything out anew."""
    translator = PseudoTranslator()

    def switch(on: bool = True) -> None:
        (qapp.installTranslator if on else qapp.removeTranslator)(translator)
        laid_out(qapp)

    yield switch
    qapp.removeTranslator(translator)


def laid_out(qapp: QApplication) -> None:
    for _ in range(10):  # one layout asks for the next
        qapp.processEvents()


def test_the_start_page(window: MainWindow, pseudo: Callable[..., None], qapp: QApplication) -> None:
    pseudo()
    assert bare(window) == []
    assert cut(window) == []


def test_the_window_with_a_model(demo: MainWindow, pseudo: Callable[..., None], qapp: QApplication) -> None:
    pseudo()
    assert bare(demo) == []
    assert cut(demo) == []


def test_english_comes_back(demo: MainWindow, pseudo: Callable[..., None], qapp: QApplication) -> None:
    pseudo()
    pseudo(False)
    assert demo.actions_["save"].text() == "&Save session"
    assert demo.docks["graph"].windowTitle() == "Graph"
    assert demo.inspector.form.enabled.text() == "Enabled"


def test_banners_and_errors(window: MainWindow, pseudo: Callable[..., None], qapp: QApplication) -> None:
    window.documents.tell_error(Text("There is no file {path}.", {"path": "x.onnx"}))
    pseudo()
    assert window.errors.text.text().startswith("[There is no file x.onnx.~")
    assert sentence(Text("{n} wide", {"n": 3})).startswith("[3 wide~")
    assert bare(window.errors) == []
    assert cut(window.errors) == []


def test_the_preview_of_an_import_and_the_palette(
    demo: MainWindow, pseudo: Callable[..., None], qapp: QApplication, tmp_path: Path
) -> None:
    demo.session.export(str(tmp_path / "e.encodings"))
    demo.session.set_bias("float")
    pseudo()
    preview = ImportPreview(lambda lock: demo.session.plan_import(str(tmp_path / "e.encodings"), lock), "qviz", demo)
    preview.show()
    laid_out(qapp)
    assert bare(preview) == []
    assert cut(preview) == []
    preview.close()
    palette = CommandPalette(commands_of(demo.actions_.listed()), demo)
    palette.show()
    laid_out(qapp)
    assert bare(palette) == []
    assert cut(palette) == []


def test_dialogs(window: MainWindow, pseudo: Callable[..., None], qapp: QApplication) -> None:
    pseudo()
    for dialog in (DataDialog(window.session, window.bridge, window), KeysPage(window.actions_, window)):
        dialog.show()
        laid_out(qapp)
        assert bare(dialog) == []
        assert cut(dialog) == []
        dialog.close()
