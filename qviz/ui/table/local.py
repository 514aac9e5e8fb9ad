"""Each tensor's own error, found a few at a time while the window is idle."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QElapsedTimer, QObject, QTimer

from qviz.encodings import Encodings
from qviz.own_error import block_sqnr
from qviz.quant.blocks import BlockGrid
from qviz.session import Session
from qviz.sim.judge_blocks import BlocksJudged
from qviz.ui.channels.errors import ChannelErrors
from qviz.ui.table.columns import Column
from qviz.ui.table.model import QuantizerModel

SLICE_MS = 6  # of work between two looks at the window's events
DRAG_MS = 100  # while a range is dragged; the editor shows its error at every frame


class LocalErrors(QObject):
    """Fills a column of the model, of `encodings` as they are by then; quantizers wait here until their turn."""

    def __init__(
        self, session: Session, model: QuantizerModel, column: Column, encodings: Callable[[], Encodings]
    ) -> None:
        super().__init__(model)
        self._session, self._model, self._column, self._encodings = session, model, column, encodings
        self._waiting: dict[str, None] = {}
        self._asked: set[str] = set()  # of blocks, which the engine judges
        self._errors = ChannelErrors()  # of the one under way
        self._idle = QTimer(self)
        self._idle.timeout.connect(self._work)

    @property
    def busy(self) -> bool:
        """Whether some quantizers still wait."""
        return bool(self._waiting)

    def restart(self) -> None:
        """All histograms are new."""
        self._waiting = {}
        self.wait_for(self._model.columns.names)

    def stop(self) -> None:
        """Nothing waits any more."""
        self._waiting = {}
        self._idle.stop()

    def wait_for(self, names: Iterable[str]) -> None:
        """These quantizers' settings changed."""
        self._waiting.update(dict.fromkeys(n for n in names if n in self._model.columns.row))
        calm = not self._session.previewing
        if self._waiting and (calm or not self._idle.isActive()):
            self._idle.start(0 if calm else DRAG_MS)

    def _work(self) -> None:
        clock = QElapsedTimer()
        clock.start()
        found: dict[str, float] = {}
        while self._waiting and clock.elapsed() < SLICE_MS:
            name = next(iter(self._waiting))
            sqnr = self._sqnr(name, SLICE_MS - clock.elapsed())
            if sqnr is None:
                break
            del self._waiting[name]
            found[name] = sqnr
        self._model.set_local(found, self._column)
        if not self._waiting:
            self._idle.stop()

    def judged(self, answer: BlocksJudged) -> None:
        """The engine told what the blocks of a weight lose."""
        if answer.name in self._asked:
            self._asked.discard(answer.name)
            self.wait_for([answer.name])

    def _of_blocks(self, name: str, grid: BlockGrid) -> float:
        found = block_sqnr(self._session, name, grid)
        if found is None:
            self._asked.add(name)
        return float("nan") if found is None else found

    def _sqnr(self, name: str, milliseconds: float) -> float | None:
        """Own SQNR in dB, not a number without a range; None where that takes longer: then go on later."""
        histogram = self._session.histograms.get(name)
        setting = self._encodings().settings.get(name)
        grid = setting.grid if setting else None
        if isinstance(grid, BlockGrid):  # a histogram knows nothing of blocks
            return self._of_blocks(name, grid)
        if histogram is None or grid is None:
            return float("nan")
        self._errors.follow(histogram, grid)
        return None if self._errors.work(milliseconds) else -self._errors.tensor_decibel
