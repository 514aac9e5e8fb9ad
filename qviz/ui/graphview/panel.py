"""The graph panel: search and zoom above, the graph, the legend of its colours below."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from qviz.session import Session
from qviz.sim.arrange import Arrange, Arranged
from qviz.sim.result import TensorError
from qviz.ui.bridge import Bridge
from qviz.ui.graphview.scene import GraphScene
from qviz.ui.graphview.search import Found, SearchField
from qviz.ui.graphview.tint import Legend
from qviz.ui.graphview.view import ZOOM_PER_NOTCH, GraphView
from qviz.ui.text import decibel
from qviz.ui.theme import Theme, ThemeSource
from qviz.ui.view_state import View, ViewState


class GraphPanel(QWidget):
    """Shows `session.graph`. The window calls the refresh slots when the session has changed."""

    def __init__(self, session: Session, bridge: Bridge, view: View, theme_source: ThemeSource) -> None:
        super().__init__()
        self._session, self._view = session, view
        self._found = Found()
        self._ticket = 0
        self._errors: Mapping[str, TensorError] | None = None  # those shown
        self.scene = GraphScene(session, theme_source.current)
        self.graph = GraphView(self.scene, theme_source.current)
        self.search, self.count = SearchField(), QLabel()
        self.buttons = {name: QToolButton() for name in ("out", "in", "actual", "fit")}
        self.legend = Legend(theme_source.current)
        self._arrange()
        self._connect(bridge, theme_source)
        self.retranslate()
        self.refresh_model()

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 6, 6)
        bar.setSpacing(2)
        self.count.setProperty("role", "caption")
        self.search.setClearButtonEnabled(True)
        bar.addWidget(self.search, 1)
        bar.addWidget(self.count)
        bar.addSpacing(4)
        for button in self.buttons.values():
            button.setMinimumSize(26, 26)
            bar.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.graph, 1)
        column.addWidget(self.legend)

    def _connect(self, bridge: Bridge, theme_source: ThemeSource) -> None:
        theme_source.changed.connect(self._set_theme)
        bridge.layout.connect(self._arranged)
        self._view.changed.connect(self._follow_view)
        self.scene.filled.connect(self._filled)
        self.graph.node_chosen.connect(self.choose)
        self.graph.port_chosen.connect(self._choose_port)
        self.graph.hovered.connect(self._hover)
        self.search.textChanged.connect(self._look_for)
        self.search.stepped.connect(self._step)
        self.search.left.connect(self.graph.setFocus)
        self.buttons["out"].clicked.connect(lambda: self.graph.zoom_by(1 / ZOOM_PER_NOTCH))
        self.buttons["in"].clicked.connect(lambda: self.graph.zoom_by(ZOOM_PER_NOTCH))
        self.buttons["actual"].clicked.connect(self.graph.actual_size)
        self.buttons["fit"].clicked.connect(self.graph.fit)

    # --- what the window calls --------------------------------------------------------------------------------

    def refresh_model(self) -> None:
        """Another model, or none."""
        self.graph.forget_hover()
        self.search.clear()
        self._errors = None
        self.scene.rebuild(None)
        self._ticket += 1
        if self._session.graph is not None:
            self._session.look(Arrange(self._ticket))
        self.refresh_result()

    def _arranged(self, told: Arranged) -> None:
        if told.request.ticket != self._ticket:
            return
        self.scene.rebuild(told.layout)
        self._mark_current()
        self.graph.show_first(self.scene.selected)
        self.refresh_result()

    def refresh_encodings(self) -> None:
        """Bit-widths may have changed; while a range is dragged nothing here does."""
        if self._view.state.dragging is None:
            self.scene.refresh_cards()

    def refresh_histograms(self) -> None:
        self.scene.refresh_cards()

    def refresh_result(self) -> None:
        """The error of each tensor, as a tint; most answers bring none of their own."""
        errors = None if self._session.result is None else self._session.result.tensors
        if errors is not self._errors:
            self._errors = errors
            self.scene.refresh_cards()
        self.legend.setVisible(bool(errors))

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def choose(self, node: str) -> None:
        """Select a node and the quantizer of its output (its weight's where it has none)."""
        quantizer = self.scene.index.chosen(node)
        self._view.update(node=node, **({} if quantizer is None else {"selected": (quantizer,)}))

    # --- inside -----------------------------------------------------------------------------------------------

    def _filled(self) -> None:
        self._mark_current()

    def _choose_port(self, tensor: str) -> None:
        owner = next((q.name for q in self._session.quantizers.values() if tensor in q.tensors), None)
        if owner is not None:
            self._view.update(node=None, selected=(owner,))

    def _follow_view(self, state: ViewState, before: ViewState) -> None:
        if (state.node, state.current) != (before.node, before.current):
            self._mark_current()
            if self.scene.selected is not None:
                self.graph.reveal(self.scene.selected)
        if before.dragging is not None and state.dragging is None:
            self.scene.refresh_cards()

    def _mark_current(self) -> None:
        """Mark the node that was picked, or else the node of the selected quantizer."""
        node = self._current_node()
        if node is not None and node not in self.scene.nodes:
            self.scene.finish()
        self.scene.select(node)

    def _current_node(self) -> str | None:
        node, current, index = self._view.state.node, self._view.state.current, self.scene.index
        if node is not None and current in (None, index.outputs.get(node), index.params.get(node)):
            return node
        quantizer = self._session.quantizers.get(current or "")
        return node if quantizer is None else quantizer.node

    def _hover(self, node: str | None) -> None:
        self._view.update(hovered=node)
        self.graph.setToolTip("" if node is None else self._tip(node))

    def _tip(self, name: str) -> str:
        card = self.scene.nodes[name].card
        lines = [f"{card.op}  {card.name}", card.shape]
        if card.sqnr_db is not None:
            lines.append(self.tr("SQNR against float: {0} dB").format(decibel(card.sqnr_db)))
        return "\n".join(line for line in lines if line)

    def _look_for(self, text: str) -> None:
        for name in self._found.names:
            self.scene.nodes[name].mark(found=False)
        self._found.look_for(self._session.graph, text)
        if self._found.names:
            self.scene.finish()
        for name in self._found.names:
            self.scene.nodes[name].mark(found=True)
        self._step(1)

    def _step(self, by: int) -> None:
        name = self._found.step(by)
        names = self._found.names
        texts = {True: f"{self._found.at + 1}/{len(names)}", False: self.tr("none") if self.search.text() else ""}
        self.count.setText(texts[name is not None])
        if name is not None:
            self.choose(name)

    def _set_theme(self, theme: Theme) -> None:
        self.scene.set_theme(theme)
        self.graph.set_theme(theme)
        self.legend.set_theme(theme)

    def retranslate(self) -> None:
        """Every text anew."""
        self.search.setPlaceholderText(self.tr("Find (Ctrl+F)"))
        self.search.setAccessibleName(self.tr("Find a node, operator or tensor"))
        self.graph.setAccessibleName(self.tr("Graph of the model"))
        for name, text, tip in (
            ("out", "−", self.tr("Zoom out (-)")),
            ("in", "+", self.tr("Zoom in (+)")),
            ("actual", "1:1", self.tr("Actual size (0)")),
            ("fit", self.tr("Fit"), self.tr("Show the whole graph (F)")),
        ):
            self.buttons[name].setText(text)
            self.buttons[name].setToolTip(tip)
            self.buttons[name].setAccessibleName(tip)
        self.legend.retranslate()

    def event(self, event: QEvent) -> bool:
        """While the focus is here Ctrl+F searches here, whatever else the window uses it for."""
        if isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Find):
            if event.type() == QEvent.Type.KeyPress:
                self.focus_search()
            event.accept()
            return True
        return bool(super().event(event))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
