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


def _number(text: str) -> float | None:
    above, slash, below = text.partition("/")
    top, bottom = parse(above), parse(below) if slash else 1.0
    return None if top is None or not bottom else top / bottom
