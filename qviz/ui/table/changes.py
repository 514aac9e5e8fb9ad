"""What an edit in a cell does to the session: one history entry, or a what-if."""

from collections.abc import Sequence
from typing import Any

from qviz.session import Session
from qviz.ui import what_if
from qviz.ui.bridge import Bridge
from qviz.ui.settings.edges import set_edge
from qviz.ui.settings.specs import choose_scheme_or_form, set_spec
from qviz.ui.table.columns import Column


def apply(session: Session, bridge: Bridge, names: Sequence[str], column: Column, value: Any) -> None:
    """Give `names` the value of one column; a form or a granularity those that can take it."""
    match column:
        case Column.ENABLED:
            session.set_enabled(names, bool(value))
        case Column.MUTE:
            what_if.mute(session, names, bool(value))
        case Column.SOLO:
            what_if.solo(session, names, bool(value))
        case Column.BITS:
            set_spec(session, bridge, names, bits=int(value))
        case Column.SCHEME:
            choose_scheme_or_form(session, bridge, names, str(value))
        case Column.GRANULARITY:
            set_spec(session, bridge, names, granularity=str(value))
        case Column.LOW | Column.HIGH:
            edge = "min" if column == Column.LOW else "max"
            set_edge(session, names, edge, float(value), "Type a range")
        case _:
            raise ValueError(f"{column.name} cannot be edited")
