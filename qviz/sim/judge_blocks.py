"""The own error of weights quantized by block: no histogram tells it, so who holds the weight does."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qviz.quant.blocks import BlockGrid, block_count
from qviz.sim.local import sqnr_db


@dataclass(frozen=True, eq=False)
class JudgeBlocks:
    """What `grid` does to the constants of the quantizer `name`; `axis` is that of output channels."""

    name: str
    key: int  # tells grids apart
    tensors: tuple[str, ...]
    axis: int | None
    grid: BlockGrid


@dataclass(frozen=True)
class BlocksJudged:
    """The answer to JudgeBlocks: SQNR in dB, the worst of the constants; not a number where the grid fits none."""

    name: str
    key: int
    sqnr_db: float


def blocks_judged(request: JudgeBlocks, weights: Mapping[str, NDArray[np.generic]]) -> BlocksJudged:
    """The answer to `request`, from the `weights` by name."""
    values = [np.asarray(weights[t], np.float32) for t in request.tensors if t in weights]
    found = (sqnr_db(x, request.grid.quantize_dequantize(x, request.axis)) for x in values if _fits(x, request))
    return BlocksJudged(request.name, request.key, min(found, default=float("nan")))


def _fits(x: NDArray[np.float32], request: JudgeBlocks) -> bool:
    channels = x.shape[request.axis or 0] if x.ndim > 1 else 0
    return channels > 0 and channels * block_count(x.shape, request.axis, request.grid.block) == request.grid.channels
