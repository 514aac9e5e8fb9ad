"""Typing one edge of the clip range of several quantizers: one history entry, each keeping its other edge."""

from collections.abc import Iterable

from qviz.quant.encoding import move_edge
from qviz.session import Session
from qviz.ui.settings.selection import requested


def set_edge(session: Session, names: Iterable[str], edge: str, value: float, label: str) -> None:
    """Move `edge` ("min" or "max") of each to `value`; where symmetric the other edge follows."""
    before = session.committed
    changes = {}
    for name in names:
        low, high = requested(before[name]) or (0.0, 0.0)
        low, high = move_edge(low, high, before[name].spec, edge, value)
        changes[name] = session.with_range(name, low, high)[name]
    session.commit(before.with_settings(changes), label, merge_key=f"{edge} {sorted(changes)}")
