"""What form a quantized tensor takes: bit-width, scheme and granularity."""

from dataclasses import dataclass
from enum import StrEnum

from qviz.errors import QvizError

MIN_BITS, MAX_BITS = 2, 16


class Scheme(StrEnum):
    """How the grid lies around zero."""

    ASYMMETRIC = "asymmetric"
    SYMMETRIC = "symmetric"
    SYMMETRIC_STRICT = "symmetric strict"  # one code fewer: -127..127
    SYMMETRIC_UNSIGNED = "symmetric unsigned"  # 0..255 where no value is negative
    POWER_OF_TWO = "power of two"  # symmetric, its scale a power of two: hardware rescales by a shift


class Granularity(StrEnum):
    """What shares one scale."""

    PER_TENSOR = "per-tensor"
    PER_CHANNEL = "per-channel"


@dataclass(frozen=True)
class UniformSpec:
    """Uniform integers. Raises QvizError for a bit-width outside 2..16."""

    bits: int = 8
    scheme: Scheme = Scheme.ASYMMETRIC
    granularity: Granularity = Granularity.PER_TENSOR

    def __post_init__(self) -> None:
        if not MIN_BITS <= self.bits <= MAX_BITS:
            raise QvizError(
                "A bit-width must be from {low} to {high}, not {bits}.", low=MIN_BITS, high=MAX_BITS, bits=self.bits
            )

    @property
    def steps(self) -> int:
        """Number of steps between the lowest and the highest code: 255 for 8 bits, 254 where strict."""
        return 2**self.bits - (2 if self.scheme is Scheme.SYMMETRIC_STRICT else 1)

    @property
    def symmetric(self) -> bool:
        return self.scheme is not Scheme.ASYMMETRIC

    @property
    def signed_steps(self) -> bool:
        """Whether the grid reaches to both sides of zero even where no value is negative."""
        return self.symmetric and self.scheme is not Scheme.SYMMETRIC_UNSIGNED

    @property
    def per_channel(self) -> bool:
        return self.granularity is Granularity.PER_CHANNEL
