"""What to show of a window on an open document: each scene brings one panel to the front."""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QDialog, QMenu, QWidget

from qviz.ui.data.dialog import DataDialog
from qviz.ui.graphview.overlay import SCALES
from qviz.ui.palette.palette import CommandPalette
from qviz.ui.window.cache_dialog import CacheDialog
from qviz.ui.window.handlers import open_palette
from qviz.ui.window.keys import KeysPage
from qviz.ui.window.main_window import MainWindow
from tests.pictures.files import export_question, import_preview

Ready = Callable[[], bool]
Scene = Callable[[MainWindow], Ready | None]  # what it yields says when there is all to be seen


def answered(window: MainWindow) -> bool:
    """Whether the engine has told all about the present state, or has nothing to tell."""
    session, result = window.session, window.session.result
    if session.data is None and not session.awaits_data:
        scene = window.graph.scene
        return session.graph is not None and scene.full and bool(scene.nodes)
    return not session.progress and result is not None and result.complete and result.generation == session.generation


def _middle(window: MainWindow, wanted: Callable[[str], bool]) -> list[str]:
    """The quantizer in the middle of those that are wanted."""
    names = [n for n in window.session.quantizers if wanted(n)]
    return names[len(names) // 2 :][:1]


def _activation(window: MainWindow) -> None:
    _show(window, _middle(window, lambda n: window.session.quantizers[n].kind == "activation"))


def _weight(window: MainWindow) -> list[str]:
    quantizers, histograms = window.session.quantizers, window.session.histograms
    return _middle(
        window, lambda n: quantizers[n].axis is not None and n in histograms and bool(histograms[n].per_channel)
    )


def _show(window: MainWindow, names: list[str], tab: str = "range") -> None:
    window.view.update(selected=tuple(names), node=None)
    window.tabs.choose(getattr(window.tabs, tab))
    window.bottom.bring_first()


def _weight_in(tab: str, window: MainWindow) -> None:
    _show(window, _weight(window), tab)


def _several(window: MainWindow) -> None:
    names = [n for n, q in window.session.quantizers.items() if q.kind == "param"]
    window.view.update(selected=tuple(names[:5]), node=None)


def _fit(window: MainWindow) -> None:
    _activation(window)
    window.graph.buttons["fit"].click()


def _collapsed(window: MainWindow) -> Ready:
    _activation(window)
    window.graph.folding.collapse_all()
    return lambda: _fitted(window)


def _fitted(window: MainWindow) -> bool:
    """Whether all blocks are drawn as one; then the whole is shown."""
    told = window.graph.scene.told
    if told is None or not window.graph.scene.full or (told.groups and not told.shown):
        return False
    window.graph.buttons["fit"].click()
    return True


def _overlay(name: str, window: MainWindow) -> None:
    _activation(window)
    window.graph.header.overlay.setCurrentIndex(window.graph.header.overlay.findData(name))


def _data(window: MainWindow) -> Ready:
    dialog = DataDialog(window.session, window.bridge, window, None)
    dialog.show()
    return lambda: not dialog.tryout.busy


def _form(fields: dict[str, object], tab: str, window: MainWindow) -> Ready:
    """The weight in the middle in another form, or the activation where the form is a float's."""
    if "float8_e4m3fn" in fields.values():
        _activation(window)
        names = list(window.view.state.selected)
    else:
        names = _weight(window)
    window.session.set_spec(names, **fields)  # type: ignore[arg-type]
    _show(window, names, tab)
    return partial(answered, window)


def _target(window: MainWindow) -> Ready:
    window.targets.choose("tensorrt")
    _show(window, _weight(window))
    return partial(answered, window)


def _muted(window: MainWindow) -> Ready:
    _activation(window)
    window.session.set_mute(window.view.state.selected)
    return partial(answered, window)


def _compared(window: MainWindow) -> Ready:
    """Another B than the state as opened, and an edit after it."""
    session = window.session
    session.pin_baseline()
    ranged = [n for n in session.quantizers if session.encodings[n].grid is not None]  # weights alone, without data
    _activation(window)
    if window.view.state.selected[0] not in ranged:
        _show(window, ranged[:1])
    name = window.view.state.selected[0]
    grid = session.encodings[name].grid
    assert grid is not None
    session.set_range(name, float(grid.min.min()) / 2, float(grid.max.max()) / 2)
    return partial(answered, window)


def _pinned(window: MainWindow) -> None:
    _activation(window)
    window.compare.pin()


def _flipped(window: MainWindow) -> Ready:
    _activation(window)
    window.session.show_baseline(True)
    return partial(answered, window)


def _samples(window: MainWindow) -> Ready:
    """With their pictures, where there are samples that flipped."""
    samples = window.bottom.samples
    window.bottom.bring(samples)
    total = 0 if window.session.result is None else window.session.result.total
    return lambda: not samples.list.model().rowCount() or any(samples.store.known(i) for i in range(total))


def _error(window: MainWindow) -> None:
    _activation(window)
    window.documents.encodings.merge("model_that_is_not_there.encodings")


def _modes(window: MainWindow) -> None:
    menu = window.status.running.line.menu
    menu.popup(window.status.running.line.modes.mapToGlobal(window.rect().topLeft()))


SCENES: dict[str, Scene] = {
    "range": _activation,
    "weight": partial(_weight_in, "range"),
    "graph": _fit,
    "collapsed": _collapsed,
    "channels": partial(_weight_in, "channels"),
    "image": partial(_weight_in, "image"),
    "several": _several,
    "history": lambda w: w.bottom.bring(w.bottom.history),
    "samples": _samples,
    "confusion": lambda w: w.bottom.bring(w.bottom.confusion),
    "palette": open_palette,
    "data": _data,
    "codebook": partial(_form, {"form": "codebook", "size": 16}, "range"),
    "float8": partial(_form, {"form": "float8_e4m3fn"}, "range"),
    "ternary": partial(_form, {"form": "ternary"}, "range"),
    "blocks": partial(_form, {"block": 16}, "channels"),
    "target": _target,
    "muted": _muted,
    "compared": _compared,
    "pinned": _pinned,
    "flipped": _flipped,
    "error": _error,
    "import": import_preview,
    "export": export_question,
    "keys": lambda w: KeysPage(w.actions_, w).show(),
    "cache": lambda w: CacheDialog(w.session, w).show(),
    "modes": _modes,
    **{f"overlay_{name}": partial(_overlay, name) for name in SCALES},
}


def back(window: MainWindow, place: int) -> None:
    """As before the scene: `place` in the history, B the state as opened, nothing muted, folded or told."""
    session = window.session
    session.show_baseline(False)
    session.clear_what_if()
    if session.baseline is not session.history.entries[0].encodings:
        session.go_to(0)
        session.pin_baseline()
    session.go_to(place)
    window.graph.folding.expand_all()
    window.graph.header.overlay.setCurrentIndex(0)
    for banner in (window.errors, window.compare):
        banner.clear()


def overlays(window: MainWindow) -> list[QWidget]:
    """What lies over the window, the front one last."""
    return [w for kind in (CommandPalette, QDialog, QMenu) for w in window.findChildren(kind) if w.isVisible()]
