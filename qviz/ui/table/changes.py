"""What an edit in a cell does to the session: one history entry, or a what-if."""

from collections.abc import Sequence
from typing import Any

from qviz.session import Session
from qviz.ui import what_if
from qviz.ui.settings.edges import set_edge
from qviz.ui.table.columns import Column


def apply(session: Session, names: Sequence[str], column: Column, value: Any) -> None:
    """Give `names` the value of one column. Granularity leaves those out that have no channel axis."""
    match column:
        case Column.ENABLED:
            session.set_enabled(names, bool(value))
        case Column.MUTE:
            what_if.mute(session, names, bool(value))
        case Column.SOLO:
            what_if.solo(session, names, bool(value))
        case Column.BITS:
            session.set_spec(names, bits=int(value))
        case Column.SCHEME:
            session.set_spec(names, scheme=str(value))
        case Column.GRANULARITY:
            split = [n for n in names if session.quantizers[n].axis is not None]
            session.set_spec(split, granularity=str(value))
        case Column.LOW | Column.HIGH:
            edge = "min" if column == Column.LOW else "max"
            set_edge(session, names, edge, float(value), "Type a range")
        case _:
            raise ValueError(f"{column.name} cannot be edited")
