"""What a quantizer does to its own tensor, all else in float."""

from qviz.quant.blocks import BlockGrid
from qviz.quant.error import quantization_error
from qviz.session import Session


def own_sqnr(session: Session, name: str) -> float | None:
    """SQNR in dB of a quantizer as committed, by its histogram; None in float, or where it has none.

    Of blocks it takes the weight itself, the worst of them, see `block_sqnr`.
    """
    grid, histogram = session.committed[name].active, session.histograms.get(name)
    if isinstance(grid, BlockGrid):
        return block_sqnr(session, name, grid)
    return None if grid is None or histogram is None else quantization_error(histogram, grid).sqnr_db


def block_sqnr(session: Session, name: str, grid: BlockGrid) -> float | None:
    """SQNR in dB of a weight on blocks; None where the engine, asked by this, is yet to tell: as change "blocks"."""
    return session.running.blocks.sqnr_db(session.quantizers[name], grid, session.look)
