"""Between a tensor's values and the plot's x coordinate: linear, or symmetric-log."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

TICK_PIXELS = 80.0  # a labelled tick every so many pixels, at most


@dataclass(frozen=True)
class ValueMap:
    """Plot coordinate u of a value v: v / unit, or where `symlog` asinh(v / unit), linear below `unit`, log above."""

    unit: float = 1.0
    symlog: bool = False

    def to_plot(self, values: ArrayLike) -> NDArray[np.float64]:
        """Plot coordinates, of the shape of `values`."""
        scaled = np.asarray(values, np.float64) / self.unit
        return np.arcsinh(scaled) if self.symlog else scaled

    def to_value(self, plot: ArrayLike) -> NDArray[np.float64]:
        """Values, of the shape of `plot`."""
        coordinates = np.asarray(plot, np.float64)
        return np.sinh(np.clip(coordinates, -700, 700)) * self.unit if self.symlog else coordinates * self.unit

    def plot(self, value: float) -> float:
        return float(self.to_plot(value))

    def value(self, plot: float) -> float:
        return float(self.to_value(plot))

    def ticks(self, low: float, high: float, pixels: float) -> list[tuple[float, str]]:
        """(plot coordinate, text) of the labelled ticks between two plot coordinates `pixels` apart."""
        if not (math.isfinite(low) and math.isfinite(high)) or high <= low or pixels <= 0:
            return []
        values = self._log_ticks(low, high, pixels) if self.symlog else self._even_ticks(low, high, pixels)
        return [(self.plot(v), tick_text(v)) for v in values]

    def _even_ticks(self, low: float, high: float, pixels: float) -> list[float]:
        step = nice_step((high - low) * self.unit * TICK_PIXELS / pixels)
        first, last = math.ceil(low * self.unit / step), math.floor(high * self.unit / step)
        return [round(i * step, 12 - math.floor(math.log10(step))) for i in range(first, last + 1)]

    def _log_ticks(self, low: float, high: float, pixels: float) -> list[float]:
        near = TICK_PIXELS / 2 * (high - low) / pixels
        first = math.ceil(math.log10(self.unit))
        decades = [10.0**k for k in range(first, first + 40)]
        wanted = sorted([0.0, *decades, *(-d for d in decades)], key=abs)
        kept: list[float] = []
        for value in (v for v in wanted if low <= self.plot(v) <= high):
            if all(abs(self.plot(value) - self.plot(other)) >= near for other in kept):
                kept.append(value)
        return sorted(kept) if len(kept) > 2 else self._rounded_ticks(low, high, pixels)

    def _rounded_ticks(self, low: float, high: float, pixels: float) -> list[float]:
        count = max(2, int(pixels / TICK_PIXELS))
        places = self.to_value(np.linspace(low, high, count + 2)[1:-1])
        digits = 2 - math.floor(math.log10(max(np.ptp(places), 1e-300)))
        rounded = sorted({round(float(p), digits) for p in places})
        return [v for v in rounded if low <= self.plot(v) <= high]


def nice_step(at_least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least so large."""
    power = 10.0 ** math.floor(math.log10(at_least))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= at_least * (1 - 1e-9))


def tick_text(value: float) -> str:
    """A tick's number: plain up to six digits, else with an exponent; never with a separate multiplier."""
    if value == 0:
        return "0"
    plain = f"{value:.6g}"
    return plain.replace("e+0", "e").replace("e-0", "e-").replace("e+", "e").replace("-", "−")
