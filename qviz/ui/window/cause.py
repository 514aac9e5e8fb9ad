"""Find the cause: the quantizer that costs most, shown in the table, the editor and the graph."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from qviz.session import Session
from qviz.sim.result import SensitivityRow
from qviz.ui.bridge import Bridge
from qviz.ui.table.columns import is_sure
from qviz.ui.table.panel import TablePanel
from qviz.ui.text import fixed
from qviz.ui.view_state import View, ViewState
from qviz.ui.window.banner import Banner, Notice


class FindCause(QObject):
    """Selects the top row by what is regained; while sensitivities are still sought, the best so far, and says so."""

    def __init__(
        self, session: Session, bridge: Bridge, view: View, table: TablePanel, banner: Banner, show: Callable[[], None]
    ) -> None:
        super().__init__(table)
        self._session, self._view, self._table, self._banner, self._show = session, view, table, banner, show
        self._awaited = False  # the answer so far is not the last
        self._told: Notice | None = None
        self._selected: str | None = None  # as long as this is selected, the last answer may replace it
        bridge.sensitivity.connect(self._arrived)
        for signal in (bridge.model, bridge.data):
            signal.connect(self._give_up)
        view.changed.connect(self._follow_view)
        bridge.encodings.connect(self._edited)

    @property
    def searching(self) -> bool:
        """Whether a better answer may come: the first half of the what-ifs tells what is regained."""
        done, total = self._session.sensitivity_progress
        return not total or 2 * done < total

    def run(self) -> None:
        """Select the cause; while it is still sought, the best so far, and the cause as soon as it is known."""
        name, searching = self._session.find_cause(), self.searching
        if name is not None:
            self._select(name)
            self._tell(self._best_so_far if searching else self._found)
        elif self._session.data is None:
            self._tell(lambda: self.tr("The cause is found by simulating: open data first, or use random inputs."))
        elif searching:
            self._tell(lambda: self.tr("Looking for the cause: it is selected as soon as it is known."))
        else:
            self._tell(lambda: self.tr("No quantizer costs anything: left in float, none regains any output SQNR."))
        self._awaited, self._selected = searching, self._view.state.current

    def _arrived(self) -> None:
        if self._awaited and not self.searching:
            self._awaited = False
            if self._view.state.current == self._selected:
                self.run()

    def _give_up(self) -> None:
        self._awaited = False

    def _select(self, name: str) -> None:
        self._show()
        self._table.show_costliest()
        self._view.update(selected=(name,), node=None)

    def _tell(self, words: Callable[[], str]) -> None:
        self._told = Notice("info", words)
        self._banner.tell(self._told)

    def _follow_view(self, state: ViewState, before: ViewState) -> None:
        if state.selected != before.selected:
            self._untell()

    def _edited(self) -> None:
        if not self._session.previewing:
            self._untell()

    def _untell(self) -> None:
        """What was said of a selection or a state that is no longer shown makes room."""
        if self._told is not None and self._banner.notice is self._told:
            self._banner.clear()
        self._told = None

    def _found(self) -> str:
        row = self._row()
        if row is None:
            return ""
        name, regained = row.name, fixed(row.regained_db, 1)
        if row.change is None or not is_sure(row) or row.unit != "%":
            return self.tr("{0} costs most: left in float it regains {1} dB of output SQNR.").format(name, regained)
        text = self.tr("{0} costs most: left in float it regains {1} dB of output SQNR and {2} points of the score.")
        return text.format(name, regained, fixed(row.change, 1, signed=True))

    def _best_so_far(self) -> str:
        done, total = self._session.sensitivity_progress
        text = self.tr("Still looking ({0} of {1}). {2}")
        return text.format(done, total, self._found()) if total else self._found()

    def _row(self) -> SensitivityRow | None:
        return self._session.sensitivity.get(self._view.state.current or "")
