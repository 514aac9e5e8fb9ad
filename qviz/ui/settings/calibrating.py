"""Calibrating what a user chose; what cannot be done is said in the window's banner."""

from collections.abc import Iterable

from qviz.errors import QvizError
from qviz.session import Session
from qviz.sim.events import Failed
from qviz.ui.bridge import Bridge

FIRST_METHOD = "minmax"


def calibrate(session: Session, bridge: Bridge, names: Iterable[str], method: str) -> None:
    """Find the ranges of `names` again by one calibrator; one history entry, or one sentence."""
    try:
        session.calibrate(method, list(names))
    except QvizError as error:
        bridge.failed.emit(Failed("calibrate", error.text))
        bridge.encodings.emit(None)  # controls show again what is
