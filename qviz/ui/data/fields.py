"""Text fields of the data dialog: what is typed, read as values."""

from qviz.errors import QvizError
from qviz.ui.controls.value_box import parse


def numbers(text: str, name: str) -> tuple[float, ...]:
    """ "0.5, 0.5, 0.5" as numbers; fractions such as 1/255 will do. Raises QvizError for anything else."""
    values = tuple(_number(part) for part in text.replace(";", ",").split(",") if part.strip())
    if not values or None in values:
        raise QvizError("{name} must be numbers with commas between them, not “{text}”.", name=name, text=text)
    if len(values) not in (1, 3):
        raise QvizError("{name} takes one number, or three (one a colour).", name=name)
    return tuple(v for v in values if v is not None)


def size(text: str) -> tuple[int, int] | None:
    """ "224" or "224×160" as (height, width); empty means what the model says. Raises QvizError for anything else."""
    parts = text.lower().replace("×", "x").split("x")
    if not text.strip():
        return None
    if len(parts) > 2 or not all(p.strip().isdigit() and int(p) > 0 for p in parts):
        raise QvizError("A size is a number, or height×width such as 224×160, not “{text}”.", text=text)
    return int(parts[0]), int(parts[-1])


def shapes(text: str) -> dict[str, tuple[int, ...]]:
    """ "input=1,512; mask=1,512" as shapes by input. Raises QvizError for anything else."""
    found = {name: [p.strip() for p in value.split(",")] for name, value in _pairs(text)}
    for name, parts in found.items():
        if not all(p.isdigit() and int(p) > 0 for p in parts):
            raise QvizError("The shape of {name} must be whole numbers with commas between them.", name=name)
    return {name: tuple(map(int, parts)) for name, parts in found.items()}


def values(text: str) -> dict[str, float]:
    """ "rate=16000; on=1" as one number an input. Raises QvizError for anything else."""
    found = {name: _number(value) for name, value in _pairs(text)}
    for name, value in found.items():
        if value is None:
            raise QvizError("The value of {name} must be a number.", name=name)
    return {name: value for name, value in found.items() if value is not None}


def as_text(given: dict[str, str]) -> str:
    """What `shapes` and `values` read."""
    return "; ".join(f"{name}={value}" for name, value in given.items())


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part in filter(str.strip, text.split(";")):
        name, sign, value = part.rpartition("=")
        if not sign or not name.strip():
            raise QvizError("Write “{text}” as NAME=VALUE, with semicolons between several.", text=part.strip())
        pairs.append((name.strip(), value.strip()))
    return pairs


def _number(text: str) -> float | None:
    above, slash, below = text.partition("/")
    top, bottom = parse(above), parse(below) if slash else 1.0
    return None if top is None or not bottom else top / bottom
