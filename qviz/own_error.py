"""What a quantizer does to its own tensor, all else in float: for the command line and the report."""

from qviz.quant.blocks import BlockGrid
from qviz.quant.error import quantization_error
from qviz.session import Session
from qviz.sim.local import sqnr_db


def own_sqnr(session: Session, name: str) -> float | None:
    """SQNR in dB of a quantizer as committed, by its histogram; None in float, or where it has none.

    Of blocks it takes the weight itself, the worst of them, which only an engine in this process has at hand.
    """
    grid, histogram, quantizer = session.committed[name].active, session.histograms.get(name), session.quantizers[name]
    if isinstance(grid, BlockGrid):
        weights = [session.weights[t] for t in quantizer.tensors if t in session.weights]
        return min((sqnr_db(w, grid.quantize_dequantize(w, quantizer.axis)) for w in weights), default=None)
    return None if grid is None or histogram is None else quantization_error(histogram, grid).sqnr_db
