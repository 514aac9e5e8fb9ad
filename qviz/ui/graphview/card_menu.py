"""What can be done with a card, as its menu."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu, QWidget

from qviz.ui.graphview.cards import Card, group_title
from qviz.ui.graphview.folding import Folding


def card_menu(parent: QWidget, card: Card, folding: Folding, switch: Callable[[str, str], None]) -> QMenu:
    """Mute and solo, expand what is drawn as one, collapse what is around; `switch` gets the card and which."""
    menu = QMenu(parent)
    if card.marks.possible:
        mute = menu.addAction(_tr("Mute (float, as a what-if)\tM"), lambda: switch(card.name, "mute"))
        solo = menu.addAction(_tr("Solo (only this quantized)\tS"), lambda: switch(card.name, "solo"))
        for action, on in ((mute, card.marks.muted), (solo, card.marks.soloed)):
            action.setCheckable(True)
            action.setChecked(on)
    _add_folding(menu, card, folding)
    return menu


def _add_folding(menu: QMenu, card: Card, folding: Folding) -> None:
    groups, around = folding.groups, folding.around(card.name)
    menu.addSeparator()
    if card.count:
        menu.addAction(_tr("Expand\tEnter"), lambda: folding.expand(card.name))
        _add_alike(menu, _tr("Expand all {0} like it"), folding.alike(card.name), folding.expand)
    if around is not None:
        name = group_title(groups[around]).replace("&", "&&")
        menu.addAction(_tr("Collapse {0}\tBackspace").format(name), lambda: folding.collapse(around))
        _add_alike(menu, _tr("Collapse all {0} like it"), folding.alike(around), folding.collapse)


def _add_alike(menu: QMenu, text: str, names: list[str], fold: Callable[..., None]) -> None:
    if len(names) > 1:
        menu.addAction(text.format(len(names)), lambda: fold(*names))


def _tr(text: str) -> str:
    return QCoreApplication.translate("CardMenu", text)
