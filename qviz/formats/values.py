"""Values of encodings files, checked: what cannot be one ends in a QvizError."""

import math
from collections.abc import Sequence

from qviz.encodings import IMPORTED, ClipRange, Setting, Stored
from qviz.errors import QvizError
from qviz.quant.spec import Granularity, Scheme, UniformSpec

LONGEST = 60  # characters of a file's content in a sentence


def short(value: object) -> str:
    """What a file holds, for a sentence about it: in one line, and not too long."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def number(value: object) -> float:
    """A finite number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300 and math.isfinite(value):
        return float(value)
    raise QvizError("A number is missing or damaged.")


def text_number(text: object) -> float:
    """A finite number written out."""
    try:
        return number(float(text) if isinstance(text, str) else None)
    except ValueError:
        raise QvizError("A number is missing or damaged.") from None


def whole(value: object) -> int:
    """A whole number, also where it is written as 3.0."""
    result = number(value)
    if result != int(result):
        raise QvizError("A whole number is expected, not {value}.", value=result)
    return int(result)


def positive_scale(value: object) -> float:
    """A scale that float32 can hold."""
    result = number(value)
    if not 1e-38 <= result <= 1e38:
        raise QvizError("A scale must be greater than zero and finite, not {scale}.", scale=result)
    return result


def stored_setting(spec: UniformSpec, scale: list[float], offset: list[int]) -> Setting:
    """The setting that a file's scales and offsets (-zero_point of codes from 0 up) make. Raises QvizError."""
    if not scale or len(scale) != len(offset):
        raise QvizError("The entry has {scales} scales and {offsets} offsets.", scales=len(scale), offsets=len(offset))
    if len(scale) > 1 and not spec.per_channel:
        raise QvizError("The entry has {scales} scales for one tensor.", scales=len(scale))
    if not all(-spec.steps <= o <= 0 for o in offset):
        raise QvizError("The offset of {bits} bits must lie from {low} to 0.", bits=spec.bits, low=-spec.steps)
    return Setting(spec=spec, stored=Stored(tuple(scale), tuple(offset)), source=IMPORTED)


def symmetric_setting(scale: list[float], per_channel: bool, strict: bool = False, bits: int = 8) -> Setting:
    """Symmetric integers with these scales: of 8 bits -128..127, where strict -127..127."""
    scheme = Scheme.SYMMETRIC_STRICT if strict else Scheme.SYMMETRIC
    spec = UniformSpec(bits, scheme, Granularity.PER_CHANNEL if per_channel else Granularity.PER_TENSOR)
    middle = 2 ** (bits - 1) - (1 if strict else 0)
    return stored_setting(spec, scale, [-middle] * len(scale))


def range_setting(low: Sequence[object], high: Sequence[object], spec: UniformSpec | None = None) -> Setting:
    """Clip ranges alone, one or one a channel; of 8 asymmetric bits where the file does not tell the form."""
    form = spec or UniformSpec()
    lows, highs = tuple(map(number, low)), tuple(map(number, high))
    if len(lows) > 1 and not form.per_channel:
        raise QvizError("The entry has {count} ranges for one tensor.", count=len(lows))
    for lowest, highest in zip(lows, highs, strict=True):
        if lowest > highest:
            raise QvizError("The range from {low} to {high} is upside down.", low=lowest, high=highest)
    return Setting(spec=form, range=ClipRange(lows, highs), source=IMPORTED)
