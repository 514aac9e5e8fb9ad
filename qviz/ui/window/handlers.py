"""What each action of the menus does."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from qviz.ui.palette.palette import Command, CommandPalette, commands_of
from qviz.ui.settings.names import calibrators
from qviz.ui.what_if import toggle_mute, toggle_solo
from qviz.ui.window.about import about
from qviz.ui.window.keys import KeysPage
from qviz.ui.window.passing import open_passing
from qviz.ui.window.table_export import export_table
from qviz.ui.window.text_size import change_text_size

if TYPE_CHECKING:
    from qviz.ui.window.main_window import MainWindow


def handlers(window: "MainWindow") -> dict[str, Callable[[], object]]:
    """By the action's name, those apart that switch a panel or the theme."""
    documents, session, view = window.documents, window.session, window.view
    return {
        "open_model": documents.open_model,
        "open_data": documents.ask_data,
        "open_encodings": documents.encodings.open,
        "import_encodings": documents.encodings.import_,
        "save": documents.save,
        "save_as": documents.save_as,
        "export": documents.encodings.export,
        "report": documents.export_report,
        "export_table": lambda: export_table(window, documents, window.table.csv(), session.model_path),
        "export_graph": window.graph.export_picture,
        "collapse_graph": window.graph.folding.collapse_all,
        "expand_graph": window.graph.folding.expand_all,
        "fit_graph": window.graph.graph.fit,
        "quit": window.close,
        "undo": session.undo,
        "redo": session.redo,
        "find": window.find_in_graph,
        "filter": window.filter_table,
        "palette": lambda: open_palette(window),
        "reset_layout": window.workspace.reset,
        "larger": lambda: change_text_size(1),
        "smaller": lambda: change_text_size(-1),
        "normal_size": lambda: change_text_size(0),
        "calibrate": lambda: session.calibrate(),
        "check": documents.check,
        "cause": lambda: window.cause.run(),
        "mute_selected": lambda: toggle_mute(session, view.state.selected),
        "solo_selected": lambda: toggle_solo(session, view.state.selected),
        "clear_what_if": session.clear_what_if,
        "random": documents.use_random,
        "enable_selected": lambda: session.set_enabled(view.state.selected, True),
        "disable_selected": lambda: session.set_enabled(view.state.selected, False),
        "keys": lambda: open_passing(KeysPage(window.actions_, window)),
        "sample": documents.open_sample,
        "about": lambda: about(window),
    }


def open_palette(window: "MainWindow") -> None:
    """Every action that can be chosen now, every calibrator, and every quantizer."""
    kind = QCoreApplication.translate("palette", "quantizer")
    quantizers = [
        Command(name, name, kind, partial(window.view.update, selected=(name,), node=None))
        for name in window.session.quantizers
    ]
    commands = commands_of(window.actions_.listed())
    CommandPalette([*commands, *_calibrate_commands(window), *quantizers], window).open()


def _calibrate_commands(window: "MainWindow") -> list[Command]:
    """Calibrating all, with each calibrator by its name."""
    if not window.actions_["calibrate"].isEnabled():
        return []
    words = QCoreApplication.translate("palette", "Calibrate all: {0}")
    kind = QCoreApplication.translate("palette", "calibrator")
    return [
        Command(title, words.format(title), kind, partial(window.session.calibrate, name))
        for name, title in calibrators().items()
    ]
