"""What the banners have to say, in one line: the first of them, and how many more there are."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from qviz.ui.window.banner import Banner


class Banners(QWidget):
    """Shows the first of `banners` that has a notice; its button `more` unfolds the rest."""

    def __init__(self, banners: Sequence[Banner]) -> None:
        super().__init__()
        self._banners = tuple(banners)
        self._unfolded = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for banner in self._banners:
            column.addWidget(banner)
            banner.changed.connect(self._arrange)
            banner.more.clicked.connect(self._fold)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._arrange()
        super().changeEvent(event)

    def _fold(self) -> None:
        self._unfolded = not self._unfolded
        self._arrange()

    def _arrange(self) -> None:
        telling = [b for b in self._banners if b.notice is not None]
        self._unfolded = self._unfolded and len(telling) > 1
        words = self.tr("Less") if self._unfolded else self.tr("and {0} more").format(len(telling) - 1)
        shown = telling if self._unfolded else telling[:1]
        for banner in self._banners:
            banner.more.setText(words)
            banner.more.setVisible(banner in telling[:1] and len(telling) > 1)
            banner.setVisible(banner in shown)
        self.setVisible(bool(telling))
