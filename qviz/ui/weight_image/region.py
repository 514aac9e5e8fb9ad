"""Which part of a weight is in view: fractional rows and columns of (output channels, the rest)."""

from dataclasses import dataclass, replace

from qviz.sim.detail import Part

CLOSEST = 2.0  # rows and columns in view at the closest zoom


@dataclass(frozen=True)
class Region:
    """`rows` x `columns` is the whole weight."""

    rows: int
    columns: int
    top: float
    bottom: float
    left: float
    right: float

    @property
    def part(self) -> Part:
        """The whole rows and columns that cover the region."""
        return int(self.top), -int(-self.bottom // 1), int(self.left), -int(-self.right // 1)

    @property
    def whole(self) -> "Region":
        return whole(self.rows, self.columns)

    def zoomed(self, factor: float, row: float, column: float) -> "Region":
        """Zoomed about a place, within the weight."""
        high, wide = (
            _size(self.bottom - self.top, factor, self.rows),
            _size(self.right - self.left, factor, self.columns),
        )
        top = row - (row - self.top) / (self.bottom - self.top) * high
        left = column - (column - self.left) / (self.right - self.left) * wide
        return replace(self, top=top, bottom=top + high, left=left, right=left + wide).moved(0, 0)

    def moved(self, rows: float, columns: float) -> "Region":
        """Moved, within the weight."""
        high, wide = self.bottom - self.top, self.right - self.left
        top = min(max(self.top + rows, 0.0), self.rows - high)
        left = min(max(self.left + columns, 0.0), self.columns - wide)
        return replace(self, top=top, bottom=top + high, left=left, right=left + wide)


def whole(rows: int, columns: int) -> Region:
    """All of a weight."""
    return Region(rows, columns, 0.0, float(rows), 0.0, float(columns))


def _size(size: float, factor: float, most: int) -> float:
    return min(max(size * factor, min(CLOSEST, most)), float(most))
