"""The channels tab: what one range for the tensor costs, and what a range for each channel saves."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from qviz.edits import with_channel_range
from qviz.quant.spec import CodebookSpec, Granularity
from qviz.session import Session
from qviz.ui.channels.numbers import ChannelNumbers
from qviz.ui.channels.plot import ChannelPlot
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.controls.folding import FoldingRow
from qviz.ui.editor.header import Header
from qviz.ui.editor.panel import FIRST_METHOD
from qviz.ui.editor.subject import Edge, Subject, subject_of
from qviz.ui.theme import Theme, ThemeSource
from qviz.ui.view_state import View, ViewState

GRANULARITIES = (Granularity.PER_TENSOR, Granularity.PER_CHANNEL)


class ChannelsPanel(QWidget):
    """Shows the current quantizer channel by channel. Whoever holds it refreshes it while it is visible."""

    def __init__(self, session: Session, view: View, theme_source: ThemeSource) -> None:
        super().__init__()
        self._session, self._view = session, view
        self._theme: Theme = theme_source.current
        self.header, self.numbers = Header(), ChannelNumbers()
        self.plot = ChannelPlot(session, view, self._theme, self._label)
        self.granularity = {g: QToolButton() for g in GRANULARITIES}
        self.as_one, self.log_axis, self.all = QToolButton(), QToolButton(), QToolButton()
        self.order = ChoiceBox()
        self._arrange()
        self._connect(theme_source)
        self.retranslate()

    def _arrange(self) -> None:
        group = QButtonGroup(self)
        for button in (*self.granularity.values(), self.as_one, self.log_axis):
            button.setCheckable(True)
        for button in self.granularity.values():
            group.addButton(button)
        choices = [*self.granularity.values(), self.as_one]
        self.controls = FoldingRow(choices, [self.log_axis, self.all, self.order])
        top = QWidget()
        top.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        rows = QVBoxLayout(top)
        rows.setContentsMargins(14, 8, 12, 6)
        rows.setSpacing(6)
        rows.addWidget(self.header)
        rows.addWidget(self.numbers)
        rows.addWidget(self.controls)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(top)
        column.addWidget(self.plot, 1)

    def _connect(self, theme_source: ThemeSource) -> None:
        theme_source.changed.connect(self._set_theme)
        self._view.changed.connect(self._follow_view)
        for granularity, button in self.granularity.items():
            button.clicked.connect(lambda _checked=False, g=granularity: self._set_granularity(g))
        self.as_one.toggled.connect(self._set_together)
        self.log_axis.toggled.connect(self.plot.set_symlog)
        self.all.clicked.connect(self.plot.show_all)
        self.order.currentIndexChanged.connect(self._reorder)
        self.numbers.picked.connect(self.plot.pick)
        self.numbers.typed.connect(self._type)
        self.plot.errors_found.connect(lambda: self.numbers.show_chart(self.plot))
        self.plot.reset_asked.connect(self.reset)

    def refresh(self) -> None:
        """The current quantizer as it is now: one frame of a drag."""
        subject = self.subject()
        self.header.show_subject(subject, self._theme)
        self.plot.show_subject(subject)
        self.numbers.show_chart(self.plot)
        if subject is not None:
            self._show_controls(subject)

    def subject(self) -> Subject | None:
        return subject_of(self._session, self._view.state.current)

    def reset(self) -> None:
        """Back to the calibrated range: of the picked channel, or of all where they are one."""
        subject, rows = self.subject(), self.plot.rows
        if subject is None or rows is None or subject.setting.locked:
            return
        if self.plot.shared or self.plot.together:
            self._session.calibrate(FIRST_METHOD, [subject.name])
            return
        at = self.plot.picked
        low, high = float(rows.low[at]), float(rows.high[at])
        changed = with_channel_range(subject.setting, subject.histogram, at, low, high)
        self._session.commit(
            self._session.committed.with_settings({subject.name: changed}), self._label(subject.name, at)
        )

    def _show_controls(self, subject: Subject) -> None:
        shared = self.plot.shared
        for granularity, button in self.granularity.items():
            button.setChecked(granularity == subject.setting.spec.granularity)
            button.setEnabled(not isinstance(subject.setting.spec, CodebookSpec))
        self.as_one.setEnabled(not shared and subject.editable)

    def _set_granularity(self, granularity: Granularity) -> None:
        subject = self.subject()
        if subject is not None and subject.setting.spec.granularity != granularity:
            self._session.set_spec(subject.name, granularity=granularity)

    def _set_together(self, on: bool) -> None:
        self.plot.together = on

    def _reorder(self) -> None:
        self.plot.set_order("width" if self.order.value() == "width" else "channel")

    def _type(self, edge: Edge, value: float) -> None:
        self.plot.set_edge(edge, value)

    def _label(self, name: str, channel: int | None) -> str:
        if channel is None:
            return self.tr("Range of {0}").format(name)
        return self.tr("Range of {0}, channel {1}").format(name, channel)

    def _follow_view(self, state: ViewState, before: ViewState) -> None:
        if self.isVisible() and (state.channel, state.current) == (state.channel, before.current):
            self.refresh()

    def _set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.plot.set_theme(theme)
        self.header.show_subject(self.subject(), theme)

    def retranslate(self) -> None:
        """Every text anew."""
        texts = (
            (self.granularity[GRANULARITIES[0]], self.tr("Per-tensor"), self.tr("One clip range for all channels")),
            (self.granularity[GRANULARITIES[1]], self.tr("Per-channel"), self.tr("A clip range for each channel")),
            (self.as_one, self.tr("As one"), self.tr("Dragging one channel's range takes all along, in proportion")),
            (self.log_axis, self.tr("Log y"), self.tr("Values on a symmetric-logarithmic axis")),
            (self.all, self.tr("All"), self.tr("Show every channel and every value")),
        )
        for button, text, tip in texts:
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
        self.order.setAccessibleName(self.tr("Order of the channels"))
        self.order.setToolTip(self.tr("Order of the channels"))
        self.order.set_choices({"channel": self.tr("By channel"), "width": self.tr("Widest first")})
        if self.order.currentIndex() < 0:
            self.order.set_value("channel")
        self.numbers.retranslate()
        self.plot.setAccessibleName(self.tr("Values, clip range and error of every channel"))
        self.plot.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
            self.refresh()
        super().changeEvent(event)
