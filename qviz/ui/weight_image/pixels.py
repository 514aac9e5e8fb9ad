"""Weight images from the engine: asked for one at a time, remembered up to a size."""

from collections import OrderedDict

from qviz.session import Session
from qviz.sim.detail import Kind, WeightImage, WeightPixels

BUDGET = 24_000_000  # bytes


class PixelStore:
    """Answers from memory what it can. Of what is asked meanwhile, only the newest of each kind is sent."""

    def __init__(self, session: Session, budget: int = BUDGET) -> None:
        self._session, self._budget = session, budget
        self._kept: OrderedDict[WeightImage, WeightPixels] = OrderedDict()
        self._size = 0
        self._sent: dict[Kind, WeightImage] = {}
        self._wanted: dict[Kind, WeightImage] = {}

    def forget(self) -> None:
        """Another model, or another engine: no answer can be expected any more."""
        self._kept.clear()
        self._sent.clear()
        self._wanted.clear()
        self._size = 0

    def find(self, request: WeightImage) -> WeightPixels | None:
        """The image, or None while it is awaited."""
        kind = request.kind
        if request in self._kept:
            self._wanted.pop(kind, None)
            self._kept.move_to_end(request)
            return self._kept[request]
        if kind not in self._sent:
            self._send(request)
            return self._kept.get(request)  # an engine in this process has answered already
        if self._sent[kind] != request:
            self._wanted[kind] = request
        return None

    def take(self, pixels: WeightPixels) -> None:
        """An answer of the engine."""
        kind = pixels.request.kind
        if self._sent.get(kind) == pixels.request:
            del self._sent[kind]
        self._keep(pixels)
        wanted = self._wanted.pop(kind, None)
        if wanted is not None and wanted not in self._kept and kind not in self._sent:
            self._send(wanted)

    @property
    def size(self) -> int:
        """Bytes of the images kept."""
        return self._size

    def _send(self, request: WeightImage) -> None:
        self._sent[request.kind] = request
        self._session.look(request)

    def _keep(self, pixels: WeightPixels) -> None:
        before = self._kept.pop(pixels.request, None)
        self._size += pixels.nbytes - (0 if before is None else before.nbytes)
        self._kept[pixels.request] = pixels
        while self._size > self._budget and len(self._kept) > 1:
            self._size -= self._kept.popitem(last=False)[1].nbytes
