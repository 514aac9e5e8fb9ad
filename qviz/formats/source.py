"""What a writer of encodings files gets, and the questions that all of them ask."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from qviz.encodings import Encodings, Setting
from qviz.errors import QvizError
from qviz.graph.graph import Graph, Quantizer
from qviz.quant.encoding import Encoding

SHOWN = 3  # names in a refusal


@dataclass(frozen=True, eq=False)
class Item:
    """A quantizer in force, in integers."""

    name: str
    quantizer: Quantizer
    setting: Setting
    encoding: Encoding
    group: tuple[str, ...]  # the tensors that it quantizes

    @property
    def is_param(self) -> bool:
        return self.quantizer.kind == "param"

    @property
    def tensors(self) -> tuple[str, ...]:
        """Tensors that an entry by name must speak of."""
        return (self.name,) if self.quantizer.constant else self.group

    @property
    def strict(self) -> bool:
        """Codes symmetric around zero, none without its opposite: -127..127."""
        half = 2 ** (self.setting.spec.bits - 1) - 1
        return self.encoding.steps == 2 * half and bool((self.encoding.offset == -half).all())

    @property
    def plain(self) -> bool:
        """A signed type's codes around zero: -128..127."""
        half = 2 ** (self.setting.spec.bits - 1)
        return self.encoding.steps == 2 * half - 1 and bool((self.encoding.offset == -half).all())

    def is_signed(self, bits: int) -> bool:
        """Whether a signed type of `bits` bits with zero point 0 holds these codes."""
        return self.setting.spec.bits == bits and (self.plain or self.strict)


@dataclass(frozen=True, eq=False)
class Source:
    """Encodings to be written, with the model that they belong to. Without a graph, layers cannot be named."""

    encodings: Encodings
    quantizers: Mapping[str, Quantizer]
    graph: Graph | None = None

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The quantizers in force that are integers, in the model's order."""
        return tuple(
            Item(name, self.quantizers[name], setting, encoding, self.encodings.groups.get(name, (name,)))
            for name, setting in self.encodings.settings.items()
            if isinstance(encoding := setting.active, Encoding)
        )

    @cached_property
    def others(self) -> Mapping[str, Setting]:
        """Quantizers in force whose form is no integers of one scale, or of one a channel, by name."""
        active = {n: s for n, s in self.encodings.settings.items() if s.active is not None}
        return {n: s for n, s in active.items() if not isinstance(s.active, Encoding)}

    @property
    def activations(self) -> Iterator[Item]:
        return (i for i in self.items if not i.is_param)

    @property
    def params(self) -> Iterator[Item]:
        return (i for i in self.items if i.is_param)

    @cached_property
    def by_tensor(self) -> Mapping[str, Item]:
        """Tensor -> the quantizer whose grid it is on, also where it follows by data movement."""
        found: dict[str, Item] = {}
        for item in self.items:
            found.update(dict.fromkeys(item.quantizer.followers, item))
        for item in self.items:
            found.update(dict.fromkeys((item.name, *item.group), item))
        return found


def refuse(template: str, names: list[str], **values: object) -> None:
    """Raise QvizError where there are names: `template` has {names}, of which the first few are shown."""
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        raise QvizError(template, names=", ".join(names[:SHOWN]) + more, **values)
