"""What form a quantized tensor takes: integers, floats of few bits, a codebook, or the signs of weights.

Each form is a frozen class with `form` (its name), `bits` (stored per value), `granularity`, `per_channel`, `symmetric`
(whether both edges of the range move as one) and `scheme` (None where it is not that of integers).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from qviz.errors import QvizError

MIN_BITS, MAX_BITS = 1, 16
MIN_ACTIVATION_BITS = 2
MIN_CENTROIDS, MAX_CENTROIDS = 2, 256


class Scheme(StrEnum):
    """How the integer grid lies around zero."""

    ASYMMETRIC = "asymmetric"
    SYMMETRIC = "symmetric"
    SYMMETRIC_STRICT = "symmetric strict"  # one code fewer: -127..127
    SYMMETRIC_UNSIGNED = "symmetric unsigned"  # 0..255 where no value is negative
    POWER_OF_TWO = "power of two"  # symmetric, its scale a power of two: hardware rescales by a shift


class Granularity(StrEnum):
    """What shares one scale."""

    PER_TENSOR = "per-tensor"
    PER_CHANNEL = "per-channel"
    PER_BLOCK = "per-block"  # so many values along the input-channel axis of one output channel


class FloatFormat(StrEnum):
    """Floats of 16 or 8 bits, by the names that numpy and ml_dtypes give their types."""

    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    FLOAT8_E4M3FN = "float8_e4m3fn"
    FLOAT8_E5M2 = "float8_e5m2"


UNIFORM, CODEBOOK, BINARY, TERNARY = "uniform", "codebook", "binary", "ternary"
FORMS = (UNIFORM, *(f.value for f in FloatFormat), CODEBOOK, BINARY, TERNARY)
WEIGHT_FORMS = frozenset((CODEBOOK, BINARY, TERNARY))  # of params alone: activations would have to be searched


@dataclass(frozen=True)
class UniformSpec:
    """Uniform integers.

    `block` is how many values along the input-channel axis share a scale where per-block (the last block may be
    short), else 0. Raises QvizError for a bit-width outside 1..16, one bit around zero, and per-block without a size.
    """

    bits: int = 8
    scheme: Scheme = Scheme.ASYMMETRIC
    granularity: Granularity = Granularity.PER_TENSOR
    block: int = 0
    form: ClassVar[str] = UNIFORM

    def __post_init__(self) -> None:
        if not MIN_BITS <= self.bits <= MAX_BITS:
            raise QvizError(
                "A bit-width must be from {low} to {high}, not {bits}.", low=MIN_BITS, high=MAX_BITS, bits=self.bits
            )
        if self.bits == 1 and self.symmetric:
            raise QvizError("One bit has no integers around zero: choose the scheme asymmetric, or the form binary.")
        if self.per_block and self.block < 1:
            raise QvizError("Per-block needs the size of a block, at least 1, not {size}.", size=self.block)
        if self.block and not self.per_block:
            raise QvizError("A block size, {size}, goes with per-block, not {other}.", size=self.block,
                            other=str(self.granularity))  # fmt: skip

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

    @property
    def per_block(self) -> bool:
        return self.granularity is Granularity.PER_BLOCK


@dataclass(frozen=True)
class _Signed:
    """A form that is symmetric around zero, with one scale a tensor or a channel."""

    granularity: Granularity = Granularity.PER_TENSOR
    scheme: ClassVar[None] = None
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.granularity is Granularity.PER_BLOCK:
            raise QvizError("Only integers are quantized per-block.")

    @property
    def per_channel(self) -> bool:
        return self.granularity is Granularity.PER_CHANNEL


@dataclass(frozen=True)
class FloatSpec(_Signed):
    """Floats of few bits: float8 with a scale, so that the range's larger edge is the largest value; 16 bits without.

    Raises QvizError per-block.
    """

    format: FloatFormat = FloatFormat.FLOAT16

    @property
    def form(self) -> str:
        return self.format.value

    @property
    def bits(self) -> int:
        return 8 if self.scaled else 16

    @property
    def scaled(self) -> bool:
        """Whether the clip range moves the grid; floats of 16 bits lie where they lie."""
        return self.format in (FloatFormat.FLOAT8_E4M3FN, FloatFormat.FLOAT8_E5M2)


@dataclass(frozen=True)
class CodebookSpec:
    """`size` centroids found by k-means on a weight, per-tensor. Raises QvizError for a size outside 2..256."""

    size: int = 16
    form: ClassVar[str] = CODEBOOK
    scheme: ClassVar[None] = None
    symmetric: ClassVar[bool] = False
    granularity: ClassVar[Granularity] = Granularity.PER_TENSOR
    per_channel: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not MIN_CENTROIDS <= self.size <= MAX_CENTROIDS:
            raise QvizError(
                "A codebook has from {low} to {high} centroids, not {size}.",
                low=MIN_CENTROIDS, high=MAX_CENTROIDS, size=self.size,
            )  # fmt: skip

    @property
    def bits(self) -> int:
        """Of an index into the codebook."""
        return (self.size - 1).bit_length()


@dataclass(frozen=True)
class BinarySpec(_Signed):
    """-a and +a. Raises QvizError per-block."""

    form: ClassVar[str] = BINARY
    bits: ClassVar[int] = 1


@dataclass(frozen=True)
class TernarySpec(_Signed):
    """-a, 0 and +a: integers -1, 0, 1 with the scale a. Raises QvizError per-block."""

    form: ClassVar[str] = TERNARY
    bits: ClassVar[int] = 2
    steps: ClassVar[int] = 2
    signed_steps: ClassVar[bool] = True


IntegerSpec = UniformSpec | TernarySpec  # what an `Encoding` of scale and offset expresses
Spec = UniformSpec | FloatSpec | CodebookSpec | BinarySpec | TernarySpec


def spec_words(spec: Spec) -> str:
    """The form in English: "asymmetric, per-channel", "symmetric, per-block of 32", "float16", "codebook of 16"."""
    if isinstance(spec, CodebookSpec):
        return f"{spec.form} of {spec.size}"
    if isinstance(spec, FloatSpec) and not spec.scaled:
        return spec.form
    block = f" of {spec.block}" if isinstance(spec, UniformSpec) and spec.per_block else ""
    return f"{spec.scheme or spec.form}, {spec.granularity}{block}"
