"""The panel of samples: those whose prediction flipped, with picture, label, and the predictions with their scores."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QListView, QStackedLayout, QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.controls.boxes import ChoiceBox
from qviz.ui.results.choose import Which, places
from qviz.ui.results.picture_store import PictureStore
from qviz.ui.results.samples_delegate import PAD, PICTURE, WIDTH, SamplesDelegate
from qviz.ui.results.samples_model import SamplesModel
from qviz.ui.theme import Theme, ThemeSource


class SamplesPanel(QWidget):
    """Follows the newest complete answer while it is seen. `title_parts` stand in the title bar."""

    def __init__(self, session: Session, bridge: Bridge, themes: ThemeSource) -> None:
        super().__init__()
        self._session = session
        self.store = PictureStore(session, bridge, self)
        self.model = SamplesModel(self)
        self.delegate = SamplesDelegate(self.store, themes.current, self)
        self.list, self.message = QListView(), QLabel()
        self.count, self.which = QLabel(), ChoiceBox()
        self.title_parts = (self.count, self.which)
        self._build()
        self.which.activated.connect(self._show)
        self.store.arrived.connect(self.list.viewport().update)
        themes.changed.connect(self._theme_changed)
        for signal in (bridge.result, bridge.model, bridge.data, bridge.baseline):
            signal.connect(self._changed)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _build(self) -> None:
        view = self.list
        view.setModel(self.model)
        view.setItemDelegate(self.delegate)
        view.setFlow(QListView.Flow.LeftToRight)
        view.setWrapping(True)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setUniformItemSizes(True)
        view.setGridSize(QSize(WIDTH, PICTURE + 2 * PAD))
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setMouseTracking(True)
        view.setFrameShape(QListView.Shape.NoFrame)
        self.message.setWordWrap(True)
        self.message.setProperty("role", "caption")
        self.message.setMargin(16)
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.count.setProperty("role", "caption")
        self._body = QStackedLayout(self)
        self._body.addWidget(view)
        self._body.addWidget(self.message)

    def _changed(self) -> None:
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        """Take the newest answers over; the view stays where it is."""
        result = self._session.result
        told = result.predictions if result is not None else None
        at = self.list.verticalScrollBar().value()
        which = Which(self.which.value() or Which.FLIPPED)
        numbers = self.model.numbers[:0] if told is None else places(told, which)
        self.model.show(told, numbers, self._compares())
        self.list.verticalScrollBar().setValue(at)
        self.count.setText(f"{len(numbers)}/{len(told.now.label)}" if told is not None else "")
        text = self._missing(which)
        self.message.setText(text)
        self._body.setCurrentWidget(self.message if text else self.list)

    def _compares(self) -> bool:
        """Whether B is another state than the present one."""
        return self._session.baseline is not self._session.committed

    def _missing(self, which: Which) -> str:
        """Why there is nothing to show; empty where there is."""
        result = self._session.result
        if self._session.data is None:
            return self.tr("No data yet: drop some to see what each sample is taken for.")
        if result is None or (result.predictions is None and not result.complete):
            return self.tr("Waiting for the first complete answer…")
        if result.predictions is None:
            return self.tr("This model does not choose one class a sample, so no prediction can flip.")
        if len(self.model.numbers):
            return ""
        return {
            Which.FLIPPED: self.tr("No prediction flipped: every sample is taken for what the float model takes it."),
            Which.CHANGED: self.tr("No prediction differs from baseline B's."),
            Which.WRONG: self.tr("No prediction is known to be wrong."),
        }.get(which, self.tr("The data holds no samples."))

    def _theme_changed(self, theme: Theme) -> None:
        self.delegate.theme = theme
        self.list.viewport().update()

    def _retranslate(self) -> None:
        self.which.set_choices(
            {
                Which.FLIPPED: self.tr("Flipped against float"),
                Which.CHANGED: self.tr("Changed against B"),
                Which.WRONG: self.tr("Wrong now"),
                Which.ALL: self.tr("All"),
            }
        )
        if self.which.currentIndex() < 0:
            self.which.set_value(Which.FLIPPED)
        self.which.setAccessibleName(self.tr("Which samples"))
        self.which.setToolTip(self.tr("Which samples are shown; first those the compared state was surest about."))
        self.count.setToolTip(self.tr("Samples shown, of all"))
        self.list.setAccessibleName(self.tr("Samples"))
        self.model.refresh()
        self._show()
