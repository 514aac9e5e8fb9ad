"""The banner that names what is muted or soloed, with the button that ends it."""

from collections.abc import Collection

from PySide6.QtCore import QObject

from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.window.banner import Banner, Notice

NAMED = 3  # quantizers; more are counted


class WhatIfNotice(QObject):
    """Follows the session; hidden while nothing is muted or soloed."""

    def __init__(self, session: Session, bridge: Bridge, banner: Banner) -> None:
        super().__init__(banner)
        self._session, self._banner = session, banner
        for signal in (bridge.what_if, bridge.model, bridge.data):
            signal.connect(self._refresh)

    def _refresh(self) -> None:
        if not self._session.what_if:
            self._banner.clear()
            return
        clear = (lambda: self.tr("Clear (Esc)"), self._session.clear_what_if)
        self._banner.tell(Notice("warning", self._sentence, (clear,), dismissable=False))

    def _sentence(self) -> str:
        muted, soloed = self._names(self._session.muted), self._names(self._session.soloed)
        if not soloed:
            text = self.tr("What if {0} were left in float? Never saved or exported.")
            return text.format(muted)
        if not muted:
            text = self.tr("What if only {0} were quantized? Never saved or exported.")
            return text.format(soloed)
        text = self.tr("What if only {0} were quantized, and {1} left in float? Never saved or exported.")
        return text.format(soloed, muted)

    def _names(self, names: Collection[str]) -> str:
        listed = [n for n in self._session.quantizers if n in names]
        shown = ", ".join(listed[:NAMED])
        return shown if len(listed) <= NAMED else self.tr("{0} and {1} more").format(shown, len(listed) - NAMED)
