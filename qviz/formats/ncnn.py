"""ncnn's table: `<layer>_param_0 s ...` for a layer's weight, `<layer> s` for its input; '#' keeps a layer in float.

s is codes per unit, 127 / absmax, and codes are clamped to -127..127. For 3x3 weights of stride 1, ncnn's Winograd
kernels need codes of 6 bits: 31 / absmax. A weight has one s for each output channel (grouped: for each group).
"""

import re

import numpy as np

from qviz.encodings import IMPORTED, Setting
from qviz.errors import QvizError, Text
from qviz.formats.entries import EncodingsFile, EntryKind, FileEntry, Named
from qviz.formats.layers import Layer, layers_of
from qviz.formats.source import Item, Source, refuse
from qviz.formats.unsaid import bias_unsaid, gathered, left_in_float, naming, one_code_less
from qviz.formats.values import positive_scale, symmetric_setting, text_number
from qviz.quant.bins import Doubles

OPERATORS = ("Conv", "Gemm", "MatMul")  # ncnn's Convolution, ConvolutionDepthWise and InnerProduct
WEIGHT = "_param_0"
WINOGRAD_BITS, WINOGRAD_TOP, TOP = 6, 31, 127
_LINE = re.compile(r"(#?)[ \t]*(\S+)((?:[ \t]+(?:[-+.\d][-+.\deE]*|-?nan|-?inf))+)[ \t]*")


def parse_text(text: str) -> EncodingsFile | None:
    """The file with this text; None where its first line is not of a table. Raises QvizError for a damaged line."""
    entries: dict[tuple[str, EntryKind], FileEntry] = {}
    refused: list[Named] = []
    for count, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.rstrip("\r"))
        if match is None and line.startswith("#"):
            continue
        if match is None:
            if not entries and not refused:
                return None
            raise QvizError("Line {line} of the ncnn table is damaged: write the table again.", line=count)
        name, kind = _layer(match[2])
        try:
            entries[name, kind] = FileEntry(name, kind, _setting(kind, match[3].split(), in_float=bool(match[1])))
        except QvizError as error:
            refused.append((match[2], error.text))
    if not entries and not refused:
        return None
    return EncodingsFile("ncnn", tuple(entries.values()), None, tuple(refused), by_layer=True)


def _layer(name: str) -> tuple[str, EntryKind]:
    return (name.removesuffix(WEIGHT), "param") if name.endswith(WEIGHT) else (name, "activation")


def _setting(kind: EntryKind, values: list[str], in_float: bool) -> Setting:
    if in_float:
        return Setting(enabled=False, source=IMPORTED)
    scales = [positive_scale(1 / positive_scale(text_number(v))) for v in values]
    return symmetric_setting(scales, per_channel=kind == "param", strict=True)


def write(source: Source) -> str:
    """Weights first, then inputs. A layer with a side in float is a comment. Raises QvizError for other grids."""
    layers = layers_of(source, OPERATORS)
    _check(layers)
    weights = [_line(la, la.name + WEIGHT, _weight_scales(la)) for la in layers if la.weight is not None]
    inputs = [_line(la, la.name, 1 / la.input.encoding.scale) for la in layers if la.input is not None]
    return "".join(line + "\n" for line in weights + inputs)


def _check(layers: tuple[Layer, ...]) -> None:
    refuse("ncnn's table cannot hold names with spaces: rename {names}.", [la.name for la in layers if " " in la.name])
    sides = [(la, i) for la in layers if la.quantized for i in (la.input, la.weight) if i is not None]
    refuse(
        "ncnn's layers are symmetric with 8 bits, these tensors are not: {names}. "
        "Set them to symmetric with 8 bits, or leave them in float.",
        list(dict.fromkeys(i.name for la, i in sides if not _fits(la, i))),
    )
    refuse(
        "ncnn has one scale for each group of a grouped convolution: set {names} to per-tensor.",
        [la.name for la in layers if la.weight is not None and _groups(la) not in (1, la.weight.quantizer.channels)
         and la.weight.encoding.channels > 1],
    )  # fmt: skip


def _fits(layer: Layer, item: Item) -> bool:
    if item is layer.input:
        return item.is_signed(8) and item.encoding.channels == 1
    return item.is_signed(8) or (layer.plain_3x3 and item.is_signed(WINOGRAD_BITS))


def _weight_scales(layer: Layer) -> Doubles:
    """s of each output channel, shape (channels,)."""
    assert layer.weight is not None
    codes = 1 / layer.weight.encoding.scale
    if _needs_six_bits(layer):
        codes = codes * WINOGRAD_TOP / TOP
    groups = _groups(layer)
    count = groups if groups > 1 else layer.weight.quantizer.channels
    return codes if len(codes) > 1 else np.repeat(codes, count)


def _needs_six_bits(layer: Layer) -> bool:
    """Whether 8 bits become 6. What an ncnn table gave (8 bits, -127..127, as stored) stays as it was."""
    item = layer.weight
    if item is None or not layer.plain_3x3 or item.setting.spec.bits == WINOGRAD_BITS:
        return False
    return not (item.setting.stored is not None and item.strict)


def _groups(layer: Layer) -> int:
    return int(layer.node.attributes.get("group", "1"))


def _line(layer: Layer, name: str, scales: Doubles) -> str:
    return ("" if layer.quantized else "#") + " ".join([name, *(f"{s:.12g}" for s in scales)])


def unsaid(source: Source) -> tuple[Text, ...]:
    """What an ncnn table leaves open."""
    layers = layers_of(source, OPERATORS)
    written = {i.name for la in layers if la.quantized for i in (la.input, la.weight) if i is not None}
    return gathered(
        left_in_float(source),
        naming(
            "ncnn's table speaks of inputs and weights of quantized layers only; left out ({count}): {names}.",
            (i.name for i in source.items if i.name not in written),
        ),
        naming(
            "ncnn runs 3x3 weights of stride 1 with 6 bits (31 / absmax), not 8 ({count}): {names}.",
            (la.weight.name for la in layers if la.quantized and la.weight is not None and _needs_six_bits(la)),
        ),
        one_code_less(i for i in source.items if i.name in written),
        bias_unsaid(source),
    )
