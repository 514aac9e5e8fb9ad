"""The score strip in the toolbar row, always visible."""

from dataclasses import replace

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.score.cell import Cell
from qviz.ui.score.reading import Reading, reading

PERIOD_MS = 100  # at most ten changes a second
ARROWS = {-1: "▼ ", 0: "", 1: "▲ "}
IN_HINTS = ("metric", "difference", "difference_p", "change_p")
ROLES = {-1: "bad", 0: "", 1: "good"}


class ScoreStrip(QWidget):
    """Shows the session's newest answer by the rules of the live number."""

    def __init__(self, session: Session, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown = Reading()
        self.float = Cell(("100.0", ""))
        self.now = Cell(("100.0", "± 10.0"))
        self.change = Cell(("▼ −100.0", "± 10.0"))
        self.flips = Cell(("00000", ""), large=False)
        self.samples = Cell(("00000/00000", ""), large=False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for cell in (self.float, self.now, self.change, self.flips, self.samples):
            layout.addWidget(cell)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PERIOD_MS)
        self._pause.timeout.connect(self._show_waiting)
        self._waiting = False
        for signal in (bridge.result, bridge.encodings, bridge.what_if, bridge.integer, bridge.model, bridge.data,
                       bridge.engine):  # fmt: skip
            signal.connect(self._changed)
        self._retranslate()
        self._show_now()

    @property
    def settled(self) -> bool:
        """Whether the newest answer is the one shown."""
        return not self._waiting

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _changed(self) -> None:
        if self._pause.isActive():
            self._waiting = True
        else:
            self._show_now()

    def _show_waiting(self) -> None:
        if self._waiting:
            self._show_now()

    def _show_now(self) -> None:
        self._waiting = False
        self._pause.start()
        newest = reading(self._session.result, self._session.generation)
        self._fill(newest if self._session.engine_alive else replace(newest, dimmed=True))

    def _fill(self, shown: Reading) -> None:
        dim = "dim" if shown.dimmed else ""
        arrow = ARROWS[0 if shown.dimmed else shown.direction]
        before, self._shown = self._shown, shown
        if any(getattr(shown, name) != getattr(before, name) for name in IN_HINTS):
            self._retranslate()
        self.float.show_number(shown.float)
        self.now.show_number(shown.now, shown.now_interval, dim)
        self.change.show_number(arrow + shown.change, shown.change_interval, dim or ROLES[shown.direction])
        self.flips.show_number(shown.flips, role=dim)
        self.samples.show_number(shown.samples, role=dim)

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Score"))
        captions = {
            self.float: (self.tr("Float"), self.tr("The float model on the same samples.")),
            self.now: (self._metric_caption(), self._now_hint()),
            self.change: (self.tr("Change"), self._change_hint()),
            self.flips: (self.tr("Flips"), self.tr("Samples whose prediction differs from the float model's.")),
            self.samples: (self.tr("Samples"), self.tr("Samples simulated so far, of all.")),
        }
        for cell, (caption, hint) in captions.items():
            cell.set_caption(caption, hint)

    def _change_hint(self) -> str:
        hint = self.tr("Against baseline B, the state as opened until another is pinned, with the 95 % interval.")
        return self._tested(hint, self._shown.change_p)

    def _now_hint(self) -> str:
        if not self._shown.difference:
            return self.tr("The model as quantized now; while samples are missing, an estimate.")
        hint = self.tr("Against float: {0}, for a test set of this size.").format(self._shown.difference)
        return self._tested(hint, self._shown.difference_p)

    def _tested(self, hint: str, p: str) -> str:
        if not p:
            return hint
        return hint + "\n" + self.tr("McNemar's test, whether gains and losses are equally likely: p {0}.").format(p)

    def _metric_caption(self) -> str:
        shown = self._shown
        names = {
            "top1": self.tr("Accuracy, %"),
            "top5": self.tr("Top-5 accuracy, %"),
            "agreement": self.tr("Agreement with float, %"),
            "sqnr": self.tr("Output SQNR, dB"),
            "psnr": self.tr("Output PSNR, dB"),
        }
        own = f"{shown.metric}, {shown.unit}" if shown.unit else shown.metric
        return names.get(shown.metric, own or self.tr("Now"))
