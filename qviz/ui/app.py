"""Starting the window. Whoever calls has made sure that Qt loads (qviz.doctor.qt_problem)."""

from PySide6.QtCore import QSettings
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from qviz.document import Document
from qviz.paths import resource
from qviz.session import Session
from qviz.sim.client import ProcessClient
from qviz.ui.bridge import Bridge
from qviz.ui.collector import CycleCollector
from qviz.ui.theme import ThemeSource, interface_font
from qviz.ui.window.files import file_kind
from qviz.ui.window.main_window import MainWindow
from qviz.ui.window.text_size import text_size


def run(document: Document | None = None, encodings: str | None = None, cache: int | None = None) -> int:
    """Open the window and stay until it is closed. `document` names a model, or a .qviz session by its path.

    `cache`: bytes for results; None: what was chosen in the window before.
    """
    app = application()
    window = make_window()
    if cache is not None:
        window.session.set_cache(cache)
    window.show()
    if document is not None and file_kind(document.model) == "session":
        window.documents.open_path(document.model)
    elif document is not None:
        window.documents.open_document(document, encodings)
    return app.exec()


def application() -> QApplication:
    """The application in our style and font; the one there is, where there is one."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(["qviz"])
        CycleCollector(app)
    app.setOrganizationName("qviz")
    app.setApplicationName("qviz")
    app.setStyle("Fusion")
    app.setFont(interface_font(text_size()))
    app.setWindowIcon(QIcon(str(resource("icons") / "qviz.svg")))
    return app


def make_window() -> MainWindow:
    """A window with a session whose engine runs in its own process."""
    themes = ThemeSource()
    themes.choose({"dark": True, "light": False}.get(str(QSettings().value("theme"))))
    bridge = Bridge()
    session = Session(ProcessClient(), bridge.post)
    bridge.attach(session)
    return MainWindow(session, bridge, themes)
