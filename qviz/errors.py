"""What a user can read: a sentence as an English template plus its values, so that the window can translate it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    """An English sentence with `{named}` places and the values that go there."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)


class QvizError(Exception):
    """Something a user can cause. Its text is one clear sentence: what is wrong, and what to do."""

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template, values)
        self.text = Text(template, values)

    def __str__(self) -> str:
        return str(self.text)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.text.template, dict(self.text.values))


class Cancelled(Exception):  # noqa: N818 (not an error)
    """The user, or a newer request, stopped the work."""


def _rebuild(kind: type[QvizError], template: str, values: dict[str, object]) -> QvizError:
    return kind(template, **values)
