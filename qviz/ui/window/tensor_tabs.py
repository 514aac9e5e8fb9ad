"""The centre of the window: one tensor's range, its channels, and its weight as an image."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QTabWidget, QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.channels.panel import ChannelsPanel
from qviz.ui.editor.panel import EditorPanel
from qviz.ui.theme import ThemeSource
from qviz.ui.view_state import View, ViewState
from qviz.ui.weight_image.panel import WeightImagePanel


class TensorTabs(QTabWidget):
    """Only the tab that is seen is refreshed. Tensors without channels have the range alone, and no tab bar."""

    def __init__(self, session: Session, bridge: Bridge, view: View, themes: ThemeSource) -> None:
        super().__init__()
        self._session, self._view = session, view
        self.range = EditorPanel(session, view, themes)
        self.channels = ChannelsPanel(session, view, themes)
        self.image = WeightImagePanel(session, view, themes)
        self._wanted: QWidget = self.range  # the tab that the user chose
        for panel in (self.range, self.channels, self.image):
            self.addTab(panel, "")
        self.setDocumentMode(True)
        self._retranslate()
        self.tabBarClicked.connect(self._choose)
        self.currentChanged.connect(self.refresh_encodings)
        bridge.ranges.connect(lambda _found: self.range.refresh_ranges())
        bridge.blocks.connect(lambda _found: self.range.refresh_blocks())
        bridge.weights.connect(self.image.refresh_weights)
        bridge.engine.connect(lambda _event: self.image.forget())
        view.changed.connect(self._follow_view)
        self._show_tabs()

    def refresh_model(self) -> None:
        """Another model, or none."""
        self.image.forget()
        self._show_tabs()
        self.range.refresh_model()

    def refresh_encodings(self) -> None:
        """The current quantizer, as it is now: one frame of a drag."""
        current = self.currentWidget()
        if current is self.range:
            self.range.refresh_encodings()
        elif current is self.channels:
            self.channels.refresh()
        else:
            self.image.refresh()

    def refresh_histograms(self) -> None:
        """Data arrived or went."""
        self._show_tabs()
        self.range.refresh_histograms()
        self.refresh_encodings()

    def refresh_result(self) -> None:
        """A simulation answered."""
        self.range.refresh_result()

    def choose(self, panel: QWidget) -> None:
        """Show a tab, now and for later tensors that have it."""
        self._wanted = panel
        self._show_tabs()

    def _choose(self, index: int) -> None:
        self.choose((self.range, self.channels, self.image)[index])

    def _follow_view(self, state: ViewState, before: ViewState) -> None:
        if state.current != before.current:
            self._show_tabs()
            if self.currentWidget() is not self.range:
                self.refresh_encodings()

    def _show_tabs(self) -> None:
        name = self._view.state.current
        quantizer = self._session.quantizers.get(name) if name else None
        histogram = self._session.histograms.get(name) if name else None
        has = quantizer is not None and quantizer.axis is not None and histogram is not None and histogram.per_channel
        self.tabBar().setVisible(has)
        self.setCurrentWidget(self._wanted if has else self.range)

    def _retranslate(self) -> None:
        for panel, text, tip in (
            (self.range, self.tr("Range"), self.tr("Distribution, clip range and error of the whole tensor")),
            (self.channels, self.tr("Channels"), self.tr("Values, clip range and error of every channel")),
            (self.image, self.tr("Image"), self.tr("The weight as a picture: float, quantized and difference")),
        ):
            self.setTabText(self.indexOf(panel), text)
            self.setTabToolTip(self.indexOf(panel), tip)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)
