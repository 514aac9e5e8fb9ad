"""What the model costs as now set: bytes of its weights and bit operations, against float32."""

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from qviz.cost import Cost, cost, weight_sizes
from qviz.graph.graph import Graph
from qviz.graph.multiplications import Multiplications, multiplications
from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.later import MANY
from qviz.ui.text import fixed

PAUSE_MS = 60  # a drag changes no width: one look after it is enough
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


class SizeFacts(QWidget):
    """Two lines for the settings of the whole model; hidden without one."""

    def __init__(self, session: Session, bridge: Bridge) -> None:
        super().__init__()
        self._session = session
        self._graph: Graph | None = None
        self._products: tuple[tuple[Multiplications, ...], int] = ((), 0)
        self._sizes: dict[str, int] = {}  # of weights
        self.cost: Cost | None = None
        self.weights, self.operations = QLabel(), QLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for label in (self.weights, self.operations):
            label.setWordWrap(True)
            column.addWidget(label)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._refresh)
        for signal in (bridge.encodings, bridge.model):
            signal.connect(lambda _detail: self._timer.start())
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._show()
        super().changeEvent(event)

    def _refresh(self) -> None:
        graph = self._session.graph
        if graph is not self._graph:
            self._graph = graph
            self._products = multiplications(graph) if graph else ((), 0)
            self._sizes = weight_sizes(graph) if graph else {}
            if graph and len(graph.nodes) > MANY:  # the rest in an event of its own
                self._timer.start()
                return
        self.cost = cost(graph, self._session.encodings, *self._products, self._sizes) if graph else None
        self._show()

    def _show(self) -> None:
        found = self.cost
        self.setVisible(found is not None and self._graph is not None)
        if found is None:
            return
        text = self.tr("Weights: {0} of {1} in float32 ({2} %)")
        self.weights.setText(
            text.format(
                amount(found.weight_bytes, "B"),
                amount(found.float_bytes, "B"),
                fixed(_percent(found.weight_bytes, found.float_bytes), 0),
            )
        )
        self.weights.setToolTip(self.tr("Codes of the weights and biases, without scales and zero points."))
        self.operations.setText(self._operations(found))
        self.operations.setToolTip(
            self.tr("Of one sample: multiplications × bits of the one factor × bits of the other, summed up.")
        )

    def _operations(self, found: Cost) -> str:
        if not found.float_bit_operations:
            return self.tr("Bit operations: not known")
        share = fixed(_percent(found.bit_operations, found.float_bit_operations), 1)
        text = self.tr("Bit operations: {0} ({1} % of float32)").format(amount(found.bit_operations, ""), share)
        if not found.unknown:
            return text
        return self.tr("{0}, {1} operators not counted").format(text, found.unknown)


def amount(value: float, unit: str) -> str:
    """A number of three digits with a decimal prefix."""
    factor, prefix = next(((f, p) for f, p in PREFIXES if value >= f), (1.0, ""))
    scaled = value / factor
    digits = 0 if factor == 1.0 or scaled >= 100 else 1 if scaled >= 10 else 2
    return f"{fixed(scaled, digits)} {prefix}{unit}".strip()


def _percent(value: float, whole: float) -> float:
    return 100.0 * value / whole if whole else 100.0
