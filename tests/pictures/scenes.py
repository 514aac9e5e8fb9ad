"""What to show of a window on an open document: each scene brings one panel to the front."""

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QWidget

from qviz.ui.data.dialog import DataDialog
from qviz.ui.palette.palette import CommandPalette
from qviz.ui.window.handlers import open_palette
from qviz.ui.window.main_window import MainWindow

Scene = Callable[[MainWindow], None]


def _select(window: MainWindow, wanted: Callable[[str], bool]) -> None:
    """Select the quantizer in the middle of those that are wanted."""
    names = [n for n in window.session.quantizers if wanted(n)]
    if names:
        window.view.update(selected=(names[len(names) // 2],), node=None)


def _activation(window: MainWindow) -> None:
    _select(window, lambda n: window.session.quantizers[n].kind == "activation")
    window.tabs.choose(window.tabs.range)
    window.bottom.bring_first()


def _weight(window: MainWindow) -> None:
    quantizers, histograms = window.session.quantizers, window.session.histograms
    _select(window, lambda n: quantizers[n].axis is not None and n in histograms and histograms[n].per_channel)


def _channels(window: MainWindow) -> None:
    _weight(window)
    window.tabs.choose(window.tabs.channels)


def _image(window: MainWindow) -> None:
    _weight(window)
    window.tabs.choose(window.tabs.image)


def _several(window: MainWindow) -> None:
    names = [n for n, q in window.session.quantizers.items() if q.kind == "param"]
    window.view.update(selected=tuple(names[:5]), node=None)


def _fit(window: MainWindow) -> None:
    _activation(window)
    window.graph.buttons["fit"].click()


def _dialog(window: MainWindow) -> None:
    DataDialog(window.session, window.bridge, window, None).show()


SCENES: dict[str, Scene] = {
    "range": _activation,
    "graph": _fit,
    "channels": _channels,
    "image": _image,
    "several": _several,
    "history": lambda w: w.bottom.bring(w.bottom.history),
    "samples": lambda w: w.bottom.bring(w.bottom.samples),
    "confusion": lambda w: w.bottom.bring(w.bottom.confusion),
    "palette": open_palette,
    "data": _dialog,
}


def overlays(window: MainWindow) -> list[QWidget]:
    """What lies over the window, the front one last."""
    return [w for kind in (CommandPalette, QDialog) for w in window.findChildren(kind) if w.isVisible()]
