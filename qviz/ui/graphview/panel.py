"""The graph panel: search and overlay above, the graph, the legend and zoom below."""

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from qviz.session import Session
from qviz.sim.arrange import Arranged
from qviz.ui.bridge import Bridge
from qviz.ui.graphview.card_menu import card_menu
from qviz.ui.graphview.cards import sizes_text, value_text
from qviz.ui.graphview.finder import Finder
from qviz.ui.graphview.folding import Folding
from qviz.ui.graphview.header import Header
from qviz.ui.graphview.legend import Legend
from qviz.ui.graphview.overlay import OFF, SCALES
from qviz.ui.graphview.picture import Pictures
from qviz.ui.graphview.scene import GraphScene
from qviz.ui.graphview.view import ZOOM_PER_NOTCH, GraphView
from qviz.ui.modes import mode_text
from qviz.ui.text import sentence
from qviz.ui.theme import Theme, ThemeSource
from qviz.ui.view_state import View, ViewState
from qviz.ui.what_if import toggle_mute, toggle_solo

REST_MS = 60  # of a hand that drags, until the graph shows what it has done


class GraphPanel(QWidget):
    """Shows `session.graph`. The window calls the refresh slots when the session has changed."""

    def __init__(self, session: Session, bridge: Bridge, view: View, theme_source: ThemeSource) -> None:
        super().__init__()
        self._session, self._view = session, view
        self._shown_errors: object = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self.scene = GraphScene(session, theme_source.current)
        self.graph = GraphView(self.scene, theme_source.current)
        self.header, self.legend = Header(), Legend(theme_source.current)
        self.search, self.count = self.header.search, self.header.count
        self.folding, self.pictures = Folding(session, bridge, self), Pictures(self.scene, self)
        self.buttons = {name: QToolButton() for name in ("out", "in", "fit")}
        self._arrange()
        self.finder = Finder(session, self.scene, self.search, self.count, self.graph, self)
        self._connect(bridge, theme_source)
        self.retranslate()
        self.refresh_model()

    def _arrange(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 2, 6, 2)
        foot.setSpacing(2)
        foot.addWidget(self.legend, 1)
        foot.addStretch(0)
        for button in self.buttons.values():
            button.setMinimumSize(26, 26)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.graph, 1)
        column.addLayout(foot)

    def _connect(self, bridge: Bridge, theme_source: ThemeSource) -> None:
        theme_source.changed.connect(self._set_theme)
        self._rest.timeout.connect(self.scene.refresh_cards)
        self._view.changed.connect(self._follow_view)
        self.folding.arranged.connect(self._show_layout)
        bridge.what_if.connect(lambda _detail: self.scene.refresh_cards())
        bridge.sensitivity.connect(self._sensitivity_arrived)
        graph = self.graph
        self.scene.filled.connect(self._filled)
        graph.node_chosen.connect(self.choose)
        graph.node_toggled.connect(self.toggle)
        graph.box_chosen.connect(self.choose_many)
        graph.chip_chosen.connect(self._switch)
        graph.port_chosen.connect(self._choose_port)
        graph.group_opened.connect(self.folding.expand)
        graph.scope_closed.connect(self.folding.collapse_around)
        graph.menu_asked.connect(self._show_menu)
        graph.hovered.connect(self._hover)
        self.finder.reached.connect(self.choose)
        self.search.left.connect(graph.setFocus)
        self.header.overlay_chosen.connect(self.set_overlay)
        self.header.connect_menu(
            {
                "actual": graph.actual_size,
                "fit": graph.fit,
                "collapse": self.folding.collapse_all,
                "expand": self.folding.expand_all,
                "save_whole": self.export_picture,
                "save_seen": lambda: self.pictures.ask(graph.seen(), self._session.model_path),
            }
        )
        self.buttons["out"].clicked.connect(lambda: graph.zoom_by(1 / ZOOM_PER_NOTCH))
        self.buttons["in"].clicked.connect(lambda: graph.zoom_by(ZOOM_PER_NOTCH))
        self.buttons["fit"].clicked.connect(graph.fit)

    # --- what the window calls --------------------------------------------------------------------------------

    def refresh_model(self) -> None:
        """Another model, or none."""
        self._shown_errors = None
        self.search.clear()
        self.folding.open_model()

    def refresh_encodings(self) -> None:
        """Bit-widths may have changed; while a range is dragged nothing here does."""
        if self._view.state.dragging is None:
            self.scene.refresh_cards()
        elif self._rest.isActive():
            self._rest.start()

    def refresh_histograms(self) -> None:
        self.scene.refresh_cards()

    def refresh_result(self) -> None:
        """The error of each tensor, as a tint, once a hand that drags rests; most answers bring none of their own."""
        errors = None if self._session.result is None else self._session.result.tensors
        if errors is not self._shown_errors:
            self._shown_errors = errors
            if self._view.state.dragging is None:
                self.scene.refresh_cards()
            else:
                self._rest.start()

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # --- selecting --------------------------------------------------------------------------------------------

    def choose(self, node: str) -> None:
        """Select a node and the quantizer of its output (its weight's where it has none), or all of a group's."""
        found = self.scene.quantizers_of(node)
        self._view.update(node=node, **({"selected": found} if found else {}))

    def toggle(self, node: str) -> None:
        """Add a card's quantizers to what is selected, or take them away."""
        found, before = self.scene.quantizers_of(node), self._view.state.selected
        rest = tuple(q for q in before if q not in found)
        more = not set(found) <= set(before)
        self._view.update(node=node if more else None, selected=(*rest, *found) if more else rest)

    def choose_many(self, nodes: list[str]) -> None:
        """Select the quantizers of several cards."""
        found = dict.fromkeys(q for n in nodes for q in self.scene.quantizers_of(n))
        self._view.update(node=nodes[-1] if nodes else None, selected=tuple(found))

    def _choose_port(self, tensor: str) -> None:
        owner = next((q.name for q in self._session.quantizers.values() if tensor in q.tensors), None)
        if owner is not None:
            self._view.update(node=None, selected=(owner,))

    def _follow_view(self, state: ViewState, before: ViewState) -> None:
        if (state.node, state.selected) != (before.node, before.selected):
            self._mark_selected()
            if self.scene.selected is not None:
                self.graph.reveal(self.scene.selected)
        if before.dragging is not None and state.dragging is None:
            self._rest.stop()
            self.scene.refresh_cards()

    def _mark_selected(self) -> None:
        """Mark the cards of all selected quantizers; the one that was picked, or the current one's, comes last."""
        quantizers = self._session.quantizers
        nodes = [quantizers[n].node for n in self._view.state.selected[:-1] if n in quantizers]
        shown = [self.scene.drawn_as(n) for n in (*nodes, self._current_node())]
        names = list(dict.fromkeys(n for n in reversed(shown) if n is not None))[::-1]
        self.scene.select(names)

    def _current_node(self) -> str | None:
        node, current = self._view.state.node, self._view.state.current
        if node is not None and (current is None or current in self.scene.quantizers_of(node)):
            return node
        quantizer = self._session.quantizers.get(current or "")
        return node if quantizer is None else quantizer.node

    # --- mute, solo, groups -----------------------------------------------------------------------------------

    def _switch(self, node: str, chip: str) -> None:
        names = self.scene.own_quantizers(node)
        (toggle_mute if chip == "mute" else toggle_solo)(self._session, names)

    def _show_layout(self, told: Arranged | None) -> None:
        self.graph.forget_hover()
        self.scene.rebuild(told)
        self._mark_selected()
        self.graph.show_first(self.scene.selected)
        self.finder.mark()
        self.scene.hasten(self.graph.seen())
        self.scene.fill()

    def _show_menu(self, card: str, at: QPoint) -> None:
        menu = self.menu_of(card)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def menu_of(self, card: str) -> QMenu:
        """What can be done with a card."""
        return card_menu(self, self.scene.nodes[card].card, self.folding, self._switch)

    # --- overlay ----------------------------------------------------------------------------------------------

    def set_overlay(self, name: str) -> None:
        """Let the colours tell this: a key of SCALES, or OFF."""
        self.scene.set_overlay(name)
        if name != OFF:
            self.legend.show_scale(SCALES[name])

    def _sensitivity_arrived(self, _detail: object) -> None:
        if self.scene.overlay == "sensitivity":
            self.scene.refresh_cards()

    def _filled(self) -> None:
        self.legend.setVisible(self.scene.look.overlaid)

    def _hover(self, node: str | None, chip: str | None) -> None:
        self._view.update(hovered=node)
        self.graph.setToolTip("" if node is None else self._tip(node, chip))

    def _tip(self, name: str, chip: str | None) -> str:
        card = self.scene.nodes[name].card
        if chip is not None:
            texts = {
                "mute": self.tr("Mute: left in float, as a what-if; nothing is saved (M)"),
                "solo": self.tr("Solo: only this is quantized, as a what-if; nothing is saved (S)"),
            }
            return texts[chip]
        lines = [f"{card.op}  {card.name}".strip(), card.lines[1], *self._details(name)]
        lines.append(mode_text(self._session.running.modes.get(name)))
        if card.value is not None:
            overlay = self.scene.overlay
            lines.append(f"{self.header.overlay.currentText()}: {value_text(card.value, overlay)}")
        violating = self._session.violating()
        lines += [sentence(text) for n in self.scene.quantizers_of(name) for text in violating.get(n, ())]
        return "\n".join(line for line in lines if line)

    def _details(self, name: str) -> list[str]:
        """The attributes of a node, and the weights and other constants it reads: they have no card of their own."""
        graph = self._session.graph
        if graph is None or name not in graph.node_by_name:
            return []
        node = graph.node_by_name[name]
        read = (graph.tensors[t] for t in node.inputs if t in graph.tensors)
        constants = [t for t in read if t.kind == "constant"]
        return [
            *(f"{key} = {value}" for key, value in node.attributes.items()),
            *(f"{t.name}  {sizes_text(t.shape) or self.tr('one value')}" for t in constants),
        ]

    # --- the rest ---------------------------------------------------------------------------------------------

    def export_picture(self) -> None:
        """Ask for a file and draw the whole graph into it."""
        self.pictures.ask(self.scene.content(), self._session.model_path)

    def _set_theme(self, theme: Theme) -> None:
        self.scene.set_theme(theme)
        self.graph.set_theme(theme)
        self.legend.set_theme(theme)

    def retranslate(self) -> None:
        """Every text anew."""
        self.header.retranslate()
        self.graph.setAccessibleName(self.tr("Graph of the model"))
        self.graph.minimap.setToolTip(self.tr("The whole graph: drag to move"))
        self.finder.results.setAccessibleName(self.tr("What was found"))
        for name, text, tip in (
            ("out", "−", self.tr("Zoom out (-)")),
            ("in", "+", self.tr("Zoom in (+)")),
            ("fit", self.tr("Fit"), self.tr("Show the whole graph (F)")),
        ):
            self.buttons[name].setText(text)
            self.buttons[name].setToolTip(tip)
            self.buttons[name].setAccessibleName(tip)
        self.legend.retranslate()
        self.scene.refresh_cards()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.finder.results.hide()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
