"""What a file leaves open, in words: each function finds one kind of gap; formats list those that are theirs."""

from collections.abc import Iterable

from qviz.errors import Text
from qviz.formats.source import Item, Source

RANDOM = Text("The ranges come from random inputs: on real data they are probably wrong.")


def gathered(*texts: Text | None) -> tuple[Text, ...]:
    """Those that there is something to say about."""
    return tuple(t for t in texts if t is not None)


def naming(template: str, names: Iterable[str], **values: object) -> Text | None:
    """A text that names every one of `names` as {names} and counts them as {count}; None where there is none."""
    listed = list(names)
    return Text(template, {"count": len(listed), "names": ", ".join(listed), **values}) if listed else None


def of_aimet(source: Source) -> tuple[Text, ...]:
    """What AIMET's files leave open: nothing but what is in float, which AIMET leaves in float too."""
    return gathered(left_in_float(source))


def of_aimet_2_0_0(source: Source) -> tuple[Text, ...]:
    """The same, and in version 2.0.0 the strict form."""
    return gathered(left_in_float(source), one_code_more(source.items))


def left_in_float(source: Source) -> Text | None:
    """Quantizers that are off, or have no range yet."""
    off = (n for n, setting in source.encodings.settings.items() if setting.active is None)
    return naming("Left in float here, and not in the file ({count}): {names}.", off)


def without_quantizer(source: Source) -> Text | None:
    """Tensors on which no quantizer stands, such as those inside fused operators."""
    if source.graph is None:
        return None
    known = {t for n, q in source.quantizers.items() for t in (n, *q.tensors, *q.followers)}
    known |= {t for n, group in source.encodings.groups.items() for t in (n, *group)}
    names = (t.name for t in source.graph.tensors.values() if t.is_float and t.kind != "constant")
    return naming(
        "Without a quantizer here, and not in the file ({count}): {names}.", (n for n in names if n not in known)
    )


def params_left_out(source: Source, how: str) -> Text | None:
    """Weights, where the target finds their scales by itself; `how` says in what form."""
    template = "The file has no weights, the target quantizes them by itself ({how}); left out ({count}): {names}."
    return naming(template, (i.name for i in source.params), how=how)


def params_differing(source: Source, per_channel: bool = True) -> Text | None:
    """Weights that are left out and are not what the target makes of them: symmetric, 8 bits."""
    other = (i.name for i in source.params if not i.is_signed(8) or i.setting.spec.per_channel is not per_channel)
    return naming(
        "The target will not have these weights' bit-width, zero point or granularity ({count}): {names}.", other
    )


def one_code_more(items: Iterable[Item]) -> Text | None:
    """Strict symmetric grids, where the target's type has one code more."""
    names = (i.name for i in items if i.strict)
    return naming("The file cannot say that the lowest code is not used (symmetric strict) ({count}): {names}.", names)


def one_code_less(items: Iterable[Item]) -> Text | None:
    """Plain symmetric grids, where the target has one code fewer."""
    names = (i.name for i in items if i.plain)
    return naming("The target does not use the lowest code of these ({count}): {names}.", names)


def bits_unsaid(items: Iterable[Item]) -> Text | None:
    names = (i.name for i in items if i.setting.spec.bits != 8)
    return naming("The file cannot say bit-widths; other than 8 bits have ({count}): {names}.", names)


def bias_unsaid(source: Source) -> Text | None:
    """The bias rule, in a file that has no place for it."""
    if source.graph is not None and not source.graph.biases:
        return None
    return Text("The file cannot say how biases are quantized ({rule} here).", {"rule": source.encodings.bias})
