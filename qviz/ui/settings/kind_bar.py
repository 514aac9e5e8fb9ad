"""Bit-width and scheme of all weights or of all activations, in the toolbar row; for weights the granularity too."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from qviz.encodings import Setting
from qviz.graph.graph import QuantizerKind
from qviz.quant.spec import MAX_BITS, MIN_BITS, UNIFORM, Granularity, Scheme
from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.controls.boxes import ChoiceBox, IntegerBox
from qviz.ui.later import Later
from qviz.ui.settings.names import granularities, schemes, schemes_and_forms
from qviz.ui.settings.refusals import greyed
from qviz.ui.settings.selection import common, one_a_spec
from qviz.ui.settings.specs import choose_scheme_or_form, set_spec

BITS_FRAME, FRAME = 32, 42  # pixels of a box beside its text
GAP, LEFT = 4, 4  # pixels between boxes, and before the first


class KindBar(QWidget):
    """Edits every quantizer of one kind that is not locked, as one history entry."""

    def __init__(self, session: Session, bridge: Bridge, kind: QuantizerKind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._kind = session, kind
        self._shown: object = None
        self._caption = QLabel()
        self.bits, self.scheme, self.granularity = IntegerBox(MIN_BITS, MAX_BITS), ChoiceBox(), ChoiceBox()
        self._boxes = (self.bits, self.scheme, self.granularity)[: 3 if kind == "param" else 2]
        self.granularity.setVisible(kind == "param")
        self._build()
        self.bits.valueChanged.connect(lambda bits: set_spec(session, bridge, session.unlocked(kind), bits=bits))
        self.scheme.activated.connect(
            lambda: choose_scheme_or_form(session, bridge, session.unlocked(kind), self.scheme.value())
        )
        self.granularity.activated.connect(
            lambda: set_spec(session, bridge, session.unlocked(kind), granularity=self.granularity.value())
        )
        later = Later(session, self._refresh, self)
        bridge.model.connect(later.ask)
        bridge.encodings.connect(later.ask)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        elif event.type() == QEvent.Type.FontChange:
            self._fit()
        super().changeEvent(event)

    def width_with(self, boxes: int) -> int:
        """Pixels that it takes with the first so many of its boxes."""
        shown = self._boxes[:boxes]
        row = sum(box.minimumWidth() for box in shown) + GAP * (len(shown) - 1)
        return LEFT + max(row, self._caption.minimumSizeHint().width())

    def show_boxes(self, boxes: int) -> None:
        """Show the first so many; the settings have what is left out."""
        for i, box in enumerate(self._boxes):
            box.setVisible(i < boxes)

    def _build(self) -> None:
        font = QFont(self._caption.font())
        font.setPointSizeF(font.pointSizeF() * 0.85)
        self._caption.setFont(font)
        self._caption.setProperty("role", "caption")
        layout = QGridLayout(self)
        layout.setContentsMargins(LEFT, 4, 0, 4)
        layout.setHorizontalSpacing(GAP)
        layout.setVerticalSpacing(1)
        layout.addWidget(self._caption, 0, 0, 1, 3)
        for column, box in enumerate((self.bits, self.scheme, self.granularity)):
            layout.addWidget(box, 1, column)
        self._fit()

    def _fit(self) -> None:
        """Two digits, or three dots, beside the arrows; in the other boxes words of usual length."""
        letters = self.fontMetrics()
        self.bits.setFixedWidth(letters.horizontalAdvance("000") + BITS_FRAME)
        for box, word in (
            (self.scheme, schemes()[Scheme.ASYMMETRIC]),
            (self.granularity, granularities()[Granularity.PER_CHANNEL]),
        ):
            box.setMinimumWidth(letters.horizontalAdvance(word) + FRAME)
            box.setMaximumWidth(letters.horizontalAdvance(schemes()[Scheme.SYMMETRIC_UNSIGNED]) + FRAME)

    def _refresh(self) -> None:
        now = self._session.settled
        if now is self._shown:
            return  # a drag changes ranges alone
        self._shown = now
        names = self._session.unlocked(self._kind)
        self.setEnabled(bool(names))
        if names:
            self._show_greyed(names)
            settings, quantizers = now.settings, self._session.quantizers
            with_axis = one_a_spec(settings[n] for n in names if quantizers[n].axis is not None)
            self._show(one_a_spec(settings[n] for n in names), with_axis)

    def _show_greyed(self, names: list[str]) -> None:
        """Grey what none of this kind can take."""
        told = greyed(self._session, names)
        self.bits.set_refused(told.bits)
        self.scheme.set_refused({**told.scheme, **told.form})
        self.granularity.set_refused(told.granularity)

    def _show(self, settings: list[Setting], with_axis: list[Setting]) -> None:
        mixed, shared = self.tr("mixed"), common(settings)
        self.bits.set_value(shared.bits, "…")
        self.scheme.set_value(shared.scheme or (shared.form if shared.form != UNIFORM else None), mixed)
        self.bits.setEnabled(shared.form in (UNIFORM, None))
        self.granularity.setEnabled(bool(with_axis))
        if with_axis:
            self.granularity.set_value(common(with_axis).granularity, mixed)

    def _retranslate(self) -> None:
        kind = self.tr("Weights") if self._kind == "param" else self.tr("Activations")
        self._caption.setText(kind)
        named = {
            self.bits: self.tr("Bit-width of all"),
            self.scheme: self.tr("Scheme or form of all"),
            self.granularity: self.tr("Granularity of all"),
        }
        for box, text in named.items():
            box.setAccessibleName(f"{kind}: {text}")
            box.setToolTip(text)
        self.scheme.set_choices(schemes_and_forms())
        self.granularity.set_choices(granularities())
        self._shown = None
        self._refresh()
