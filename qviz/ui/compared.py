"""The state that is not shown but compared with: baseline B, or the present one while B is looked at."""

from PySide6.QtCore import QCoreApplication

from qviz.encodings import Encodings, Setting
from qviz.session import Session


def other_state(session: Session) -> Encodings:
    """Baseline B; while that is shown, the committed state."""
    return session.committed if session.showing_baseline else session.baseline


def other_setting(session: Session, name: str) -> Setting | None:
    """How the other state sets a quantizer, where that differs from what is shown; else None."""
    other = other_state(session).settings.get(name)
    return None if other is None or other == session.encodings.settings.get(name) else other


def other_name(session: Session) -> str:
    """What the other state is called: "B" or "now"."""
    return QCoreApplication.translate("compared", "now") if session.showing_baseline else "B"


def is_pinned(session: Session) -> bool:
    """Whether B is another state than the one that was opened."""
    return session.baseline is not session.history.entries[0].encodings
