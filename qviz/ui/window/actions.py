"""The window's actions: texts, shortcuts, icons, and the menus that hold them."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from qviz.ui.icons import icon
from qviz.ui.theme import Theme

SHORTCUTS = {
    "open_model": "Ctrl+O", "open_data": "Ctrl+Shift+O", "import_encodings": "Ctrl+I", "save": "Ctrl+S",
    "save_as": "Ctrl+Shift+S", "export": "Ctrl+E", "quit": "Ctrl+Q", "undo": "Ctrl+Z", "redo": "Ctrl+Y",
    "graph_panel": "Ctrl+1", "settings_panel": "Ctrl+2", "table_panel": "Ctrl+3", "find": "Ctrl+F",
    "filter": "Ctrl+Shift+F",
    "history_panel": "Ctrl+4", "samples_panel": "Ctrl+5", "confusion_panel": "Ctrl+6",
    "pin_baseline": "Shift+B", "flip_baseline": "B", "calibrate": "Ctrl+R", "cause": "Ctrl+J", "palette": "Ctrl+K",
    "larger": "Ctrl++", "smaller": "Ctrl+-", "normal_size": "Ctrl+0", "mute_selected": "M", "solo_selected": "S",
    "keys": "F1",
}  # fmt: skip
ICONS = {
    "open_model": "model", "open_data": "data", "save": "save", "export": "export", "undo": "undo", "redo": "redo",
    "graph_panel": "panel-left", "settings_panel": "panel-right", "table_panel": "panel-bottom",
}  # fmt: skip
MENUS: dict[str, tuple[str, ...]] = {
    "file": ("open_model", "open_data", "recent", "", "open_encodings", "import_encodings", "", "save", "save_as",
             "export", "export_table", "export_graph", "report", "", "quit"),
    "edit": ("undo", "redo", "", "palette", "find", "filter"),
    "view": ("graph_panel", "settings_panel", "table_panel", "history_panel", "samples_panel", "confusion_panel", "",
             "pin_baseline", "flip_baseline", "", "collapse_graph", "expand_graph", "fit_graph", "", "reset_layout", "",
             "larger", "smaller", "normal_size", "", "theme_system", "theme_light", "theme_dark"),
    "quantization": ("cause", "mute_selected", "solo_selected", "clear_what_if", "", "calibrate", "targets", "random",
                     "check", "", "enable_selected", "disable_selected"),
    "simulation": ("integer", "cache"),
    "help": ("keys", "sample", "about"),
}  # fmt: skip
NEED_MODEL = (
    "history_panel", "samples_panel", "confusion_panel", "pin_baseline", "flip_baseline",
    "open_data", "open_encodings", "import_encodings", "save", "save_as", "export", "calibrate", "random",
    "graph_panel", "settings_panel", "table_panel", "find", "filter", "enable_selected", "disable_selected",
    "cause", "mute_selected", "solo_selected", "clear_what_if", "export_table", "export_graph", "check", "report",
    "reset_layout", "collapse_graph", "expand_graph", "fit_graph",
)  # fmt: skip
SUBMENUS = ("recent", "targets")
CHECKABLE = ("graph_panel", "settings_panel", "table_panel", "theme_system", "theme_light", "theme_dark", "integer")


class Actions(QObject):
    """`actions["save"]` and so on; `recent` and `targets` are submenus that others fill."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        names = [n for items in MENUS.values() for n in items if n and n not in SUBMENUS]
        self._actions = {name: QAction(parent) for name in names}
        self.recent, self.targets = QMenu(), QMenu()
        self._menus: dict[str, QMenu] = {}
        for name, keys in SHORTCUTS.items():
            self._actions[name].setShortcut(QKeySequence(keys))
        self._actions["larger"].setShortcuts([QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")])  # one key on most boards
        self._actions["redo"].setShortcuts([QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])
        for name in CHECKABLE:
            self._actions[name].setCheckable(True)
        themes = QActionGroup(self)
        for name in ("theme_system", "theme_light", "theme_dark"):
            themes.addAction(self._actions[name])

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def connect_all(self, handlers: dict[str, Callable[[], object]]) -> None:
        """Call a handler when its action is chosen."""
        for name, handler in handlers.items():
            self._actions[name].triggered.connect(lambda _checked=False, run=handler: run())

    def bind(self, name: str, *widgets: QWidget) -> None:
        """Let the shortcut of an action, a bare letter, count only where one of these has the focus."""
        self._actions[name].setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        for widget in widgets:
            widget.addAction(self._actions[name])

    def fill(self, bar: QMenuBar) -> None:
        for name, items in MENUS.items():
            menu = self._menus[name] = bar.addMenu("")
            menu.setToolTipsVisible(name == "simulation")
            for item in items:
                if item in SUBMENUS:
                    menu.addMenu(getattr(self, item))
                elif item:
                    menu.addAction(self._actions[item])
                else:
                    menu.addSeparator()

    def listed(self) -> list[tuple[str, QAction]]:
        """(title of its menu, action), in the order of the menus."""
        own = [
            (self._menus[name].title(), self._actions[item])
            for name, items in MENUS.items()
            for item in items
            if item and item != "palette" and item not in SUBMENUS
        ]
        return own + [(self.targets.title(), action) for action in self.targets.actions()]

    def titles(self) -> dict[str, str]:
        """Each menu's title, by its name in MENUS."""
        return {name: menu.title() for name, menu in self._menus.items()}

    def set_model_open(self, is_open: bool) -> None:
        for name in NEED_MODEL:
            self._actions[name].setEnabled(is_open)
        self.targets.setEnabled(is_open)

    def set_theme(self, theme: Theme) -> None:
        for name, picture in ICONS.items():
            self._actions[name].setIcon(icon(picture, theme))

    def retranslate(self) -> None:
        for name, text in self._texts().items():
            self._actions[name].setText(text)
        for name, text in self._menu_texts().items():
            self._menus[name].setTitle(text)
        self.recent.setTitle(self.tr("&Recent"))
        self._actions["integer"].setToolTip(
            self.tr("On: as hardware computes, wherever that is exact. Off: all as fake-quant, as AIMET does.")
        )
        self.targets.setTitle(self.tr("&Target"))

    def _menu_texts(self) -> dict[str, str]:
        return {
            "file": self.tr("&File"),
            "edit": self.tr("&Edit"),
            "view": self.tr("&View"),
            "quantization": self.tr("&Quantization"),
            "simulation": self.tr("&Simulation"),
            "help": self.tr("&Help"),
        }

    def _texts(self) -> dict[str, str]:
        return {
            "open_model": self.tr("&Open model or session…"),
            "open_data": self.tr("Open &data…"),
            "open_encodings": self.tr("Open e&ncodings…"),
            "import_encodings": self.tr("&Import encodings…"),
            "save": self.tr("&Save session"),
            "save_as": self.tr("Save session &as…"),
            "export": self.tr("&Export encodings…"),
            "export_table": self.tr("Export &table…"),
            "export_graph": self.tr("Export &graph…"),
            "report": self.tr("Export &report…"),
            "quit": self.tr("&Quit"),
            "undo": self.tr("&Undo"),
            "redo": self.tr("&Redo"),
            "find": self.tr("&Find in the graph"),
            "filter": self.tr("Fi&lter quantizers"),
            "palette": self.tr("&Commands and quantizers…"),
            "graph_panel": self.tr("&Graph"),
            "settings_panel": self.tr("&Settings"),
            "table_panel": self.tr("&Quantizers"),
            "history_panel": self.tr("&History"),
            "samples_panel": self.tr("S&amples"),
            "confusion_panel": self.tr("C&onfusion matrix"),
            "pin_baseline": self.tr("&Pin as baseline B"),
            "flip_baseline": self.tr("Show &baseline B, or now"),
            "collapse_graph": self.tr("C&ollapse all blocks of the graph"),
            "expand_graph": self.tr("E&xpand all blocks of the graph"),
            "fit_graph": self.tr("Show the &whole graph"),
            "reset_layout": self.tr("&Reset the layout"),
            "larger": self.tr("L&arger text"),
            "smaller": self.tr("S&maller text"),
            "normal_size": self.tr("&Normal text size"),
            "theme_system": self.tr("Theme of the s&ystem"),
            "theme_light": self.tr("&Light theme"),
            "theme_dark": self.tr("&Dark theme"),
            "calibrate": self.tr("&Calibrate all"),
            "cause": self.tr("&Find the cause"),
            "mute_selected": self.tr("&Mute selected (float, as a what-if)"),
            "solo_selected": self.tr("&Solo selected (only these quantized)"),
            "clear_what_if": self.tr("&End the what-if"),
            "random": self.tr("Use &random inputs"),
            "check": self.tr("Chec&k on the held-out set"),
            "enable_selected": self.tr("&Quantize selected"),
            "disable_selected": self.tr("&Leave selected in float"),
            "integer": self.tr("&Integer kernels"),
            "cache": self.tr("&Cache…"),
            "keys": self.tr("&Keys and mouse"),
            "sample": self.tr("&Try the sample"),
            "about": self.tr("&About qviz"),
        }
