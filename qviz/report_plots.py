"""Histograms of a report as inline SVG."""

import numpy as np

from qviz.quant.grid import Grid
from qviz.quant.histogram import Histogram

WIDTH, HEIGHT, FOOT, BARS = 280, 84, 16, 70
REACH = 1.0  # times the span of the values that a clip range beyond them is followed


def histogram_svg(histogram: Histogram, grid: Grid | None) -> str:
    """Counts on a logarithmic scale, with the clip range shaded; a range that lies beyond is cut off at the edge."""
    low, high = _view(histogram, grid)
    counts = np.log1p(np.maximum(histogram.resample(np.linspace(low, high, BARS + 1)), 0.0))
    heights = counts / max(float(counts.max()), 1e-12) * HEIGHT
    step = WIDTH / BARS
    bars = "".join(f"M{i * step:.1f} {HEIGHT}v{-h:.1f}h{step:.1f}v{h:.1f}z" for i, h in enumerate(heights) if h > 0.05)
    return (
        f'<svg role="img" aria-label="Histogram" viewBox="0 0 {WIDTH} {HEIGHT + FOOT}" '
        f'xmlns="http://www.w3.org/2000/svg"><path class="bars" d="{bars}"/>{_clip(grid, low, high)}'
        f'<path class="axis" d="M0 {HEIGHT}H{WIDTH}"/>'
        f'<text class="small" x="0" y="{HEIGHT + 13}">{low:.4g}</text>'
        f'<text class="small" x="{WIDTH}" y="{HEIGHT + 13}" text-anchor="end">{high:.4g}</text></svg>'
    )


def _view(histogram: Histogram, grid: Grid | None) -> tuple[float, float]:
    low, high = histogram.mass_range()
    span = max(high - low, 1e-9)
    if grid is not None:
        low = min(low, max(float(grid.min.min()), low - REACH * span))
        high = max(high, min(float(grid.max.max()), high + REACH * span))
    return low - 0.02 * span, high + 0.02 * span


def _clip(grid: Grid | None, low: float, high: float) -> str:
    """The widest range over the channels."""
    if grid is None:
        return ""
    ends = [(float(e) - low) / (high - low) * WIDTH for e in (grid.min.min(), grid.max.max())]
    left, right = (min(max(x, 0.0), float(WIDTH)) for x in ends)
    lines = "".join(f'<path class="line" d="M{x:.1f} 0V{HEIGHT}"/>' for x in ends if 0 <= x <= WIDTH)
    return f'<rect class="clip" x="{left:.1f}" y="0" width="{max(right - left, 0.0):.1f}" height="{HEIGHT}"/>{lines}'
