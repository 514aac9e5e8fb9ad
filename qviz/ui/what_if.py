"""Mute and solo as the table, the graph and the menu switch them."""

from collections.abc import Collection

from qviz.session import Session


def mute(session: Session, names: Collection[str], on: bool) -> None:
    """Mute `names` too, or no more."""
    session.set_mute(session.muted | set(names) if on else session.muted - set(names))


def solo(session: Session, names: Collection[str], on: bool) -> None:
    """Solo `names` too, or no more."""
    session.set_solo(session.soloed | set(names) if on else session.soloed - set(names))


def toggle_mute(session: Session, names: Collection[str]) -> None:
    """Mute `names`; where all of them are muted, no more."""
    mute(session, names, not session.muted.issuperset(names))


def toggle_solo(session: Session, names: Collection[str]) -> None:
    """Solo `names`; where all of them are soloed, no more."""
    solo(session, names, not session.soloed.issuperset(names))
