"""In words: how an operator runs in the simulation."""

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from qviz.sim.result import Mode
from qviz.ui.text import sentence


def mode_text(mode: Mode | None) -> str:
    """One line on how an operator runs, with the reason where it is not on integer codes; "" where unknown."""
    if mode is None:
        return ""
    if mode.kind == "integer":
        return _tr("Runs on integer codes")
    if mode.kind == "codes":
        return _tr("Moves integer codes")
    return (
        _tr("Runs as fake-quant")
        if mode.reason is None
        else _tr("Runs as fake-quant. {0}").format(sentence(mode.reason))
    )


def by_reason(modes: Mapping[str, Mode]) -> dict[str, list[str]]:
    """Names of the nodes that do not run on integer codes, by the reason in words, the most frequent first."""
    found: dict[str, list[str]] = {}
    for name, mode in modes.items():
        if mode.kind == "float":
            found.setdefault("" if mode.reason is None else sentence(mode.reason), []).append(name)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Modes", text)
